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
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.testing.PemIdentity;
import io.github.bootmesh.testing.SigningKey;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application on loopback with a public listener, in the mesh of a real Consul, called
 * by one of ours, through Consul's own proxy, and through Envoy.
 */
class SidecarPeersIT {

	private static final String[] SIDECAR = { "bootmesh.inbound.mode=sidecar", "bootmesh.inbound.address=127.0.0.1" };

	@Test
	void whenOthersCallThenTheyAreServedBeforeAndAfterARotation() {
		try (ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::dev);
				Member web = Member.start(agent, "web", SIDECAR);
				Member caller = Member.start(agent, "caller", "bootmesh.inbound.mode=none")) {
			awaiting().until(() -> agent.healthy("web").size() == 1);
			JsonNode registered = agent.healthy("web").get(0).get("Service");
			assertThat(registered.get("Kind").asString()).isEqualTo("connect-proxy");
			assertThat(registered.get("Port").asInt()).isEqualTo(web.meshPort());
			assertThat(registered.at("/Proxy/LocalServicePort").asInt()).isEqualTo(web.port());
			assertThat(agent.get("/v1/agent/checks").findValuesAsString("Type")).containsExactlyInAnyOrder("ttl",
					"alias");
			try (GoProxy proxy = GoProxy.outbound(agent, "proxied", "web"); Envoy envoy = outbound(agent, web)) {
				assertThat(caller.get("mesh://web/anybody").block()).isEqualTo("anybody");
				assertThat(answerOf(proxy.port())).isEqualTo("anybody");
				assertThat(answerOf(envoy.port())).isEqualTo("anybody");
				String before = SigningKey.shownAt(web.meshPort());
				agent.rotateRoot();
				String after = agent.activeRoot().keyId();
				assertThat(after).isNotEqualTo(before);
				awaiting().until(() -> SigningKey.shownAt(web.meshPort()).equals(after));
				assertThat(caller.get("mesh://web/anybody").block()).isEqualTo("anybody");
				// It renews in its own time.
				awaiting().untilAsserted(() -> assertThat(answerOf(proxy.port())).isEqualTo("anybody"));
				try (Envoy fresh = outbound(agent, web)) {
					assertThat(answerOf(fresh.port())).isEqualTo("anybody");
				}
			}
			web.close();
			assertThat(agent.get("/v1/agent/services").findValuesAsString("Service")).isEmpty();
		}
	}

	@Test
	void whenAnIntentionIsFlippedToDenyThenTheOpenConnectionEndsAndNobodyNewGetsIn() throws Exception {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().acls())) {
			agent.allow("proxied", "web");
			String id = agent
				.post("/v1/connect/intentions",
						Map.of("SourceName", "enveloped", "DestinationName", "web", "Action", "allow"))
				.get("ID")
				.asString();
			try (Member web = Member.start(agent, "web", SIDECAR)) {
				awaiting().until(() -> agent.healthy("web").size() == 1);
				try (GoProxy proxy = GoProxy.outbound(agent, "proxied", "web");
						Envoy envoy = outbound(agent, "enveloped", web);
						Socket open = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
					assertThat(answerOf(envoy.port())).isEqualTo("anybody");
					open.setSoTimeout(60_000);
					assertThat(ask(open)).startsWith("HTTP/1.1 200");
					agent.put("/v1/connect/intentions/" + id,
							Map.of("SourceName", "enveloped", "DestinationName", "web", "Action", "deny"));
					awaiting()
						.untilAsserted(() -> assertThat(answerOf(envoy.port())).contains("upstream connect error"));
					// Whom nobody denies is not cut off.
					assertThat(ask(open)).startsWith("HTTP/1.1 200");
					agent.get("/v1/connect/intentions").forEach((intention) -> {
						if (intention.get("SourceName").asString().equals("proxied")) {
							agent.delete("/v1/connect/intentions/" + intention.get("ID").asString());
						}
					});
					assertThat(end(open)).isTrue();
				}
			}
		}
	}

	private static String ask(Socket socket) throws IOException {
		socket.getOutputStream()
			.write("GET /anybody HTTP/1.1\r\nHost: web\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		StringBuilder answer = new StringBuilder();
		while (!answer.toString().endsWith("anybody")) {
			int next = socket.getInputStream().read();
			if (next < 0) {
				break;
			}
			answer.append((char) next);
		}
		return answer.toString();
	}

	private static boolean end(Socket socket) {
		try {
			return socket.getInputStream().read() < 0;
		}
		catch (java.net.SocketTimeoutException ex) {
			return false;
		}
		catch (IOException ex) {
			return true;
		}
	}

	private static Envoy outbound(ConsulAgent agent, Member web) {
		return outbound(agent, "enveloped", web);
	}

	private static Envoy outbound(ConsulAgent agent, String caller, Member web) {
		PemIdentity leaf = agent.leaf(caller);
		return Envoy.outbound(new PemIdentity(leaf.chain(), leaf.key(), agent.activeRoot().pem()), web.meshPort(),
				"spiffe://" + agent.trustDomain() + "/ns/default/dc/dc1/svc/web",
				"web.default.dc1.internal." + agent.trustDomain(), false);
	}

	private static ConditionFactory awaiting() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	private static String answerOf(int port) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/anybody"))
			.timeout(Duration.ofSeconds(10))
			.build();
		HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
		return awaiting().ignoreExceptions()
			.until(() -> client.send(request, HttpResponse.BodyHandlers.ofString()).body(), (body) -> !body.isEmpty());
	}

}
