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
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.netty.util.NetUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.relay.UpstreamListener;

/**
 * The local listeners of the declared upstreams. They listen from the initialisation of
 * this bean until its destruction: a bean that connects through one of them in its own
 * initialisation or destruction, and is none of a type that Bootmesh knows, needs a
 * {@code @DependsOn("meshUpstreams")}. In mode external it is a proxy that listens, and
 * this bean only knows where. Thread-safe.
 */
public final class MeshUpstreams implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(MeshUpstreams.class);

	private final Map<String, UpstreamListener> listeners = new LinkedHashMap<>();

	private final Map<String, InetSocketAddress> addresses = new LinkedHashMap<>();

	private final List<ServiceDefinition.Upstream> registrations = new ArrayList<>();

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
		InetSocketAddress wanted = listener.upstream().bind();
		requireFree(declaration, wanted);
		try {
			this.listeners.put(declaration.name(), listener);
			InetSocketAddress address = listener.start();
			this.addresses.put(declaration.name(), address);
			this.registrations.add(declaration.registration(address));
			publish(declaration, address.getPort());
			endpoints.keep(listener.upstream().destination());
			String where = NetUtil.toAddressString(wanted.getAddress()) + ", port " + address.getPort();
			logger.info("Upstream '{}' ({}) listens on {}", declaration.name(), listener.upstream().destination(),
					where);
			warnBeyondLoopback(declaration, wanted);
		}
		catch (IOException ex) {
			throw declaration.invalid("local-bind-port", wanted.getPort(), reason(ex));
		}
	}

	/**
	 * Notes one more upstream, for which somebody else listens.
	 */
	void expect(UpstreamDeclaration declaration) {
		InetSocketAddress address = declaration.upstream().bind();
		declaration.settings();
		if (declaration.takesAnyPort()) {
			throw declaration.invalid("local-bind-port", 0, "With 'bootmesh.inbound.mode=external' it must be a port: "
					+ "the proxy listens there, and Consul tells it so.");
		}
		requireFree(declaration, address);
		warnBeyondLoopback(declaration, address);
		this.addresses.put(declaration.name(), address);
		this.registrations.add(declaration.registration(address));
	}

	private static void warnBeyondLoopback(UpstreamDeclaration declaration, InetSocketAddress address) {
		if (!address.getAddress().isLoopbackAddress()) {
			logger.warn("Upstream '{}' is reached from beyond loopback: whoever does speaks as this service",
					declaration.name());
		}
	}

	private void requireFree(UpstreamDeclaration declaration, InetSocketAddress wanted) {
		this.addresses.forEach((name, taken) -> {
			if (taken.equals(wanted)) {
				throw declaration.invalid("local-bind-port", wanted.getPort(),
						"The upstream '" + name + "' listens there already.");
			}
		});
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
	 * @return the address
	 * @throws IllegalArgumentException if there is none of that name
	 */
	public InetSocketAddress address(String name) {
		InetSocketAddress address = this.addresses.get(name);
		if (address == null) {
			throw new IllegalArgumentException(
					"No upstream '" + name + "' is declared, only " + this.addresses.keySet());
		}
		return address;
	}

	/**
	 * Where all upstreams are reached.
	 * @return the addresses by the names of the upstreams, in the order of the
	 * declarations
	 */
	@Internal
	public Map<String, InetSocketAddress> addresses() {
		return Collections.unmodifiableMap(this.addresses);
	}

	/**
	 * What Consul is told of them.
	 * @return the upstreams, with the ports that they really have
	 */
	@Internal
	public List<ServiceDefinition.Upstream> registrations() {
		return List.copyOf(this.registrations);
	}

	/**
	 * What is known of the listeners now.
	 * @return the statuses, in the order of the declarations; none where somebody else
	 * listens
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
