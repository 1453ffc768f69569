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

package io.github.bootmesh.discovery;

import java.util.Optional;

import io.github.bootmesh.Destination;

/**
 * Which URLs lead into the mesh: {@code mesh://<service>[.<dc>]} and Consul's own names
 * {@code <service>.service[.<dc>].consul}, {@code <service>.connect[.<dc>].consul},
 * {@code <name>.query[.<dc>].consul}. Host names are compared without case; the port is
 * ignored.
 */
public final class MeshNames {

	private MeshNames() {
	}

	/**
	 * Reads the destination of a URL.
	 * @param scheme the scheme, such as {@code http} or {@code mesh}
	 * @param authority the raw authority, such as {@code order_service:80}
	 * @return the destination, or empty for a URL that leads elsewhere
	 * @throws IllegalArgumentException for a URL that leads into the mesh but cannot be
	 * understood, such as one with user info
	 */
	public static Optional<Destination> destination(String scheme, String authority) {
		throw new UnsupportedOperationException("not built yet");
	}

}
