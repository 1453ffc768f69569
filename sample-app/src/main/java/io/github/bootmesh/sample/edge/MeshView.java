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

package io.github.bootmesh.sample.edge;

import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.sample.member.Hop;
import io.github.bootmesh.sample.member.Member;

/**
 * All that the page shows.
 *
 * @param consul the Consul of this mesh
 * @param services each service, there or not
 * @param call a call through all of them, made just now
 */
record MeshView(Consul consul, List<Service> services, Call call) {

	/**
	 * The Consul of this mesh.
	 *
	 * @param url where it is
	 * @param development whether it is the development Consul
	 * @param changesAllowed whether the page may change it
	 */
	record Consul(String url, boolean development, boolean changesAllowed) {

	}

	/**
	 * A service.
	 *
	 * @param name the name
	 * @param member what it tells about itself, {@code null} when it does not answer
	 * @param problem why it does not answer, or {@code null}
	 */
	record Service(String name, @Nullable Member member, @Nullable String problem) {

	}

	/**
	 * A call.
	 *
	 * @param millis how long it took
	 * @param complete whether it reached the last service
	 * @param way the stations, the first one here
	 */
	record Call(long millis, boolean complete, Hop way) {

	}

}
