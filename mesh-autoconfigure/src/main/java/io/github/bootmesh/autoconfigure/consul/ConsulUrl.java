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

import java.net.URI;
import java.net.URISyntaxException;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.consul.ConsulConnection;

/**
 * Reads the URL of an agent from a setting.
 */
final class ConsulUrl {

	private ConsulUrl() {
	}

	/**
	 * Reads the URL. Whether it is confidential enough is decided later.
	 * @param property the setting, for the message
	 * @param text its value
	 * @return the URL
	 * @throws InvalidConfigurationPropertyValueException if it is not the URL of an agent
	 */
	static URI parse(String property, String text) {
		try {
			URI url = new URI(text);
			new ConsulConnection(url, () -> null, null, null, null, null, null, true);
			return url;
		}
		catch (URISyntaxException ex) {
			throw invalid(property, text, "It is not a URL.");
		}
		catch (IllegalArgumentException ex) {
			throw invalid(property, text, String.valueOf(ex.getMessage()));
		}
	}

	// What is before an "@" may be a password.
	private static InvalidConfigurationPropertyValueException invalid(String property, String text, String reason) {
		return new InvalidConfigurationPropertyValueException(property,
				(text.indexOf('@') < 0) ? text : "******" + text.substring(text.lastIndexOf('@')), reason);
	}

}
