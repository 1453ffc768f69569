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
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpServer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.contributor.Status;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.CustomProxy;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.testing.PemIdentity;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One application {@code orders}, with Consul's own proxy, with Envoy, with a proxy of
 * somebody's own, and with none, in the mesh of a real Consul. Those on the other sides
 * are the same.
 */
class ExternalPeersIT {

	private static final String SIDECAR = "/v1/agent/service/orders-1-sidecar-proxy";

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private final ConsulAgent agent = push(ConsulAgent.start(ConsulAgent.Options::dev));

	private final List<Integer> ports = freePorts(3);

	private final int port = this.ports.get(0);

	private final int meshPort = this.ports.get(1);

	private final int upstreamPort = this.ports.get(2);

	@AfterEach
	void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
	}

	@ParameterizedTest
	@CsvSource({ "external, consul, consul", "external, envoy, envoy", "external, custom, consul",
			"sidecar, none, consul", "sidecar, none, envoy" })
	void whoeverItsProxyIsTheApplicationReachesOthersAndIsReached(String mode, String proxy, String others)
			throws Exception {
		int ledgerPort = ledger(others);
		Future<AutoCloseable> started = startProxy(proxy, ledgerPort);
		Member orders = start(mode);
		push(started.get(60, TimeUnit.SECONDS));
		assertThat(get(this.upstreamPort)).isEqualTo("ledger");
		awaiting().until(() -> this.agent.healthy("orders").size() == 1);
		JsonNode registered = this.agent.healthy("orders").get(0).get("Service");
		assertThat(registered.get("Kind").asString()).isEqualTo("connect-proxy");
		assertThat(registered.get("Port").asInt()).isEqualTo(this.meshPort);
		assertThat(registered.at("/Proxy/LocalServicePort").asInt()).isEqualTo(this.port);
		assertThat(registered.at("/Proxy/Upstreams/0/DestinationName").asString()).isEqualTo("ledger");
		assertThat(registered.at("/Proxy/Upstreams/0/LocalBindPort").asInt()).isEqualTo(this.upstreamPort);
		assertThat(registered.at("/Proxy/Upstreams/0/Config/connect_timeout_ms").asInt()).isEqualTo(4000);
		assertThat(get(caller(others))).isEqualTo("anybody");
		orders.close();
		assertThat(this.agent.get("/v1/agent/services").propertyNames()).doesNotContain("orders-1",
				"orders-1-sidecar-proxy");
	}

	@Test
	void whenTheProxyIsGoneThenNobodyIsSentToItUntilItIsBack() throws Exception {
		ledger("consul");
		Future<AutoCloseable> started = startProxy("consul", 0);
		Member orders = start("external");
		AutoCloseable proxy = started.get(60, TimeUnit.SECONDS);
		awaiting().until(() -> this.agent.healthy("orders").size() == 1);
		assertThat(mesh(orders).getStatus()).isEqualTo(Status.UP);
		proxy.close();
		awaiting().until(() -> this.agent.healthy("orders").isEmpty());
		assertThat(mesh(orders).getStatus()).isEqualTo(Status.DOWN);
		push(startProxy("consul", 0).get(60, TimeUnit.SECONDS));
		awaiting().until(() -> this.agent.healthy("orders").size() == 1);
		awaiting().untilAsserted(() -> assertThat(mesh(orders).getStatus()).isEqualTo(Status.UP));
	}

	private static HealthDescriptor mesh(Member member) {
		return Objects.requireNonNull(member.health().healthForPath("mesh"));
	}

	private Member start(String mode) {
		return push(Member.start(this.agent, "orders", "bootmesh.inbound.mode=" + mode, "server.port=" + this.port,
				"bootmesh.inbound.address=127.0.0.1", "bootmesh.inbound.port=" + this.meshPort,
				"bootmesh.registration.id=orders-1", "bootmesh.registration.check.interval=1s",
				"bootmesh.upstreams.ledger-db.destination-name=ledger",
				"bootmesh.upstreams.ledger-db.local-bind-port=" + this.upstreamPort,
				"bootmesh.upstreams.ledger-db.connect-timeout=4s"));
	}

	// As whoever supervises it does: it is started when there is a registration to read.
	private Future<AutoCloseable> startProxy(String proxy, int ledgerPort) {
		ExecutorService supervisor = Executors.newSingleThreadExecutor();
		push(supervisor::shutdownNow);
		return supervisor.submit(() -> {
			awaiting().ignoreExceptions().until(() -> this.agent.get(SIDECAR).has("Proxy"));
			return proxy(proxy, ledgerPort);
		});
	}

	private AutoCloseable proxy(String proxy, int ledgerPort) throws Exception {
		return switch (proxy) {
			case "consul" -> GoProxy.sidecarFor(this.agent, "orders-1");
			case "custom" -> new CustomProxy(this.agent.uri(), "orders-1");
			case "envoy" -> {
				push(Envoy.inboundStream(leaf("orders"), this.meshPort, this.port));
				yield Envoy.outboundStream(leaf("orders"), this.upstreamPort, ledgerPort, uri("ledger"), sni("ledger"));
			}
			default -> () -> {
			};
		};
	}

	// A service that knows nothing of the mesh, with a proxy in front of it.
	private int ledger(String proxy) throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 16);
		server.createContext("/", (exchange) -> {
			byte[] body = "ledger".getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		});
		server.start();
		push(() -> server.stop(0));
		if (proxy.equals("consul")) {
			return push(GoProxy.inbound(this.agent, "ledger", server.getAddress().getPort())).port();
		}
		Envoy envoy = push(Envoy.inboundStream(leaf("ledger"), server.getAddress().getPort()));
		this.agent.put("/v1/agent/service/register", Map.of("Kind", "connect-proxy", "Name", "ledger-proxy", "Address",
				"127.0.0.1", "Port", envoy.port(), "Proxy", Map.of("DestinationServiceName", "ledger")));
		awaiting().until(() -> this.agent.healthy("ledger").size() == 1);
		return envoy.port();
	}

	private int caller(String proxy) {
		return proxy.equals("consul") ? push(GoProxy.outbound(this.agent, "web", "orders")).port()
				: push(Envoy.outbound(leaf("web"), this.meshPort, uri("orders"), sni("orders"), false)).port();
	}

	private PemIdentity leaf(String service) {
		PemIdentity leaf = this.agent.leaf(service);
		return new PemIdentity(leaf.chain(), leaf.key(), this.agent.activeRoot().pem());
	}

	private String uri(String service) {
		return "spiffe://" + this.agent.trustDomain() + "/ns/default/dc/dc1/svc/" + service;
	}

	private String sni(String service) {
		return service + ".default.dc1.internal." + this.agent.trustDomain();
	}

	private synchronized <T extends AutoCloseable> T push(T opened) {
		this.open.push(opened);
		return opened;
	}

	private static List<Integer> freePorts(int count) {
		try {
			List<ServerSocket> sockets = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
			}
			List<Integer> free = sockets.stream().map(ServerSocket::getLocalPort).toList();
			for (ServerSocket socket : sockets) {
				socket.close();
			}
			return free;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static ConditionFactory awaiting() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	private static String get(int port) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/anybody"))
			.timeout(Duration.ofSeconds(10))
			.build();
		HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
		return awaiting().ignoreExceptions()
			.until(() -> client.send(request, HttpResponse.BodyHandlers.ofString()).body(), (body) -> !body.isEmpty());
	}

}
