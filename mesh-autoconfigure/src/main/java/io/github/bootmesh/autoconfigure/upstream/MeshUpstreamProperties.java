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

package io.github.bootmesh.autoconfigure.upstream;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

import io.github.bootmesh.Destination;
import io.github.bootmesh.discovery.ChoicePolicy;

/**
 * The declared upstreams.
 *
 * @param upstreams Destinations with a local listener, by the name that this application
 * gives them.
 * @param upstreamsFrom Upstreams that are declared in Consul.
 */
@ConfigurationProperties("bootmesh")
public record MeshUpstreamProperties(@DefaultValue Map<String, Upstream> upstreams,
		@DefaultValue UpstreamsFrom upstreamsFrom) {

	public MeshUpstreamProperties {
		upstreams = Collections.unmodifiableMap(merged(upstreams));
	}

	/**
	 * Takes what an environment variable says, in which a name has no dashes, for the
	 * upstream that it is said of. Both have the settings of both.
	 */
	static Map<String, Upstream> merged(Map<String, Upstream> upstreams) {
		Map<String, Upstream> merged = new LinkedHashMap<>(upstreams);
		upstreams.keySet().forEach((name) -> {
			String uniform = name.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
			if (!uniform.equals(name)) {
				merged.remove(uniform);
			}
		});
		return merged;
	}

	/**
	 * One upstream, in Consul's words.
	 *
	 * @param destinationName Name of the service or prepared query.
	 * @param destinationType Whether that is a service's name or a prepared query's.
	 * @param datacenter Datacenter of the destination, by default the agent's.
	 * @param destinationNamespace Namespace of the destination (Consul Enterprise).
	 * @param destinationPartition Admin partition of the destination (Consul Enterprise).
	 * @param localBindAddress IP address to listen on. Whoever reaches it speaks as this
	 * service.
	 * @param localBindPort Port to listen on; 0 for any free one, which is published as
	 * 'local.bootmesh.upstreams.NAME.port'.
	 * @param localBindSocketPath Path of a Unix socket to listen on instead of a port.
	 * @param localBindSocketMode Permissions of that socket in octal, which others than
	 * this process's user need to connect; by default "0600".
	 * @param allowNonLoopback Whether 'local-bind-address' may be reached by other hosts.
	 * @param connectTimeout Time in which a connection must have its other side: waiting
	 * for the identity, choosing an instance, TCP and TLS, all tries together; by default
	 * 10s, or in mode external the proxy's own.
	 * @param maxConnections Open connections at most; more are reset.
	 * @param maxPending Connections at most that still wait for their other side; more
	 * are reset.
	 * @param idleTimeout Silence in both directions after which a connection is reset; by
	 * default never.
	 * @param maxLifetime Age at which a connection is reset as soon as it is silent in
	 * both directions for 5s, so that pools come to new instances; by default never.
	 * @param policy How an instance is chosen for each connection: any by weight, or
	 * always the same while it is healthy.
	 * @param identity Name of the listener ('bootmesh.inbound.listeners') as whose
	 * service it dials, by default as this application's own.
	 * @param meshGateway Consul's mesh gateways, which cannot be used yet.
	 */
	public record Upstream(@Nullable String destinationName, @DefaultValue("service") Destination.Kind destinationType,
			@Nullable String datacenter, @Nullable String destinationNamespace, @Nullable String destinationPartition,
			@DefaultValue("127.0.0.1") String localBindAddress, @Nullable Integer localBindPort,
			@Nullable String localBindSocketPath, @Nullable String localBindSocketMode,
			@DefaultValue("false") boolean allowNonLoopback, @Nullable Duration connectTimeout,
			@DefaultValue("1024") int maxConnections, @DefaultValue("1024") int maxPending,
			@Nullable Duration idleTimeout, @Nullable Duration maxLifetime,
			@DefaultValue("weighted") ChoicePolicy policy, @Nullable String identity,
			@DefaultValue MeshGateway meshGateway) {

	}

	/**
	 * Upstreams that are declared in Consul.
	 *
	 * @param proxyId ID of a proxy's registration with the local agent, other than that
	 * of this application, whose upstreams are opened too, and closed when they are
	 * removed there. By default there is none.
	 * @param allowNonLoopback Whether the upstreams of that registration may be reached
	 * by other hosts if it says so.
	 */
	public record UpstreamsFrom(@Nullable String proxyId, @DefaultValue("false") boolean allowNonLoopback) {

	}

	/**
	 * How mesh gateways are used.
	 *
	 * @param mode Only 'none' can be used yet: instances are dialled directly.
	 */
	public record MeshGateway(@DefaultValue("none") String mode) {

	}

}
