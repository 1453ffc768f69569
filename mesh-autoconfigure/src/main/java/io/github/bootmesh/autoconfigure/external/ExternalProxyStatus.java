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

package io.github.bootmesh.autoconfigure.external;

import java.util.List;

import io.github.bootmesh.Internal;

/**
 * What is known of a proxy.
 *
 * @param publicListener where it takes connections from the mesh
 * @param upstreams where it takes those to upstreams, in the order of the declarations
 */
@Internal
public record ExternalProxyStatus(Listener publicListener, List<Listener> upstreams) {

	/**
	 * One of its listeners.
	 *
	 * @param name the name of the upstream, or {@code public}
	 * @param address where it is to listen
	 * @param answers whether it did when last connected to, not longer than seconds ago
	 */
	@Internal
	public record Listener(String name, String address, boolean answers) {

	}

}
