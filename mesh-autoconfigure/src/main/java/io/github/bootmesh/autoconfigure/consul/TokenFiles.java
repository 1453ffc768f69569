/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.autoconfigure.consul;

import java.nio.file.Path;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.TokenFile;

/**
 * Reads the token file that a setting names.
 */
@Internal
public final class TokenFiles {

	private TokenFiles() {
	}

	/**
	 * Reads the file for the first time.
	 * @param property the setting, for the message
	 * @param file the file
	 * @return the token, kept up to date
	 * @throws InvalidConfigurationPropertyValueException if there is no token in it
	 */
	public static TokenFile read(String property, Path file) {
		try {
			return new TokenFile(file);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidConfigurationPropertyValueException(property, file, String.valueOf(ex.getMessage()));
		}
	}

}
