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

package io.github.bootmesh.autoconfigure;

import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

import io.github.bootmesh.Internal;

/**
 * Where a Unix socket is, as configured.
 */
@Internal
public final class SocketPath {

	private SocketPath() {
	}

	/**
	 * Takes an absolute path: what it is relative to, others would not know.
	 * @param text the text
	 * @return the address
	 * @throws IllegalArgumentException if it is none
	 */
	public static UnixDomainSocketAddress address(String text) {
		Path path = Path.of(text);
		if (!path.isAbsolute() || path.getParent() == null) {
			throw new IllegalArgumentException("Must be an absolute path");
		}
		return UnixDomainSocketAddress.of(path.normalize());
	}

}
