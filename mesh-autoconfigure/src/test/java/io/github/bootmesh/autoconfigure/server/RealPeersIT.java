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
import io.github.bootmesh.testing.PemIdentity;
import io.github.bootmesh.testing.SigningKey;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application and mesh peers that are not ours: Consul's own proxy and Envoy, in both
 * directions, before and after a root rotation.
 */
class RealPeersIT {

	// Twice what an agent takes to renew a leaf after a rotation.
	private static final Duration RENEWAL = Duration.ofSeconds(60);

	// Behind the proxies of others: an application that knows nothing of a mesh. It
	// closes each connection, so that behind Consul's proxy each call is a new one of the
	// mesh.
	private HttpServer backend;

	@BeforeEach
	void startBackend() throws IOException {
		this.backend = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 64);
		this.backend.createContext("/", (exchange) -> {
			byte[] body = "from the backend".getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().set("Connection", "close");
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
	void whenConsulsProxyAndEnvoyCallThenTheyAreServedBeforeAndAfterARotation() {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				Member web = Member.start(agent, "web");
				Member web2 = Member.start(agent, "web2", "server.http2.enabled=true");
				GoProxy proxy = outbound(agent, "proxied", web);
				Envoy envoy = outbound(agent, "caller", web, false);
				Envoy envoy2 = outbound(agent, "caller2", web2, true)) {
			String before = agent.activeRoot().keyId();
			assertCalls(agent, "proxied", proxy.port(), before);
			assertCalls(agent, "caller", envoy.port(), before);
			assertCalls(agent, "caller2", envoy2.port(), before);
			rotate(agent, web, web2);
			String after = agent.activeRoot().keyId();
			assertThat(after).isNotEqualTo(before);
			assertThat(SigningKey.shownAt(web.port())).isEqualTo(after);
			// Envoy has connections of before, and static certificates of before.
			assertCalls(agent, "caller", envoy.port(), before);
			assertCalls(agent, "caller2", envoy2.port(), before);
			// Consul's proxy has a connection for each of its callers', and renews in its
			// own time.
			Awaitility.await().atMost(RENEWAL).untilAsserted(() -> assertCalls(agent, "proxied", proxy.port(), after));
			try (Envoy fresh = outbound(agent, "caller", web, false);
					Envoy fresh2 = outbound(agent, "caller2", web2, true)) {
				assertCalls(agent, "caller", fresh.port(), after);
				assertCalls(agent, "caller2", fresh2.port(), after);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void whenEnvoyExpectsAnotherServiceThenItDoesNotCall(boolean http2) {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				Member web = Member.start(agent, "web", "server.http2.enabled=" + http2);
				Envoy mistaken = Envoy.outbound(agent.leaf("caller"), web.port(), spiffeId(agent, "other"),
						"web.default.dc1.internal." + agent.trustDomain(), http2)) {
			assertThat(answerOf(mistaken.port(), "/peer")).contains("upstream connect error");
			assertThat(web.requestsOf("caller")).isZero();
		}
	}

	@Test
	void whenServicesStandBehindConsulsProxyAndEnvoyThenTheyAreCalledBeforeAndAfterARotation() {
		int port = this.backend.getAddress().getPort();
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				GoProxy proxy = GoProxy.inbound(agent, "proxied", port);
				Envoy envoy = inbound(agent, "enveloped", port);
				Member web = Member.start(agent, "web")) {
			assertThat(web.get("mesh://proxied/").block()).isEqualTo("from the backend");
			assertThat(web.get("mesh://enveloped/").block()).isEqualTo("from the backend");
			rotate(agent, web);
			String after = agent.activeRoot().keyId();
			assertThat(SigningKey.shownAt(envoy.port())).isNotEqualTo(after);
			assertThat(web.get("mesh://enveloped/").block()).isEqualTo("from the backend");
			Awaitility.await().atMost(RENEWAL).untilAsserted(() -> {
				assertThat(web.get("http://proxied.service.consul/").block()).isEqualTo("from the backend");
				assertThat(SigningKey.shownAt(proxy.port())).isEqualTo(after);
			});
			assertThat(web.get("http://proxied.service.consul/").block()).isEqualTo("from the backend");
			envoy.close();
			try (Envoy fresh = inbound(agent, "enveloped", port)) {
				assertThat(SigningKey.shownAt(fresh.port())).isEqualTo(after);
				Awaitility.await()
					.atMost(Duration.ofSeconds(30))
					.ignoreExceptions()
					.untilAsserted(
							() -> assertThat(web.get("mesh://enveloped/").block()).isEqualTo("from the backend"));
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

	private static GoProxy outbound(ConsulAgent agent, String caller, Member called) {
		String service = called.identity().current().spiffeId().service();
		awaitRegistration(agent, service);
		return GoProxy.outbound(agent, caller, service);
	}

	private static Envoy outbound(ConsulAgent agent, String caller, Member called, boolean http2) {
		String service = called.identity().current().spiffeId().service();
		return Envoy.outbound(identity(agent, caller), called.port(), spiffeId(agent, service),
				service + ".default.dc1.internal." + agent.trustDomain(), http2);
	}

	// Registered as a proxy of the service does it.
	private static Envoy inbound(ConsulAgent agent, String service, int port) {
		Envoy envoy = Envoy.inbound(identity(agent, service), port);
		agent.put("/v1/agent/service/register", Map.of("Name", service + "-proxy", "Kind", "connect-proxy", "Address",
				"127.0.0.1", "Port", envoy.port(), "Proxy", Map.of("DestinationServiceName", service)));
		return envoy;
	}

	// Believes only the root that signs now: after a rotation, nobody with an old leaf.
	private static PemIdentity identity(ConsulAgent agent, String service) {
		PemIdentity leaf = agent.leaf(service);
		return new PemIdentity(leaf.chain(), leaf.key(), agent.activeRoot().pem());
	}

	private static void assertCalls(ConsulAgent agent, String caller, int port, String signer) {
		assertThat(answerOf(port, "/peer")).isEqualTo(spiffeId(agent, caller));
		assertThat(answerOf(port, "/signer")).isEqualTo(signer);
	}

	private static void awaitRegistration(ConsulAgent agent, String service) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(agent.healthy(service)).hasSize(1));
	}

	private static void rotate(ConsulAgent agent, Member... members) {
		agent.rotateRoot();
		String signer = agent.activeRoot().keyId();
		Awaitility.await().atMost(RENEWAL).untilAsserted(() -> {
			for (Member member : members) {
				assertThat(SigningKey.of(member.identity().current().chain().get(0))).isEqualTo(signer);
			}
		});
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
