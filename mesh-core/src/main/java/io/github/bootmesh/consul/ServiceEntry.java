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

import java.util.List;
import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * An instance as {@code /v1/health/connect} and prepared queries show it.
 *
 * @param node the node that it is registered on
 * @param service the registration
 * @param checks node and service checks
 */
@Internal
public record ServiceEntry(Node node, Service service, List<Check> checks) {

	@JsonCreator
	static ServiceEntry of(@JsonProperty("Node") Node node, @JsonProperty("Service") Service service,
			@JsonProperty("Checks") @Nullable List<Check> checks) {
		return new ServiceEntry(Objects.requireNonNull(node), Objects.requireNonNull(service), Lists.orEmpty(checks));
	}

	/**
	 * A node.
	 *
	 * @param node the name
	 * @param address the address, used where the service has none
	 * @param datacenter the datacenter
	 */
	@Internal
	public record Node(String node, String address, String datacenter) {

		@JsonCreator
		static Node of(@JsonProperty("Node") String node, @JsonProperty("Address") @Nullable String address,
				@JsonProperty("Datacenter") @Nullable String datacenter) {
			return new Node(Objects.requireNonNull(node), Objects.requireNonNullElse(address, ""),
					Objects.requireNonNullElse(datacenter, ""));
		}

	}

	/**
	 * A registration: a mesh-native service or a proxy in front of one.
	 *
	 * @param kind empty for a service, {@code connect-proxy} for a proxy
	 * @param id the ID
	 * @param service the name
	 * @param address the address, possibly empty
	 * @param port the port
	 * @param weights the weights
	 * @param connectNative whether it is mesh-native
	 * @param proxyDestination the service that a proxy stands for, or {@code null}
	 * @param namespace the namespace, or {@code null} where Consul names none
	 * @param partition the partition, or {@code null} where Consul names none
	 * @param meta the metadata
	 */
	@Internal
	public record Service(String kind, String id, String service, String address, int port, Weights weights,
			boolean connectNative, @Nullable String proxyDestination, @Nullable String namespace,
			@Nullable String partition, Map<String, String> meta) {

		@JsonCreator
		static Service of(@JsonProperty("Kind") @Nullable String kind, @JsonProperty("ID") @Nullable String id,
				@JsonProperty("Service") String service, @JsonProperty("Address") @Nullable String address,
				@JsonProperty("Port") int port, @JsonProperty("Weights") @Nullable Weights weights,
				@JsonProperty("Connect") @Nullable Connect connect, @JsonProperty("Proxy") @Nullable Proxy proxy,
				@JsonProperty("Namespace") @Nullable String namespace,
				@JsonProperty("Partition") @Nullable String partition,
				@JsonProperty("Meta") @Nullable Map<String, String> meta) {
			return new Service(Objects.requireNonNullElse(kind, ""), Objects.requireNonNullElse(id, service),
					Objects.requireNonNull(service), Objects.requireNonNullElse(address, ""), port,
					(weights != null) ? weights : Weights.NONE_GIVEN, connect != null && connect.nativeMesh(),
					(proxy != null) ? proxy.destination() : null, namespace, partition,
					(meta != null) ? Map.copyOf(meta) : Map.of());
		}

		private record Connect(@JsonProperty("Native") boolean nativeMesh) {

		}

		private record Proxy(@JsonProperty("DestinationServiceName") @Nullable String destination) {

		}

	}

	/**
	 * How often an instance is chosen.
	 *
	 * @param passing when all checks pass
	 * @param warning when one warns
	 */
	@Internal
	public record Weights(@JsonProperty("Passing") int passing, @JsonProperty("Warning") int warning) {

		/**
		 * What Consul takes where a registration names none.
		 */
		static final Weights NONE_GIVEN = new Weights(1, 1);

	}

	/**
	 * A health check.
	 *
	 * @param checkId the ID
	 * @param status {@code passing}, {@code warning} or {@code critical}
	 */
	@Internal
	public record Check(@JsonProperty("CheckID") String checkId,
			@JsonProperty(value = "Status", required = true) String status) {

	}

}
