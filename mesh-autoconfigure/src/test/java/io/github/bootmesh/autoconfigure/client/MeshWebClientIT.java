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

package io.github.bootmesh.autoconfigure.client;

import java.time.Duration;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.testing.SigningKey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * An application that calls mesh services of others: Consul's Go proxy and Envoy.
 */
class MeshWebClientIT {

	private static final Duration WAIT = Duration.ofSeconds(30);

	// Without keep-alive: behind a proxy that knows no HTTP each call is a new connection
	// of the mesh.
	private final DisposableServer inventory = HttpServer.create()
		.host("127.0.0.1")
		.port(0)
		.handle((request, response) -> response.keepAlive(false)
			.sendString(Mono.just("inventory " + request.requestHeaders().get("Host"))))
		.bindNow();

	@AfterEach
	void close() {
		this.inventory.disposeNow();
	}

	@Test
	void whenTheServiceIsBehindTheGoProxyThenItIsReachedBeforeAndAfterARootRotation() {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().leafTtl(Duration.ofHours(1)));
				GoProxy proxy = GoProxy.inbound(agent, "inventory", this.inventory.port())) {
			runner(agent).run((context) -> {
				WebClient client = context.getBean(WebClient.Builder.class).build();
				MeshIdentity identity = context.getBean(MeshIdentity.class);
				assertThat(get(client)).isEqualTo("inventory inventory.service.consul");
				agent.rotateRoot();
				String signer = agent.activeRoot().keyId();
				// Both renew within 30 s, each when it likes.
				Awaitility.await().atMost(WAIT.multipliedBy(2)).untilAsserted(() -> {
					assertThat(get(client)).isEqualTo("inventory inventory.service.consul");
					assertThat(SigningKey.of(identity.current().chain().get(0))).isEqualTo(signer);
					assertThat(SigningKey.shownAt(proxy.port())).isEqualTo(signer);
				});
				assertThat(get(client)).isEqualTo("inventory inventory.service.consul");
			});
		}
	}

	@Test
	void whenTheServiceIsBehindEnvoyThenItIsReached() {
		try (ConsulAgent agent = ConsulAgent.start();
				Envoy envoy = Envoy.inbound(agent.leaf("inventory"), this.inventory.port())) {
			agent.put("/v1/agent/service/register", Map.of("Name", "inventory", "Address", "127.0.0.1", "Port",
					envoy.port(), "Connect", Map.of("Native", true)));
			runner(agent).run((context) -> assertThat(get(context.getBean(WebClient.Builder.class).build()))
				.isEqualTo("inventory inventory.service.consul"));
		}
	}

	@Test
	void whenEnvoyShowsAnotherServiceThenNothingIsSentToIt() {
		try (ConsulAgent agent = ConsulAgent.start();
				Envoy envoy = Envoy.inbound(agent.leaf("billing"), this.inventory.port())) {
			agent.put("/v1/agent/service/register", Map.of("Name", "inventory", "Address", "127.0.0.1", "Port",
					envoy.port(), "Connect", Map.of("Native", true)));
			runner(agent).run((context) -> assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(context.getBean(WebClient.Builder.class).build()))
				.withMessageContaining("/svc/inventory")
				.withMessageContaining("/svc/billing"));
		}
	}

	private static String get(WebClient client) {
		return String.valueOf(
				client.get().uri("http://inventory.service.consul/").retrieve().bodyToMono(String.class).block(WAIT));
	}

	private static ApplicationContextRunner runner(ConsulAgent agent) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
							MeshClientAutoConfiguration.class, HttpClientAutoConfiguration.class,
							ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class))
			.withPropertyValues("spring.application.name=orders", "bootmesh.consul.url=" + agent.uri(),
					"bootmesh.inbound.mode=none");
	}

}
