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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.netty.util.NetUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.relay.UpstreamListener;

/**
 * The local listeners of the declared upstreams. They listen from the initialisation of
 * this bean until its destruction: a bean that connects through one of them in its own
 * initialisation or destruction, and is none of a type that Bootmesh knows, needs a
 * {@code @DependsOn("meshUpstreams")}. Thread-safe.
 */
public final class MeshUpstreams implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(MeshUpstreams.class);

	private final Map<String, UpstreamListener> listeners = new LinkedHashMap<>();

	private final Map<String, SocketAddress> addresses = new LinkedHashMap<>();

	private final ConfigurableEnvironment environment;

	MeshUpstreams(ConfigurableEnvironment environment) {
		this.environment = environment;
	}

	/**
	 * The property that says on which port an upstream listens that takes any.
	 */
	static String portProperty(String name) {
		return "local.bootmesh.upstreams." + name + ".port";
	}

	/**
	 * Listens for one more upstream, and has Consul asked for its instances from now on.
	 */
	void listen(UpstreamDeclaration declaration, UpstreamListener listener, Endpoints endpoints) {
		SocketAddress wanted = listener.upstream().bind();
		this.addresses.forEach((name, taken) -> {
			if (taken.equals(wanted)) {
				throw declaration.cannotBind(wanted, "The upstream '" + name + "' listens there already.");
			}
		});
		try {
			this.listeners.put(declaration.name(), listener);
			SocketAddress address = listener.start();
			this.addresses.put(declaration.name(), address);
			endpoints.keep(listener.upstream().destination());
			logger.info("Upstream '{}' ({}) listens on {}", declaration.name(), listener.upstream().destination(),
					text(address));
			if (address instanceof InetSocketAddress ip) {
				publish(declaration, ip.getPort());
				if (!ip.getAddress().isLoopbackAddress()) {
					logger.warn("Upstream '{}' is reached from beyond loopback: whoever does speaks as this service",
							declaration.name());
				}
			}
		}
		catch (IOException ex) {
			throw declaration.cannotBind(wanted, reason(ex));
		}
	}

	private static Object text(SocketAddress address) {
		return (address instanceof InetSocketAddress ip)
				? NetUtil.toAddressString(ip.getAddress()) + ", port " + ip.getPort() : address;
	}

	// Where that is known only now: the upstream was declared after the environment had
	// been prepared, as by a test's dynamic properties.
	private void publish(UpstreamDeclaration declaration, int port) {
		String property = portProperty(declaration.name());
		if (declaration.takesAnyPort() && !this.environment.containsProperty(property)) {
			this.environment.getPropertySources().addFirst(new MapPropertySource(property, Map.of(property, port)));
		}
	}

	private static String reason(IOException ex) {
		return ex.getMessage() + ((ex.getCause() != null) ? ": " + ex.getCause().getMessage() : "") + ".";
	}

	/**
	 * Where an upstream is reached.
	 * @param name the name that it was declared with
	 * @return the address, an {@link InetSocketAddress} or a
	 * {@link java.net.UnixDomainSocketAddress}
	 * @throws IllegalArgumentException if there is none of that name
	 */
	public SocketAddress address(String name) {
		SocketAddress address = this.addresses.get(name);
		if (address == null) {
			throw new IllegalArgumentException(
					"No upstream '" + name + "' is declared, only " + this.addresses.keySet());
		}
		return address;
	}

	/**
	 * What is known of the listeners now.
	 * @return the statuses, in the order of the declarations
	 */
	public List<UpstreamStatus> statuses() {
		return this.listeners.values()
			.stream()
			.map((listener) -> new UpstreamStatus(listener.upstream(), listener.status()))
			.toList();
	}

	@Override
	public void close() {
		this.listeners.values().forEach(UpstreamListener::close);
	}

}
