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

package io.github.bootmesh.autoconfigure.sidecar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.GoProxy;

/**
 * Who speaks the mesh's TLS for a program that does not: Consul's built-in proxy, started
 * for an instance that is registered with a sidecar, or an application of ours.
 */
enum ProxySide {

	CONSUL {

		@Override
		Running start(ConsulAgent agent, Wish wish) {
			Map<String, Object> proxy = new LinkedHashMap<>();
			proxy.put("LocalServicePort", Math.max(wish.localPort, 1));
			proxy.put("Config", wish.config);
			proxy.put("Upstreams", wish.upstreams.stream().map(ProxySide::upstream).toList());
			int port = GoProxy.freePort();
			agent.put("/v1/agent/service/register", Map.of("Name", wish.service, "ID", wish.id, "Connect", Map
				.of("SidecarService", Map.of("Port", port, "Check", Map.of("AliasService", wish.id), "Proxy", proxy))));
			GoProxy started = GoProxy.sidecarFor(agent, wish.id);
			return new Running(port, null, () -> {
				started.close();
				agent.forget(wish.id);
			});
		}

	},

	OURS {

		@Override
		Running start(ConsulAgent agent, Wish wish) {
			Map<String, Object> properties = new LinkedHashMap<>();
			properties.put("spring.application.name", wish.service);
			properties.put("bootmesh.registration.id", wish.id);
			properties.put("bootmesh.consul.url", agent.uri());
			properties.put("bootmesh.registration.drain-delay", "100ms");
			properties.put("bootmesh.inbound.mode", (wish.localPort > 0) ? "sidecar" : "none");
			if (wish.localPort > 0) {
				properties.put("bootmesh.inbound.address", "127.0.0.1");
				properties.put("bootmesh.inbound.local-port", wish.localPort);
			}
			properties.putAll(wish.properties);
			wish.upstreams.forEach((upstream) -> {
				String prefix = "bootmesh.upstreams." + upstream.destination + ".";
				properties.put(prefix + "destination-name", upstream.destination);
				properties.put(prefix + "destination-type", upstream.type);
				properties.put(prefix + "local-bind-port", upstream.port);
				properties.put(prefix + "connect-timeout", upstream.connectTimeoutMillis + "ms");
			});
			List.of("spring.cloud.consul.enabled", "spring.cloud.discovery.enabled",
					"spring.cloud.compatibility-verifier.enabled")
				.forEach((unwanted) -> properties.put(unwanted, false));
			properties.put("spring.main.banner-mode", "off");
			properties.put("spring.reactor.netty.shutdown-quiet-period", "0s");
			ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
				.web(WebApplicationType.NONE)
				.registerShutdownHook(false)
				.run(properties.entrySet()
					.stream()
					.map((property) -> "--" + property.getKey() + "=" + property.getValue())
					.toArray(String[]::new));
			int port = (wish.localPort > 0) ? SidecarTestbed.ports(context).mesh() : 0;
			return new Running(port, context.getBean(MeterRegistry.class), context);
		}

	};

	abstract Running start(ConsulAgent agent, Wish wish);

	/** What is seen of one and of the other. */
	<T> T shows(T consul, T ours) {
		return (this == CONSUL) ? consul : ours;
	}

	private static Map<String, Object> upstream(Upstream upstream) {
		return Map.of("DestinationType", upstream.type, "DestinationName", upstream.destination, "LocalBindPort",
				upstream.port, "Config", Map.of("connect_timeout_ms", upstream.connectTimeoutMillis));
	}

	/**
	 * What both are asked for, each in its words.
	 */
	static final class Wish {

		private final String service;

		private String id;

		private int localPort;

		private final Map<String, Object> config = new LinkedHashMap<>();

		private final Map<String, Object> properties = new LinkedHashMap<>();

		private final List<Upstream> upstreams = new ArrayList<>();

		Wish(String service) {
			this.service = service;
			this.id = service;
		}

		Wish id(String id) {
			this.id = id;
			return this;
		}

		/** Accepts for a program on loopback. */
		Wish localPort(int port) {
			this.localPort = port;
			return this;
		}

		/** An option of the proxy's {@code config}. */
		Wish consul(String option, Object value) {
			this.config.put(option, value);
			return this;
		}

		/** A property of ours. */
		Wish ours(String property, Object value) {
			this.properties.put(property, value);
			return this;
		}

		Wish upstream(String destination, int port) {
			return upstream(destination, port, 10_000, "service");
		}

		Wish upstream(String destination, int port, int connectTimeoutMillis, String type) {
			this.upstreams.add(new Upstream(destination, port, connectTimeoutMillis, type));
			return this;
		}

	}

	private record Upstream(String destination, int port, int connectTimeoutMillis, String type) {

	}

	/**
	 * One that runs.
	 *
	 * @param port where it accepts the mesh, as it is registered
	 * @param meters where ours counts, {@code null} of Consul's
	 * @param end stops it
	 */
	record Running(int port, @Nullable MeterRegistry meters, AutoCloseable end) implements AutoCloseable {

		MeterRegistry requiredMeters() {
			return Objects.requireNonNull(this.meters);
		}

		@Override
		public void close() throws Exception {
			this.end.close();
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
