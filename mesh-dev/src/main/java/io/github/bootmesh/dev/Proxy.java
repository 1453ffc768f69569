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

package io.github.bootmesh.dev;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy stands for and dials, with the fields of Consul 1.8.7.
 *
 * @param destinationServiceName the service whose identity it has
 * @param destinationServiceId the instance that it fronts
 * @param localServiceAddress where that instance listens
 * @param localServicePort the port
 * @param config opaque settings
 * @param upstreams what it dials
 * @param meshGateway how it leaves the datacenter
 * @param expose paths without mTLS
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
record Proxy(@Nullable @JsonAlias("destination_service_name") String destinationServiceName,
		@Nullable @JsonAlias("destination_service_id") String destinationServiceId,
		@Nullable @JsonAlias("local_service_address") String localServiceAddress,
		@JsonAlias("local_service_port") int localServicePort, @Nullable Map<String, @Nullable Object> config,
		@Nullable List<Upstream> upstreams, @JsonInclude @JsonAlias("mesh_gateway") @Nullable MeshGateway meshGateway,
		@JsonInclude @Nullable Expose expose) {

	/**
	 * What a service that is no proxy shows.
	 */
	static final Proxy NONE = new Proxy(null, null, null, 0, null, null, null, null);

	/**
	 * A sidecar.
	 * @param service the service that it stands for
	 * @param instance the instance
	 * @param port the instance's port
	 * @param given what was said of the proxy, or {@code null}
	 * @return the proxy
	 */
	static Proxy before(String service, String instance, int port, @Nullable Proxy given) {
		Proxy proxy = (given != null) ? given : NONE;
		boolean placed = proxy.localServiceAddress != null || proxy.localServicePort > 0;
		return new Proxy(service, instance, placed ? proxy.localServiceAddress : "127.0.0.1",
				placed ? proxy.localServicePort : port, proxy.config, proxy.upstreams, proxy.meshGateway, proxy.expose);
	}

	Proxy {
		meshGateway = (meshGateway != null) ? meshGateway : new MeshGateway(null);
		expose = (expose != null) ? expose : new Expose(false, null);
	}

	/**
	 * Refuses upstreams as Consul does.
	 */
	void validateUpstreams() {
		Set<String> binds = new HashSet<>();
		for (Upstream upstream : (this.upstreams != null) ? this.upstreams : List.<Upstream>of()) {
			upstream.validate();
			String bind = Objects.requireNonNullElse(upstream.localBindAddress(), "127.0.0.1") + ":"
					+ upstream.localBindPort();
			if (!binds.add(bind)) {
				throw Registration.refused("upstreams cannot contain duplicates by local bind address and port; \""
						+ bind + "\" is specified twice");
			}
		}
	}

	/**
	 * A service that the proxy dials.
	 *
	 * @param destinationType {@code service} or {@code prepared_query}
	 * @param destinationNamespace the namespace
	 * @param destinationName the service
	 * @param datacenter the datacenter
	 * @param localBindAddress where it listens for it
	 * @param localBindPort the port
	 * @param config opaque settings
	 * @param meshGateway how it leaves the datacenter
	 */
	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record Upstream(@Nullable @JsonAlias("destination_type") String destinationType,
			@Nullable @JsonAlias("destination_namespace") String destinationNamespace,
			@Nullable @JsonAlias("destination_name") String destinationName, @Nullable String datacenter,
			@Nullable @JsonAlias("local_bind_address") String localBindAddress,
			@JsonAlias("local_bind_port") int localBindPort, @Nullable Map<String, @Nullable Object> config,
			@JsonInclude @JsonAlias("mesh_gateway") @Nullable MeshGateway meshGateway) {

		private static final Set<@Nullable String> TYPES = Set.of("service", "prepared_query");

		Upstream {
			destinationType = (destinationType == null || destinationType.isEmpty()) ? "service" : destinationType;
			meshGateway = (meshGateway != null) ? meshGateway : new MeshGateway(null);
		}

		private void validate() {
			if (this.destinationName == null || this.destinationName.isEmpty()) {
				throw Registration.refused("upstream destination name cannot be empty");
			}
			if (!TYPES.contains(this.destinationType)) {
				throw Registration.refused("unknown upstream destination type: \"" + this.destinationType + "\"");
			}
			if (this.localBindPort == 0) {
				throw Registration.refused("upstream local bind port cannot be zero");
			}
		}

	}

	/**
	 * How a connection leaves the datacenter.
	 *
	 * @param mode {@code none}, {@code local} or {@code remote}
	 */
	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record MeshGateway(@Nullable String mode) {

	}

	/**
	 * What is reachable without mTLS.
	 *
	 * @param checks whether the checks are
	 * @param paths the paths
	 */
	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record Expose(boolean checks, @Nullable List<Path> paths) {

	}

	/**
	 * A path without mTLS.
	 *
	 * @param listenerPort the port for callers
	 * @param path the path
	 * @param localPathPort the port of the application
	 * @param protocol {@code http} or {@code http2}
	 */
	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record Path(@JsonAlias("listener_port") int listenerPort, @Nullable String path,
			@JsonAlias("local_path_port") int localPathPort, @Nullable String protocol) {

	}

}
