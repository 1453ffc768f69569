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
 * @param proxiedInstance ID of the instance that a sidecar stands in front of, or
 * {@code null}
 */
@Internal
public record AgentService(String id, String service, String address, int port, Map<String, String> meta,
		@Nullable String proxiedInstance) {

	@JsonCreator
	static AgentService of(@JsonProperty("ID") String id, @JsonProperty("Service") String service,
			@JsonProperty("Address") @Nullable String address, @JsonProperty("Port") int port,
			@JsonProperty("Meta") @Nullable Map<String, String> meta, @JsonProperty("Proxy") @Nullable Proxy proxy) {
		return new AgentService(Objects.requireNonNull(id), Objects.requireNonNull(service),
				Objects.requireNonNullElse(address, ""), port, (meta != null) ? Map.copyOf(meta) : Map.of(),
				(proxy != null) ? proxy.instance() : null);
	}

	private record Proxy(@JsonProperty("DestinationServiceID") @Nullable String instance) {

	}

}
