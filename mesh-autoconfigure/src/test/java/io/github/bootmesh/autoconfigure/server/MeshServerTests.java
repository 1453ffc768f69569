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
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.awaitility.Awaitility;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real mesh server on loopback and the peers that come to it.
 */
@ExtendWith(OutputCaptureExtension.class)
class MeshServerTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	private static final TestCa CA = TestCa.create(TRUST_DOMAIN);

	private TestIdentities identities;

	@BeforeEach
	void startIdentity() {
		this.identities = TestIdentities.of(CA, "web");
	}

	@AfterEach
	void stopIdentity() {
		this.identities.close();
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenPeerIsVerifiedThenItIsServedAndKnownToTheApplication(HttpProtocol protocol) {
		try (TestServer server = TestServer.start(this.identities, "server.http2.enabled=true");
				TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			assertThat(client.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(client.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(client.response(server.port(), "/peer")
				.map((response) -> response.version().majorVersion())
				.block()).isEqualTo((protocol == HttpProtocol.H2) ? 2 : 1);
		}
	}

	@Test
	void whenHttp2IsNotEnabledThenItIsNotOffered() {
		try (TestServer server = TestServer.start(this.identities);
				TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11);
				TestClient http2 = TestClient.of(CA.leaf("client"), HttpProtocol.H2)) {
			assertThat(client.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(failure(http2.get(server.port(), "/peer"))).isNotNull();
		}
	}

	@ParameterizedTest
	@MethodSource
	void whenClientIsNoPeerOfTheMeshThenItIsRefusedAndOthersAreServed(TestCa.Issued leaf, CapturedOutput output) {
		try (TestServer server = TestServer.start(this.identities);
				TestClient bad = TestClient.withoutPool(leaf);
				TestClient good = TestClient.withOneConnection(CA.leaf("client"))) {
			assertThat(good.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(failure(bad.get(server.port(), "/peer"))).isNotNull();
			assertThat(good.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(server.tls().refusals().values().stream().mapToLong(Long::longValue).sum()).isPositive();
			assertThat(output.toString()).doesNotContain("\tat io.netty").doesNotContain("\tat reactor.");
		}
	}

	static Stream<Arguments> whenClientIsNoPeerOfTheMeshThenItIsRefusedAndOthersAreServed() {
		TestCa other = TestCa.create(TRUST_DOMAIN);
		Instant now = Instant.now();
		Function<String, TestCa.Issued> withUri = (uri) -> CA.issue((spec) -> spec.uri(uri));
		return Stream.of(Arguments.argumentSet("no certificate", (Object) null),
				Arguments.argumentSet("another CA of the same name", other.leaf("client")),
				Arguments.argumentSet("another trust domain under our root",
						withUri.apply("spiffe://other.consul/ns/default/dc/dc1/svc/client")),
				Arguments.argumentSet("expired",
						CA.issue((spec) -> spec.uri(CA.uri("client"))
							.valid(now.minus(Duration.ofDays(4)), now.minus(Duration.ofDays(1))))),
				Arguments.argumentSet("not yet valid",
						CA.issue((spec) -> spec.uri(CA.uri("client"))
							.valid(now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(4))))),
				Arguments.argumentSet("no URI", CA.issue((spec) -> spec)),
				Arguments.argumentSet("two URIs", CA.issue((spec) -> spec.uri(CA.uri("client")).uri(CA.uri("admin")))),
				Arguments.argumentSet("an agent",
						withUri.apply("spiffe://" + TRUST_DOMAIN + "/agent/client/dc/dc1/id/node-1")),
				Arguments.argumentSet("a gateway", withUri.apply("spiffe://" + TRUST_DOMAIN + "/gateway/mesh/dc/dc1")),
				Arguments.argumentSet("for servers only",
						CA.issue((spec) -> spec.uri(CA.uri("client")).usages(KeyPurposeId.id_kp_serverAuth))));
	}

	@Test
	void whenPlainHttpOrGarbageComesThenItIsClosedWithoutAnAnswer(CapturedOutput output) throws IOException {
		try (TestServer server = TestServer.start(this.identities, "bootmesh.inbound.handshake-timeout=1s");
				TestClient good = TestClient.withOneConnection(CA.leaf("client"))) {
			for (String garbage : List.of("GET /peer HTTP/1.1\r\nHost: web\r\n\r\n", "\u0000\u0001\u0002 garbage\n",
					"\u0016\u0003\u0001\u0000\u0005", "")) {
				assertThat(answerTo(server.port(), garbage)).doesNotContain("HTTP").doesNotContain("200");
			}
			assertThat(good.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(output.toString()).doesNotContain("\tat ");
		}
	}

	@Test
	void whenARequestComesBeforeTheLastOneIsOverThenTheConnectionIsReadOn() throws IOException {
		TestCa.Issued leaf = CA.leaf("client");
		SslContext context = SslContextBuilder.forClient()
			.sslProvider(SslProvider.JDK)
			.trustManager(InsecureTrustManagerFactory.INSTANCE)
			.keyManager(leaf.key(), leaf.chain())
			.build();
		String peer = "GET /peer HTTP/1.1\r\nHost: web\r\n\r\n";
		try (TestServer server = TestServer.start(this.identities);
				Socket socket = ((JdkSslContext) context).context()
					.getSocketFactory()
					.createSocket(InetAddress.getLoopbackAddress(), server.port())) {
			socket.setSoTimeout(10_000);
			write(socket, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n" + peer);
			readUntil(socket, CA.uri("client"));
			write(socket, peer);
			readUntil(socket, CA.uri("client"));
		}
	}

	private static void write(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
	}

	private static void readUntil(Socket socket, String end) throws IOException {
		StringBuilder read = new StringBuilder();
		while (read.indexOf(end) < 0) {
			int character = socket.getInputStream().read();
			assertThat(character).as(read.toString()).isNotNegative();
			read.append((char) character);
		}
	}

	@Test
	void when500ConnectionsComeAtOnceThenOthersAreServedOn() throws IOException {
		List<Socket> sockets = new ArrayList<>();
		try (TestServer server = TestServer.start(this.identities, "bootmesh.inbound.handshake-timeout=2s",
				"bootmesh.inbound.max-handshakes=64");
				TestClient good = TestClient.withOneConnection(CA.leaf("client"));
				TestClient newcomer = TestClient.withoutPool(CA.leaf("client"))) {
			assertThat(good.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			for (int i = 0; i < 500; i++) {
				sockets.add(new Socket(InetAddress.getLoopbackAddress(), server.port()));
				if (i % 50 == 0) {
					assertThat(good.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
				}
			}
			assertThat(good.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			for (Socket socket : sockets) {
				socket.setSoTimeout(10_000);
				assertThat(closes(socket)).isTrue();
			}
			assertThat(newcomer.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			Awaitility.await()
				.atMost(Duration.ofSeconds(10))
				.untilAsserted(() -> assertThat(server.tls().connections().inbound()).isEqualTo(1));
		}
		finally {
			for (Socket socket : sockets) {
				socket.close();
			}
		}
	}

	@Test
	void whenMorePeersThanAllowedConnectThenThoseInsideAreServedOn() {
		try (TestServer server = TestServer.start(this.identities, "bootmesh.inbound.max-connections=1");
				TestClient inside = TestClient.withOneConnection(CA.leaf("client"));
				TestClient outside = TestClient.withoutPool(CA.leaf("client"))) {
			assertThat(inside.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
			assertThat(failure(outside.get(server.port(), "/peer"))).isNotNull();
			assertThat(inside.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
		}
	}

	@Test
	void whenLeafAndRootRotateUnderLoadThenNoRequestFails() throws InterruptedException {
		TestCa next = CA.rotate();
		AtomicInteger served = new AtomicInteger();
		List<Throwable> failures = new CopyOnWriteArrayList<>();
		AtomicBoolean over = new AtomicBoolean();
		CountDownLatch loops = new CountDownLatch(8);
		try (TestServer server = TestServer.start(this.identities);
				TestClient pooled = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11);
				TestClient fresh = TestClient.withoutPool(next.leaf("client"))) {
			int port = server.port();
			this.identities.trust(CA, next);
			for (int i = 0; i < 8; i++) {
				TestClient client = (i % 2 == 0) ? pooled : fresh;
				Mono.defer(() -> client.get(port, "/peer"))
					.doOnNext((answer) -> served.incrementAndGet())
					.onErrorResume((ex) -> {
						failures.add(ex);
						return Mono.empty();
					})
					.repeat(() -> !over.get() && failures.isEmpty())
					.doFinally((signal) -> loops.countDown())
					.subscribe();
			}
			for (int i = 0; i < 20; i++) {
				int before = served.get();
				if (i == 10) {
					this.identities.rotateRoot(next);
				}
				else {
					this.identities.rotateLeaf();
				}
				Awaitility.await()
					.atMost(Duration.ofSeconds(20))
					.until(() -> served.get() >= before + 10 || !failures.isEmpty());
			}
			over.set(true);
			assertThat(loops.await(30, TimeUnit.SECONDS)).isTrue();
			assertThat(failures).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenThePeersRootIsGoneThenItsConnectionEndsAfterTheExchange(HttpProtocol protocol) {
		TestCa next = CA.rotateWithoutCrossSigning();
		try (TestServer server = TestServer.start(this.identities, "server.http2.enabled=true");
				TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			Mono<String> inFlight = started(client.get(server.port(), "/slow"), server);
			this.identities.rotateRoot(next);
			this.identities.trust(next);
			assertThat(inFlight.block()).isEqualTo("slow");
			awaitNoConnection(server);
			assertThat(failure(client.get(server.port(), "/peer"))).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenAnExchangeNeverEndsThenTheDrainTimeDoes(HttpProtocol protocol) {
		TestCa next = CA.rotateWithoutCrossSigning();
		try (TestServer server = TestServer.start(this.identities, List.of(ShortDrain.class),
				"server.http2.enabled=true"); TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			Mono<String> inFlight = started(client.get(server.port(), "/endless"), server);
			this.identities.rotateRoot(next);
			this.identities.trust(next);
			assertThat(failure(inFlight)).isNotNull();
			awaitNoConnection(server);
		}
	}

	@Test
	void whenThereIsNoIdentityYetThenThePortRefusesUntilThereIs() {
		try (TestIdentities late = TestIdentities.withoutIdentity(CA, "web");
				TestServer server = TestServer.start(late);
				TestClient client = TestClient.withoutPool(CA.leaf("client"))) {
			assertThat(failure(client.get(server.port(), "/peer"))).isNotNull();
			late.rotateLeaf();
			assertThat(client.get(server.port(), "/peer").block()).isEqualTo(CA.uri("client"));
		}
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenServerStopsThenNoRequestIsLost(HttpProtocol protocol) throws InterruptedException {
		List<Throwable> failures = new CopyOnWriteArrayList<>();
		AtomicInteger served = new AtomicInteger();
		CountDownLatch loops = new CountDownLatch(8);
		try (TestServer server = TestServer.start(this.identities, List.of(Deregistration.class),
				"server.http2.enabled=true", "server.shutdown=graceful");
				TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			int port = server.port();
			Deregistration registration = server.context().getBean(Deregistration.class);
			for (int i = 0; i < 8; i++) {
				String path = (i < 2) ? "/slow" : "/peer";
				Mono.defer(() -> client.get(port, path))
					.doOnNext((answer) -> served.incrementAndGet())
					.onErrorResume((ex) -> {
						failures.add(ex);
						return Mono.empty();
					})
					.repeat(() -> registration.isRegistered() && failures.isEmpty())
					.doFinally((signal) -> loops.countDown())
					.subscribe();
			}
			Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> served.get() > 100 || !failures.isEmpty());
			server.close();
			assertThat(loops.await(30, TimeUnit.SECONDS)).isTrue();
			assertThat(failures).isEmpty();
			assertThat(failure(client.get(port, "/peer"))).isNotNull();
		}
	}

	@Test
	void whenServerIsStoppingThenResponsesSayThatTheConnectionEnds() {
		try (TestServer server = TestServer.start(this.identities, "server.shutdown=graceful");
				TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11)) {
			Mono<String> response = client.response(server.port(), "/slow")
				.map((head) -> head.responseHeaders().get(HttpHeaderNames.CONNECTION, ""))
				.cache();
			response.subscribe();
			Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> server.application().requests() == 1);
			server.close();
			assertThat(response.block()).isEqualTo("close");
		}
	}

	@Test
	void whenContextIsClosedThenPortAndThreadsAreGone() throws IOException {
		Set<String> before = threads();
		int port;
		try (TestServer server = TestServer.start(this.identities);
				TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11)) {
			port = server.port();
			assertThat(client.get(port, "/peer").block()).isEqualTo(CA.uri("client"));
		}
		new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
		Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
	}

	// The exchange, once the application has its request.
	private static Mono<String> started(Mono<String> exchange, TestServer server) {
		Mono<String> started = exchange.cache();
		started.subscribe((answer) -> {
		}, (ex) -> {
		});
		Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> server.application().requests() > 0);
		return started;
	}

	private static void awaitNoConnection(TestServer server) {
		Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> server.tls().connections().inbound() == 0);
	}

	// Threads of the runtime and of Netty's global executor come and go as they like.
	private static Set<String> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.matches("(?i).*(reactor|mesh|bootmesh|server|netty).*"))
			.collect(Collectors.toSet());
	}

	private static @Nullable Throwable failure(Mono<String> answer) {
		return answer.<Throwable>flatMap((body) -> Mono.empty())
			.onErrorResume(Mono::just)
			.block(Duration.ofSeconds(20));
	}

	private static String answerTo(int port, String request) throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			socket.setSoTimeout(10_000);
			socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
			socket.getOutputStream().flush();
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
		}
	}

	private static boolean closes(Socket socket) {
		try {
			InputStream input = socket.getInputStream();
			input.readAllBytes();
			return true;
		}
		catch (SocketTimeoutException ex) {
			return false;
		}
		catch (IOException ex) {
			return true;
		}
	}

	/**
	 * Limits with little patience.
	 */
	static class ShortDrain {

		@Bean
		TlsSettings impatient() {
			return new TlsSettings(Duration.ofSeconds(10), 100, 100, Duration.ofSeconds(2), Duration.ofSeconds(1));
		}

	}

	/**
	 * What the registration does to traffic: peers stop calling, then the drain delay.
	 */
	static class Deregistration implements SmartLifecycle {

		private volatile boolean registered;

		boolean isRegistered() {
			return this.registered;
		}

		@Override
		public void start() {
			this.registered = true;
		}

		@Override
		public void stop() {
			Flux.interval(Duration.ofMillis(500))
				.take(1)
				.doOnNext((tick) -> this.registered = false)
				// As long as the default drain delay, and more than a loaded machine
				// needs
				// for the connections that callers make anew.
				.then(Mono.delay(Duration.ofSeconds(3)))
				.block();
		}

		@Override
		public boolean isRunning() {
			return this.registered;
		}

	}

}
