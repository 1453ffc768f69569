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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;

/**
 * A service as it is registered ({@code /v1/agent/service/register}). Only fields that
 * every supported Consul knows; old agents refuse unknown ones.
 *
 * @param id the ID, unique on the agent
 * @param name the service
 * @param address where mesh clients dial it
 * @param port the port that the instance itself listens on
 * @param tags the tags
 * @param meta the metadata
 * @param weights the weights, or {@code null} for Consul's own
 * @param connectNative whether the instance itself speaks mTLS
 * @param sidecarPort the port at the same address where somebody else speaks mTLS for it,
 * or {@code null}
 * @param upstreams what that one dials for it; none without a sidecar
 * @param exposed the paths that the sidecar has open without mTLS; none without one
 * @param check the TTL check
 */
@Internal
public record ServiceDefinition(String id, String name, String address, int port, List<String> tags,
		Map<String, String> meta, ServiceEntry.@Nullable Weights weights, boolean connectNative,
		@Nullable Integer sidecarPort, List<Upstream> upstreams, List<ExposedPath> exposed, TtlCheck check) {

	private static final String MANAGED_BY = "managed-by";

	/**
	 * A service without a sidecar.
	 * @param id the ID, unique on the agent
	 * @param name the service
	 * @param address where mesh clients dial it
	 * @param port the port that they dial
	 * @param tags the tags
	 * @param meta the metadata
	 * @param weights the weights, or {@code null} for Consul's own
	 * @param connectNative whether the instance itself speaks mTLS
	 * @param check the TTL check
	 */
	public ServiceDefinition(String id, String name, String address, int port, List<String> tags,
			Map<String, String> meta, ServiceEntry.@Nullable Weights weights, boolean connectNative, TtlCheck check) {
		this(id, name, address, port, tags, meta, weights, connectNative, null, List.of(), List.of(), check);
	}

	/**
	 * The same with a sidecar, which replaces being native.
	 * @param port the port where it speaks mTLS
	 * @param upstreams what it dials
	 * @return the definition
	 */
	public ServiceDefinition withSidecar(int port, List<Upstream> upstreams) {
		return new ServiceDefinition(this.id, this.name, this.address, this.port, this.tags, this.meta, this.weights,
				false, port, List.copyOf(upstreams), this.exposed, this.check);
	}

	/**
	 * The same with paths that the sidecar has open without mTLS.
	 * @param paths the paths
	 * @return the definition
	 */
	public ServiceDefinition withExposed(List<ExposedPath> paths) {
		return new ServiceDefinition(this.id, this.name, this.address, this.port, this.tags, this.meta, this.weights,
				this.connectNative, this.sidecarPort, this.upstreams, List.copyOf(paths), this.check);
	}

	/**
	 * The port that mesh clients dial.
	 * @return the port
	 */
	public int meshPort() {
		return (this.sidecarPort != null) ? this.sidecarPort : this.port;
	}

	/**
	 * Whether a sidecar was registered with its instance by us, now or earlier.
	 * @param sidecar what the agent holds
	 * @return {@code false} if somebody else has registered it
	 */
	public static boolean isManaged(AgentService sidecar) {
		return "bootmesh".equals(sidecar.meta().get(MANAGED_BY));
	}

	/**
	 * The ID under which the agent holds the sidecar. It is the agent's choice.
	 * @return the ID
	 */
	public String sidecarId() {
		return this.id + "-sidecar-proxy";
	}

	/**
	 * The ID of the sidecar's only check. It is the agent's choice, too.
	 * @return the ID
	 */
	public String sidecarCheckId() {
		return "service:" + sidecarId();
	}

	/**
	 * What is sent: nothing that is not set, since agents refuse fields that they do not
	 * know, even null ones.
	 * @param status the status that the check begins with
	 * @return the JSON object
	 */
	Map<String, Object> wire(CheckStatus status) {
		Map<String, Object> wire = new LinkedHashMap<>();
		wire.put("ID", this.id);
		wire.put("Name", this.name);
		wire.put("Address", this.address);
		wire.put("Port", this.port);
		if (!this.tags.isEmpty()) {
			wire.put("Tags", this.tags);
		}
		if (!this.meta.isEmpty()) {
			wire.put("Meta", this.meta);
		}
		putWeights(wire);
		if (this.sidecarPort != null) {
			wire.put("Connect", Map.of("SidecarService", sidecar(this.sidecarPort, status)));
		}
		else if (this.connectNative) {
			wire.put("Connect", Map.of("Native", true));
		}
		wire.put("Check", this.check.wire(status));
		return wire;
	}

	// Tags are taken over by the agent, weights are not. Without a check of ours it would
	// add one that connects every ten seconds, which is a failed handshake. The metadata
	// says whose it is: others may register one under the same ID.
	private Map<String, Object> sidecar(int port, CheckStatus status) {
		Map<String, Object> wire = new LinkedHashMap<>();
		wire.put("Address", this.address);
		wire.put("Port", port);
		Map<String, String> marked = new LinkedHashMap<>(this.meta);
		marked.put(MANAGED_BY, "bootmesh");
		wire.put("Meta", marked);
		putWeights(wire);
		Map<String, Object> proxy = new LinkedHashMap<>();
		if (!this.upstreams.isEmpty()) {
			proxy.put("Upstreams", this.upstreams.stream().map(Upstream::wire).toList());
		}
		if (!this.exposed.isEmpty()) {
			proxy.put("Expose", Map.of("Paths", this.exposed.stream().map(ExposedPath::wire).toList()));
		}
		if (!proxy.isEmpty()) {
			wire.put("Proxy", proxy);
		}
		Map<String, Object> alias = new LinkedHashMap<>();
		alias.put("Name", "Connect Sidecar Aliasing " + this.id);
		alias.put("AliasService", this.id);
		putStatus(alias, status);
		wire.put("Checks", List.of(alias));
		return wire;
	}

	private void putWeights(Map<String, Object> wire) {
		if (this.weights != null) {
			wire.put("Weights", Map.of("Passing", this.weights.passing(), "Warning", this.weights.warning()));
		}
	}

	// A check begins critical by itself.
	private static void putStatus(Map<String, Object> wire, CheckStatus status) {
		if (status != CheckStatus.CRITICAL) {
			wire.put("Status", status.name().toLowerCase(Locale.ROOT));
		}
	}

	/**
	 * A destination that a sidecar dials for who connects to a local port.
	 *
	 * @param destination what is dialled
	 * @param bindAddress the IP address that is listened on
	 * @param bindPort the port, never 0, which agents refuse
	 * @param connectTimeout time in which a connection must have its other side, or
	 * {@code null} for the proxy's own
	 */
	@Internal
	public record Upstream(Destination destination, String bindAddress, int bindPort,
			@Nullable Duration connectTimeout) {

		Map<String, Object> wire() {
			Map<String, Object> wire = new LinkedHashMap<>();
			wire.put("DestinationType", this.destination.kind().name().toLowerCase(Locale.ROOT));
			wire.put("DestinationName", this.destination.name());
			putIfSet(wire, "Datacenter", this.destination.datacenter());
			putIfSet(wire, "DestinationNamespace", this.destination.namespace());
			putIfSet(wire, "DestinationPartition", this.destination.partition());
			wire.put("LocalBindAddress", this.bindAddress);
			wire.put("LocalBindPort", this.bindPort);
			if (this.connectTimeout != null) {
				wire.put("Config", Map.of("connect_timeout_ms", this.connectTimeout.toMillis()));
			}
			return wire;
		}

		private static void putIfSet(Map<String, Object> wire, String name, @Nullable String value) {
			if (value != null) {
				wire.put(name, value);
			}
		}

	}

	/**
	 * A path that a sidecar has open without mTLS.
	 *
	 * @param path the path
	 * @param localPathPort the port on loopback where it is served
	 * @param listenerPort the port where it is reached, never 0, which agents refuse
	 */
	@Internal
	public record ExposedPath(String path, int localPathPort, int listenerPort) {

		Map<String, Object> wire() {
			return Map.of("Path", this.path, "LocalPathPort", this.localPathPort, "ListenerPort", this.listenerPort,
					"Protocol", "http");
		}

	}

	/**
	 * A check that turns critical when it is not renewed in time.
	 *
	 * @param checkId the ID
	 * @param name the name for people
	 * @param ttl time until it turns critical by itself
	 * @param deregisterAfter time in critical until Consul removes the instance, or
	 * {@code null} for never
	 */
	@Internal
	public record TtlCheck(String checkId, String name, Duration ttl, @Nullable Duration deregisterAfter) {

		Map<String, Object> wire(CheckStatus status) {
			Map<String, Object> wire = new LinkedHashMap<>();
			wire.put("CheckID", this.checkId);
			wire.put("Name", this.name);
			wire.put("TTL", GoDuration.of(this.ttl));
			putStatus(wire, status);
			if (this.deregisterAfter != null) {
				wire.put("DeregisterCriticalServiceAfter", GoDuration.of(this.deregisterAfter));
			}
			return wire;
		}

	}

}
