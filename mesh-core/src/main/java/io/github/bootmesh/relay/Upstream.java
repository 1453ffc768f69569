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

package io.github.bootmesh.relay;

import java.net.InetSocketAddress;

import io.github.bootmesh.Destination;
import io.github.bootmesh.discovery.ChoicePolicy;

/**
 * A declared destination with a local listener. Immutable.
 *
 * @param name what the application calls it
 * @param destination what is dialled
 * @param bind where to listen; port 0 for any free one. Whoever reaches it speaks as this
 * service
 * @param policy how an instance is chosen for each connection
 */
public record Upstream(String name, Destination destination, InetSocketAddress bind, ChoicePolicy policy) {

	/**
	 * An upstream whose instances are all used.
	 * @param name what the application calls it
	 * @param destination what is dialled
	 * @param bind where to listen
	 */
	public Upstream(String name, Destination destination, InetSocketAddress bind) {
		this(name, destination, bind, ChoicePolicy.WEIGHTED);
	}

}
