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

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.Internal;

/**
 * What the registration of a proxy says of it.
 *
 * @param destination the service that it stands for
 * @param meshGateway how its upstreams use mesh gateways that do not say so themselves,
 * possibly empty
 * @param upstreams what it dials, as it was registered: nothing of it is known to be
 * sound
 */
@Internal
public record AgentProxy(String destination, String meshGateway, List<Upstream> upstreams) {

	@JsonCreator
	static AgentProxy of(@JsonProperty("DestinationServiceName") @Nullable String destination,
			@JsonProperty("MeshGateway") @Nullable MeshGateway meshGateway,
			@JsonProperty("Upstreams") @Nullable List<Upstream> upstreams) {
		return new AgentProxy(Objects.requireNonNullElse(destination, ""), MeshGateway.mode(meshGateway),
				Lists.orEmpty(upstreams));
	}

	/**
	 * One upstream. Texts that Consul leaves out are empty.
	 *
	 * @param type {@code service} or {@code prepared_query}
	 * @param name the service or query
	 * @param datacenter where it is
	 * @param namespace the namespace
	 * @param partition the admin partition
	 * @param peer the cluster peer
	 * @param bindAddress the IP address to listen on
	 * @param bindPort the port
	 * @param bindSocketPath the Unix socket instead
	 * @param meshGateway how mesh gateways are used
	 * @param connectTimeout the connect timeout, or {@code null} for the default
	 * @param central whether it was not registered but comes from a config entry
	 */
	@Internal
	public record Upstream(String type, String name, String datacenter, String namespace, String partition, String peer,
			String bindAddress, int bindPort, String bindSocketPath, String meshGateway,
			@Nullable Duration connectTimeout, boolean central) {

		@JsonCreator
		static Upstream of(@JsonProperty("DestinationType") @Nullable String type,
				@JsonProperty("DestinationName") @Nullable String name,
				@JsonProperty("Datacenter") @Nullable String datacenter,
				@JsonProperty("DestinationNamespace") @Nullable String namespace,
				@JsonProperty("DestinationPartition") @Nullable String partition,
				@JsonProperty("DestinationPeer") @Nullable String peer,
				@JsonProperty("LocalBindAddress") @Nullable String bindAddress,
				@JsonProperty("LocalBindPort") int bindPort,
				@JsonProperty("LocalBindSocketPath") @Nullable String bindSocketPath,
				@JsonProperty("MeshGateway") @Nullable MeshGateway meshGateway,
				@JsonProperty("Config") @Nullable JsonNode config,
				@JsonProperty("CentrallyConfigured") boolean central) {
			return new Upstream(orEmpty(type), orEmpty(name), orEmpty(datacenter), orEmpty(namespace),
					orEmpty(partition), orEmpty(peer), orEmpty(bindAddress), bindPort, orEmpty(bindSocketPath),
					MeshGateway.mode(meshGateway), connectTimeout(config), central);
		}

		private static String orEmpty(@Nullable String text) {
			return Objects.requireNonNullElse(text, "");
		}

		// Opaque to Consul, so it may be anything.
		private static @Nullable Duration connectTimeout(@Nullable JsonNode config) {
			long millis = (config != null) ? config.path("connect_timeout_ms").asLong(0) : 0;
			return (millis > 0) ? Duration.ofMillis(millis) : null;
		}

	}

	private record MeshGateway(@JsonProperty("Mode") @Nullable String mode) {

		static String mode(@Nullable MeshGateway given) {
			return (given != null && given.mode != null) ? given.mode : "";
		}

	}

}
