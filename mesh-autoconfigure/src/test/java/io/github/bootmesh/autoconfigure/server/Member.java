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

package io.github.bootmesh.autoconfigure.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatServletManagementContextAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.reactive.TomcatReactiveWebServerAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.SigningKey;

/**
 * A whole application in the mesh of a real Consul, with nothing of its own but a
 * controller.
 */
final class Member implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private final WebClient client;

	private Member(ConfigurableApplicationContext context) {
		this.context = context;
		this.client = context.getBean(WebClient.Builder.class).build();
	}

	static Member start(ConsulAgent agent, String service, String... properties) {
		// The last of two that say the same holds.
		Map<String, String> arguments = new LinkedHashMap<>();
		List<String> given = new ArrayList<>(
				List.of("spring.application.name=" + service, "server.port=0", "server.address=127.0.0.1",
						"bootmesh.consul.url=" + agent.uri(), "bootmesh.registration.drain-delay=500ms",
						"spring.main.banner-mode=off", "spring.cloud.consul.enabled=false",
						"spring.cloud.discovery.enabled=false", "spring.cloud.compatibility-verifier.enabled=false"));
		if (agent.token() != null) {
			given.add("bootmesh.consul.token=" + agent.serviceToken(service));
		}
		given.addAll(List.of(properties));
		given.forEach((property) -> arguments.put(property.substring(0, property.indexOf('=')), property));
		return new Member(new SpringApplicationBuilder(Application.class).web(WebApplicationType.REACTIVE)
			.registerShutdownHook(false)
			.run(arguments.values().stream().map((property) -> "--" + property).toArray(String[]::new)));
	}

	/** Where it accepts the mesh. */
	int port() {
		return Objects.requireNonNull(((WebServerApplicationContext) this.context).getWebServer()).getPort();
	}

	/** Where a public listener accepts the mesh for it. */
	int meshPort() {
		return Objects.requireNonNull(this.context.getBean(MeshRegistrationLifecycle.class).status()).port();
	}

	int managementPort() {
		return Integer.parseInt(this.context.getEnvironment().getRequiredProperty("local.management.port"));
	}

	MeshIdentity identity() {
		return this.context.getBean(MeshIdentity.class);
	}

	HealthEndpoint health() {
		return this.context.getBean(HealthEndpoint.class);
	}

	Authorizer authorizer() {
		return this.context.getBean(Authorizer.class);
	}

	/** How many requests of a service the application has seen. */
	int requestsOf(String service) {
		return this.context.getBean(Application.class).seen.getOrDefault(service, 0);
	}

	List<WatchStatus> watches() {
		return this.context.getBean(Watches.class).statuses();
	}

	/** Calls as an application does. */
	Mono<String> get(String url) {
		return this.client.get().uri(url).retrieve().bodyToMono(String.class);
	}

	@Override
	public void close() {
		this.context.close();
	}

	// Tomcat is on the class path for tests of its refusal.
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { TomcatReactiveWebServerAutoConfiguration.class,
			TomcatReactiveManagementContextAutoConfiguration.class,
			TomcatServletManagementContextAutoConfiguration.class })
	@RestController
	static class Application {

		private final Map<String, Integer> seen = new ConcurrentHashMap<>();

		@GetMapping("/peer")
		String peer(@RequestAttribute("io.github.bootmesh.MeshPeer") MeshPeer peer) {
			this.seen.merge(peer.service(), 1, Integer::sum);
			return peer.id().toString();
		}

		@GetMapping("/anybody")
		String anybody() {
			return "anybody";
		}

		@GetMapping("/signer")
		String signer(@RequestAttribute("io.github.bootmesh.MeshPeer") MeshPeer peer) {
			return SigningKey.of(peer.certificate());
		}

	}

}
