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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import com.sun.net.httpserver.HttpServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application and mesh peers that are not ours: Consul's own proxy and Envoy, in both
 * directions, before and after a root rotation.
 */
class RealPeersIT {

	// Behind the proxies of others: an application that knows nothing of a mesh.
	private HttpServer backend;

	@BeforeEach
	void startBackend() throws IOException {
		this.backend = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 64);
		this.backend.createContext("/", (exchange) -> {
			byte[] body = "from the backend".getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		});
		this.backend.start();
	}

	@AfterEach
	void stopBackend() {
		this.backend.stop(0);
	}

	@Test
	void whenConsulsProxyCallsThenItIsServedBeforeAndAfterARotation() {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				Member web = Member.start(agent, "web");
				GoProxy proxy = GoProxy.outbound(agent, "caller", "web")) {
			String caller = spiffeId(agent, "caller");
			awaitRegistration(agent, "web");
			assertThat(answerOf(proxy.port(), "/peer")).isEqualTo(caller);
			rotate(agent, web);
			assertThat(answerOf(proxy.port(), "/peer")).isEqualTo(caller);
			try (GoProxy fresh = GoProxy.outbound(agent, "caller", "web")) {
				assertThat(answerOf(fresh.port(), "/peer")).isEqualTo(caller);
			}
		}
	}

	@Test
	void whenAServiceStandsBehindConsulsProxyThenItIsCalledBeforeAndAfterARotation() {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				GoProxy proxy = GoProxy.inbound(agent, "backend", this.backend.getAddress().getPort());
				Member web = Member.start(agent, "web")) {
			assertThat(proxy.port()).isPositive();
			assertThat(web.get("mesh://backend/").block()).isEqualTo("from the backend");
			rotate(agent, web);
			assertThat(web.get("http://backend.service.consul/").block()).isEqualTo("from the backend");
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void whenEnvoyCallsThenItIsServedBeforeAndAfterARotation(boolean http2) {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				Member web = Member.start(agent, "web", "server.http2.enabled=" + http2);
				Envoy envoy = outbound(agent, web, "web", http2);
				Envoy mistaken = outbound(agent, web, "other", http2)) {
			String caller = spiffeId(agent, "caller");
			assertThat(answerOf(envoy.port(), "/peer")).isEqualTo(caller);
			assertThat(answerOf(mistaken.port(), "/peer")).contains("upstream connect error");
			rotate(agent, web);
			assertThat(answerOf(envoy.port(), "/peer")).isEqualTo(caller);
			try (Envoy fresh = outbound(agent, web, "web", http2)) {
				assertThat(answerOf(fresh.port(), "/peer")).isEqualTo(caller);
			}
		}
	}

	@Test
	void whenAServiceStandsBehindEnvoyThenItIsCalledBeforeAndAfterARotation() {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				Envoy envoy = Envoy.inbound(agent.leaf("backend"), this.backend.getAddress().getPort());
				Member web = Member.start(agent, "web")) {
			register(agent, envoy);
			assertThat(web.get("mesh://backend/").block()).isEqualTo("from the backend");
			rotate(agent, web);
			try (Envoy fresh = Envoy.inbound(agent.leaf("backend"), this.backend.getAddress().getPort())) {
				register(agent, fresh);
				Awaitility.await()
					.atMost(Duration.ofSeconds(30))
					.untilAsserted(() -> assertThat(web.get("mesh://backend/").block()).isEqualTo("from the backend"));
			}
		}
	}

	@Test
	void whenManagementHasAPortOfItsOwnThenItStaysAsItIs() {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().acls());
				Member web = Member.start(agent, "web", "management.server.port=0",
						"management.server.address=127.0.0.1")) {
			awaitRegistration(agent, "web");
			assertThat(answerOf(web.managementPort(), "/actuator/health")).contains("UP");
		}
	}

	private static Envoy outbound(ConsulAgent agent, Member web, String expected, boolean http2) {
		return Envoy.outbound(agent.leaf("caller"), web.port(), spiffeId(agent, expected),
				"web.default.dc1.internal." + agent.trustDomain(), http2);
	}

	// As a proxy of the service 'backend' does it.
	private static void register(ConsulAgent agent, Envoy envoy) {
		agent.put("/v1/agent/service/register", Map.of("Name", "backend-proxy", "Kind", "connect-proxy", "Address",
				"127.0.0.1", "Port", envoy.port(), "Proxy", Map.of("DestinationServiceName", "backend")));
	}

	private static void awaitRegistration(ConsulAgent agent, String service) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(agent.healthy(service)).hasSize(1));
	}

	// An agent takes up to 30 s to renew a leaf after a rotation.
	private static void rotate(ConsulAgent agent, Member member) {
		long before = member.identity().current().number();
		byte[] key = issuer(member);
		agent.rotateRoot();
		Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
			assertThat(member.identity().current().number()).isGreaterThan(before);
			assertThat(issuer(member)).isNotEqualTo(key);
		});
	}

	private static byte[] issuer(Member member) {
		return Objects.requireNonNull(member.identity().current().chain().get(0).getExtensionValue("2.5.29.35"),
				"authority key");
	}

	private static String spiffeId(ConsulAgent agent, String service) {
		return "spiffe://" + agent.trustDomain() + "/ns/default/dc/dc1/svc/" + service;
	}

	private static String answerOf(int port, String path) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.timeout(Duration.ofSeconds(10))
			.build();
		HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
		return Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.until(() -> client.send(request, HttpResponse.BodyHandlers.ofString()).body(), (body) -> !body.isEmpty());
	}

}
