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

import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;

/**
 * The Consul agent of this mesh, for what an operator does to it.
 */
@Component
final class Agent {

	private final ConsulConnectionDetails consul;

	Agent(ConsulConnectionDetails consul) {
		this.consul = consul;
	}

	/**
	 * A client of the agent's API.
	 * @return the client
	 */
	WebClient client() {
		return WebClient.builder().baseUrl(this.consul.getUrl().toString()).defaultHeaders(this::authenticate).build();
	}

	private void authenticate(HttpHeaders headers) {
		String token = this.consul.getToken();
		if (token != null) {
			headers.set("X-Consul-Token", token);
		}
	}

}
