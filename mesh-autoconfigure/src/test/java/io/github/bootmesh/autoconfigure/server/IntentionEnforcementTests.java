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
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.handler.codec.http.HttpMethod;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Intention;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Intentions as callers meet them, over the wire.
 */
class IntentionEnforcementTests {

	private static final Duration WAIT = Duration.ofSeconds(20);

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private static final Intention ALLOWED = TestIntentions.intention("client", "web", IntentionRule.ALLOW);

	private static final Intention DENIED = TestIntentions.intention("client", "web", IntentionRule.DENY);

	private final TestIdentities identities = TestIdentities.of(CA, "web");

	private TestServer server = TestServer.start(this.identities,
			List.of(StreamingApplication.class, StreamingApplication.WithRoute.class), "server.http2.enabled=true");

	@BeforeEach
	void reset() {
		StreamingApplication.seen.set(0);
	}

	@AfterEach
	void close() {
		this.server.close();
		this.identities.close();
	}

	private static Intention permissions(Permission... permissions) {
		return TestIntentions.intention("client", "web", new IntentionRule.Permissions(List.of(permissions)));
	}

	private static Permission path(boolean allow, String prefix) {
		return new Permission(allow, new PathRule(PathKind.PREFIX, prefix), Set.of(), List.of());
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenACallerIsDeniedThenItsConnectionEndsAndTheApplicationSeesNothing(HttpProtocol protocol) {
		this.server.intentions().deliver(true, DENIED);
		try (TestClient client = TestClient.of(CA.leaf("client"), protocol);
				TestClient other = TestClient.of(CA.leaf("other"), protocol)) {
			assertThat(failure(client.get(port(), "/public/hello"))).isNotNull();
			assertThat(StreamingApplication.seen).hasValue(0);
			assertThat(this.server.tls().refusals()).containsOnlyKeys("not-admitted");
			assertThat(other.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
			this.server.intentions().deliver(true, ALLOWED);
			assertThat(client.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
		}
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenAPermissionRefusesThenTheRequestGetsAProblemAndTheConnectionStays(HttpProtocol protocol) {
		this.server.intentions().deliver(false, permissions(path(false, "/admin"), path(true, "/")));
		try (TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			for (int i = 0; i < 20; i++) {
				assertThat(client.answer(port(), HttpMethod.GET, "/admin/hello", "").block(WAIT))
					.isEqualTo("403 {\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403}");
				assertThat(client.answer(port(), HttpMethod.GET, "/admin/native", "").block(WAIT)).startsWith("403 ");
				assertThat(client.answer(port(), HttpMethod.POST, "/admin/echo", "x".repeat(200_000)).block(WAIT))
					.startsWith("403 ");
				assertThat(client.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
			}
			assertThat(StreamingApplication.seen).hasValue(20);
			assertThat(client.response(port(), "/admin/hello")
				.map((response) -> response.responseHeaders().get("content-type"))
				.block(WAIT)).isEqualTo("application/problem+json");
		}
	}

	@Test
	void whenARequestIsRefusedThenTheNextOneOfItsConnectionIsServed() {
		this.server.intentions().deliver(true, permissions(path(false, "/admin")));
		List<String> answers = RawClient.answers(port(), CA.leaf("client"),
				"POST /admin/echo HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nxx",
				"GET /public/hello HTTP/1.1\r\nHost: web\r\n\r\n");
		assertThat(answers.get(0)).startsWith("HTTP/1.1 403 ");
		assertThat(answers.get(1)).startsWith("HTTP/1.1 200 ").endsWith("hello");
		assertThat(StreamingApplication.seen).hasValue(1);
	}

	@Test
	void whenARefusedRequestAwaitsLeaveForItsBodyThenItIsAnswered() {
		this.server.intentions().deliver(true, permissions(path(false, "/admin")));
		assertThat(RawClient.status(port(), CA.leaf("client"),
				"POST /admin/echo HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\nExpect: 100-continue\r\n"))
			.isEqualTo(403);
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/public/../admin/hello", "/public/%2e%2e/admin/hello", "//admin/hello",
			"/public;x=y/hello", "/public/%2Fhello" })
	void whenAPathCanBeReadInTwoWaysThenItIsABadRequest(String path) {
		this.server.intentions().deliver(true, permissions(path(false, "/admin")));
		assertThat(RawClient.status(port(), CA.leaf("client"), "GET " + path + " HTTP/1.1\r\nHost: web\r\n"))
			.isEqualTo(400);
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	@Test
	void whenThereAreTwoHostsThenItIsABadRequest() {
		assertThat(RawClient.status(port(), CA.leaf("client"),
				"GET /public/hello HTTP/1.1\r\nHost: web\r\nHost: other\r\n"))
			.isEqualTo(400);
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenACallerIsDeniedThenItsIdleConnectionsCloseAtOnce(HttpProtocol protocol) {
		restart("bootmesh.inbound.revocation-grace=1h");
		try (TestClient client = TestClient.of(CA.leaf("client"), protocol);
				TestClient other = TestClient.of(CA.leaf("other"), protocol)) {
			assertThat(client.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
			assertThat(other.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
			this.server.intentions().deliver(true, DENIED);
			Awaitility.await().atMost(WAIT).until(() -> this.server.tls().connections().inbound() == 1);
			assertThat(this.server.tls().connections().revoked()).isOne();
			assertThat(other.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
			assertThat(failure(client.get(port(), "/public/hello"))).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenACallerIsDeniedThenWhatIsInFlightGetsTheGrace(HttpProtocol protocol) {
		restart("bootmesh.inbound.revocation-grace=10s");
		try (TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			Mono<String> slow = client.get(port(), "/slow").cache();
			slow.subscribe();
			Awaitility.await().atMost(WAIT).until(() -> this.server.application().requests() == 1);
			this.server.intentions().deliver(true, DENIED);
			assertThat(slow.block(WAIT)).isEqualTo("slow");
			Awaitility.await()
				.atMost(Duration.ofSeconds(8))
				.until(() -> this.server.tls().connections().inbound() == 0);
		}
	}

	@Test
	void whenARequestComesWithinTheGraceThenItIsRefused() throws IOException {
		restart("bootmesh.inbound.revocation-grace=10s");
		try (Socket socket = RawClient.connect(port(), CA.leaf("client"), "http/1.1")) {
			RawClient.write(socket, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n");
			Awaitility.await().atMost(WAIT).until(() -> this.server.application().requests() == 1);
			this.server.intentions().deliver(true, DENIED);
			RawClient.write(socket, "GET /public/hello HTTP/1.1\r\nHost: web\r\n\r\n");
			assertThat(RawClient.read(socket.getInputStream())).contains("slow").doesNotContain("hello");
		}
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	@Test
	void whenACallerIsDeniedThenHttp2SaysGoodbyeFirstAndRefusesWhatStillComes() throws IOException {
		restart("bootmesh.inbound.revocation-grace=10s");
		String answer;
		try (Socket socket = RawClient.connect(port(), CA.leaf("client"), "h2")) {
			RawClient.write(socket, Http2Bytes.preface() + request(1, "/slow"));
			Awaitility.await().atMost(WAIT).until(() -> this.server.application().requests() == 1);
			this.server.intentions().deliver(true, DENIED);
			RawClient.write(socket, request(3, "/public/hello"));
			answer = RawClient.read(socket.getInputStream());
		}
		assertThat(answer).contains("slow").doesNotContain("hello");
		assertThat(Http2Bytes.frames(answer)).containsSubsequence("GOAWAY 0", "HEADERS 1", "DATA 1");
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	private static String request(int stream, String path) {
		return Http2Bytes.request(stream, ":method", "GET", ":scheme", "https", ":path", path, ":authority", "web");
	}

	@ParameterizedTest
	@EnumSource(value = HttpProtocol.class, names = { "HTTP11", "H2" })
	void whenACallerIsDeniedThenItsStreamIsCutAtTheEndOfTheGrace(HttpProtocol protocol) {
		try (TestClient client = TestClient.of(CA.leaf("client"), protocol)) {
			Streaming stream = Streaming.of(client.stream(port(), "/stream"));
			stream.awaitNext();
			this.server.intentions().deliver(true, DENIED);
			stream.awaitEnd();
			Awaitility.await().atMost(WAIT).until(() -> this.server.tls().connections().inbound() == 0);
		}
	}

	@Test
	void whenACallerIsDeniedThenItsWebSocketIsCut() {
		try (TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11)) {
			Streaming stream = Streaming.of(client.socket(port(), "/socket"));
			stream.awaitNext();
			this.server.intentions().deliver(true, ALLOWED);
			stream.awaitNext();
			this.server.intentions().deliver(true, DENIED);
			stream.awaitEnd();
		}
	}

	@Test
	void whenAPermissionRefusesAWebSocketThenItIsNotUpgraded() {
		this.server.intentions().deliver(true, permissions(path(false, "/socket")));
		try (TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11)) {
			assertThat(failure(client.socket(port(), "/socket").next())).hasMessageContaining("403");
		}
	}

	@Test
	void whenAPermissionEndsThenOnlyItsStreamIsResetInHttp2() {
		try (TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.H2)) {
			Streaming stream = Streaming.of(client.stream(port(), "/stream"));
			Streaming other = Streaming.of(client.stream(port(), "/stream?other"));
			Streaming allowed = Streaming.of(client.stream(port(), "/stream/allowed"));
			stream.awaitNext();
			other.awaitNext();
			allowed.awaitNext();
			int connections = this.server.tls().connections().inbound();
			this.server.intentions()
				.deliver(true, permissions(
						new Permission(true, new PathRule(PathKind.EXACT, "/stream/allowed"), Set.of(), List.of()),
						path(false, "/stream")));
			stream.awaitEnd();
			other.awaitEnd();
			// A connection that was announced to end would have done so by then.
			allowed.awaitNext(150);
			assertThat(client.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
			assertThat(this.server.tls().connections().inbound()).isEqualTo(connections);
			assertThat(this.server.tls().connections().revoked()).isZero();
		}
	}

	@Test
	void whenAPermissionEndsThenItsExchangeIsCutInHttp1() {
		try (TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11)) {
			Streaming stream = Streaming.of(client.stream(port(), "/stream"));
			stream.awaitNext();
			this.server.intentions().deliver(true, permissions(path(false, "/stream")));
			stream.awaitEnd();
			assertThat(client.get(port(), "/public/hello").block(WAIT)).isEqualTo("hello");
		}
	}

	private void restart(String property) {
		this.server.close();
		this.server = TestServer.start(this.identities, List.of(StreamingApplication.class),
				"server.http2.enabled=true", property);
	}

	@Test
	void whenAPermissionEndsThenItsWebSocketIsCut() {
		try (TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.HTTP11)) {
			Streaming stream = Streaming.of(client.socket(port(), "/socket"));
			stream.awaitNext();
			this.server.intentions().deliver(true, permissions(path(false, "/socket")));
			stream.awaitEnd();
			assertThat(this.server.tls().connections().revoked()).isZero();
		}
	}

	private int port() {
		return this.server.port();
	}

	private static @Nullable Throwable failure(Mono<String> answer) {
		return answer.<Throwable>flatMap((body) -> Mono.empty()).onErrorResume(Mono::just).block(WAIT);
	}

	/**
	 * A stream that is listened to.
	 */
	private static final class Streaming {

		private final AtomicInteger ticks = new AtomicInteger();

		private final AtomicReference<String> end = new AtomicReference<>();

		private Streaming() {
		}

		static Streaming of(Flux<String> ticks) {
			Streaming streaming = new Streaming();
			Disposable ignored = ticks.subscribe((tick) -> streaming.ticks.incrementAndGet(),
					(ex) -> streaming.end.set(String.valueOf(ex)), () -> streaming.end.set("complete"));
			assertThat(ignored).isNotNull();
			return streaming;
		}

		void awaitNext() {
			awaitNext(1);
		}

		void awaitNext(int count) {
			int before = this.ticks.get();
			Awaitility.await().atMost(WAIT).until(() -> this.ticks.get() >= before + count);
		}

		void awaitEnd() {
			Awaitility.await().atMost(WAIT).until(() -> this.end.get() != null);
		}

	}

}
