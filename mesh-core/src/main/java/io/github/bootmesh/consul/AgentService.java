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

package io.github.bootmesh.consul;

import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * A service that the agent itself holds ({@code /v1/agent/service/:id}).
 *
 * @param id the ID
 * @param service the name
 * @param address the address, possibly empty
 * @param port the port
 * @param meta the metadata
 * @param proxy what it says of a proxy, or {@code null} for a service that is none
 */
@Internal
public record AgentService(String id, String service, String address, int port, Map<String, String> meta,
		@Nullable AgentProxy proxy) {

	@JsonCreator
	static AgentService of(@JsonProperty("ID") String id, @JsonProperty("Service") String service,
			@JsonProperty("Address") @Nullable String address, @JsonProperty("Port") int port,
			@JsonProperty("Meta") @Nullable Map<String, String> meta, @JsonProperty("Kind") @Nullable String kind,
			@JsonProperty("Proxy") @Nullable AgentProxy proxy) {
		return new AgentService(Objects.requireNonNull(id), Objects.requireNonNull(service),
				Objects.requireNonNullElse(address, ""), port, (meta != null) ? Map.copyOf(meta) : Map.of(),
				"connect-proxy".equals(kind) ? proxy : null);
	}

}
