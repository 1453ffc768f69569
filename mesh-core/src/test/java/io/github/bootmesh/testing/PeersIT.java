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

package io.github.bootmesh.testing;

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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The fixtures themselves: real peers that talk to each other without us.
 */
class PeersIT {

	private HttpServer application;

	@BeforeEach
	void startApplication() throws IOException {
		this.application = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 16);
		this.application.createContext("/", (exchange) -> {
			byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		});
		this.application.start();
	}

	@AfterEach
	void stopApplication() {
		this.application.stop(0);
	}

	@Test
	void whenAgentStartsAgainThenItKeepsTrustDomainAndRegistrations() {
		try (ConsulAgent agent = ConsulAgent.start()) {
			String trustDomain = agent.trustDomain();
			agent.put("/v1/agent/service/register", Map.of("Name", "web", "Port", 1));
			agent.kill();
			agent.startAgain();
			assertThat(agent.trustDomain()).isEqualTo(trustDomain);
			assertThat(agent.get("/v1/agent/services").has("web")).isTrue();
			agent.stop();
			agent.startAgainWithoutRegistrations();
			assertThat(agent.trustDomain()).isEqualTo(trustDomain);
			assertThat(agent.get("/v1/agent/services").has("web")).isFalse();
		}
	}

	@Test
	void whenRootRotatesThenNewLeavesAreSignedByIt() {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().leafTtl(Duration.ofHours(1)))) {
			String before = agent.roots();
			agent.rotateRoot();
			assertThat(agent.roots()).isNotEqualTo(before).contains(before.strip());
			assertThat(agent.leaf("web").chain().split("BEGIN CERTIFICATE")).hasSize(3);
		}
	}

	@Test
	void whenAclsDenyThenTokensDecide() {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().acls())) {
			assertThat(agent.leaf("web").key()).contains("EC PRIVATE KEY");
			assertThat(agent.serviceToken("web")).isNotEmpty();
			assertThat(agent.policyToken("service \"web\" { policy = \"read\" }")).isNotEmpty();
			assertThatIllegalStateException().isThrownBy(() -> agent.get("/v1/acl/token/unknown"));
		}
	}

	@Test
	void whenGoProxyCallsGoProxyThenItAnswers() {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().acls());
				GoProxy inbound = GoProxy.inbound(agent, "web", this.application.getAddress().getPort())) {
			agent.allow("client", "web");
			try (GoProxy outbound = GoProxy.outbound(agent, "client", "web")) {
				assertThat(inbound.port()).isPositive();
				assertThat(get(outbound.port())).isEqualTo("hello");
			}
		}
	}

	@Test
	void whenEnvoyCallsEnvoyThenItAnswers() {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev());
				Envoy inbound = Envoy.inbound(agent.leaf("web"), this.application.getAddress().getPort());
				Envoy outbound = Envoy.outbound(agent.leaf("client"), inbound.port(),
						"spiffe://" + agent.trustDomain() + "/ns/default/dc/dc1/svc/web", "web.example", true);
				Envoy wrong = Envoy.outbound(agent.leaf("client"), inbound.port(),
						"spiffe://" + agent.trustDomain() + "/ns/default/dc/dc1/svc/other", "web.example", false)) {
			assertThat(get(outbound.port())).isEqualTo("hello");
			assertThat(get(wrong.port())).contains("upstream connect error");
		}
	}

	private static String get(int port) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
			.timeout(Duration.ofSeconds(10))
			.build();
		HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
		return Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.until(() -> client.send(request, HttpResponse.BodyHandlers.ofString()).body(), (body) -> !body.isEmpty());
	}

}
