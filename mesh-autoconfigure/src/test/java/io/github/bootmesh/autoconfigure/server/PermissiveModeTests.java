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
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Intention;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.OpenConnections;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Plain HTTP and mutual TLS on one port, while callers are moved into the mesh.
 */
@ParameterizedClass
@ValueSource(booleans = { false, true })
class PermissiveModeTests {

	private static final Duration WAIT = Duration.ofSeconds(20);

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private static final String HELLO = "GET /public/hello HTTP/1.1\r\nHost: web\r\n\r\n";

	private static final String ADMIN = "GET /admin/hello HTTP/1.1\r\nHost: web\r\n\r\n";

	private static final String STREAM = "GET /stream HTTP/1.1\r\nHost: web\r\n\r\n";

	@Parameter
	private boolean http2;

	private final TestIdentities identities = TestIdentities.of(CA, "web");

	private String handshakeTimeout = "20s";

	private @Nullable TestServer server;

	@BeforeEach
	void reset() {
		StreamingApplication.seen.set(0);
	}

	@AfterEach
	void close() {
		if (this.server != null) {
			this.server.close();
		}
		this.identities.close();
	}

	private TestServer permissive(String from) {
		return permissive(from, StreamingApplication.class);
	}

	private TestServer permissive(String from, Class<?> application) {
		TestServer started = TestServer.start(this.identities, List.of(application),
				"server.http2.enabled=" + this.http2, "bootmesh.inbound.mutual-tls-mode=permissive",
				"bootmesh.inbound.permissive-from=" + from,
				"bootmesh.inbound.handshake-timeout=" + this.handshakeTimeout,
				"bootmesh.inbound.revocation-grace=200ms");
		this.server = started;
		return started;
	}

	private static Intention rule(String source, IntentionRule rule) {
		return TestIntentions.intention(source, "web", rule);
	}

	private static PlaintextCallers callers(TestServer server) {
		return server.context().getBean(PlaintextCallers.class);
	}

	private void assertThatTlsIsServed(TestServer server) {
		try (TestClient client = TestClient.of(CA.leaf("client"), this.http2 ? HttpProtocol.H2 : HttpProtocol.HTTP11)) {
			assertThat(client.get(server.port(), "/public/hello").block(WAIT)).isEqualTo("hello");
		}
	}

	@Test
	void whenPermissiveThenBothAreServedOnOnePortAndWhoDoesWithoutTlsIsKnown() {
		TestServer server = permissive("10.0.0.0/8,127.0.0.0/8");
		assertThat(RawClient.answers(server.port(), null, HELLO, ADMIN, HELLO))
			.allSatisfy((answer) -> assertThat(answer).startsWith("HTTP/1.1 200 "));
		assertThatTlsIsServed(server);
		assertThat(StreamingApplication.seen).hasValue(4);
		assertThat(callers(server).callers()).singleElement().satisfies((caller) -> {
			assertThat(caller.address()).isEqualTo("127.0.0.1");
			assertThat(caller.allowed()).isEqualTo(3);
			assertThat(caller.refused()).isZero();
		});
		assertThat(server.tls().refusals()).isEmpty();
	}

	@Test
	void whenBytesComeOneByOneThenTheFirstTells() throws Exception {
		TestServer server = permissive("127.0.0.1");
		try (Socket plain = RawClient.connect(server.port(), null, "")) {
			plain.setTcpNoDelay(true);
			for (byte one : HELLO.getBytes(StandardCharsets.ISO_8859_1)) {
				plain.getOutputStream().write(one);
			}
			assertThat(RawClient.one(plain.getInputStream())).startsWith("HTTP/1.1 200 ");
		}
	}

	@Test
	void whenNotCalledFromWhereItIsPermittedThenTlsIsAskedFor() {
		TestServer server = permissive("10.0.0.0/8");
		assertThat(RawClient.attempt(server.port(), null, HELLO)).doesNotContain("HTTP/1.1");
		assertThatTlsIsServed(server);
		assertThat(StreamingApplication.seen).hasValue(1);
		assertThat(callers(server).callers()).isEmpty();
		assertThat(server.tls().refusals()).containsOnlyKeys("bad-handshake");
	}

	@Test
	void whenOneServiceIsDeniedThenSoIsWhoeverDoesWithoutTls() {
		TestServer server = permissive("127.0.0.1");
		server.intentions().deliver(true, rule("somebody", IntentionRule.DENY));
		assertThat(RawClient.answer(server.port(), null, HELLO + HELLO)).as("and the connection ends")
			.containsOnlyOnce("HTTP/1.1 403 ")
			.doesNotContain("HTTP/1.1 200 ");
		assertThatTlsIsServed(server);
		server.intentions().deliver(false, rule("client", IntentionRule.ALLOW));
		assertThat(RawClient.status(server.port(), null, HELLO.strip() + "\r\n")).isEqualTo(403);
		assertThat(callers(server).callers()).singleElement()
			.satisfies((caller) -> assertThat(caller.refused()).isEqualTo(2));
		assertThat(StreamingApplication.seen).hasValue(1);
	}

	@Test
	void whenAPermissionRefusesThenOtherRequestsAreServed() {
		TestServer server = permissive("127.0.0.1");
		Permission noAdmin = new Permission(false, new PathRule(PathKind.PREFIX, "/admin"), Set.of(), List.of());
		server.intentions().deliver(true, rule("client", new IntentionRule.Permissions(List.of(noAdmin))));
		List<String> answers = RawClient.answers(server.port(), null, HELLO, ADMIN);
		assertThat(answers).extracting((answer) -> answer.substring(9, 12)).containsExactly("200", "403");
		assertThat(RawClient.answers(server.port(), null, HELLO).get(0)).startsWith("HTTP/1.1 200 ");
		assertThat(StreamingApplication.seen).hasValue(2);
	}

	@Test
	void whenMadeStrictThenPlainConnectionsEndAndNoneCanBeMade() throws Exception {
		TestServer server = permissive("127.0.0.1");
		try (Socket idle = RawClient.connect(server.port(), null, "");
				Socket streaming = RawClient.connect(server.port(), null, "")) {
			RawClient.write(idle, HELLO);
			assertThat(RawClient.one(idle.getInputStream())).startsWith("HTTP/1.1 200 ");
			RawClient.write(streaming, STREAM);
			assertThat((char) streaming.getInputStream().read()).isEqualTo('H');
			callers(server).end();
			assertThat(RawClient.read(idle.getInputStream())).isEmpty();
			RawClient.read(streaming.getInputStream());
		}
		assertThat(RawClient.attempt(server.port(), null, HELLO)).doesNotContain("HTTP/1.1");
		assertThatTlsIsServed(server);
		assertThat(server.tls().connections().revoked()).isEqualTo(2);
		Awaitility.await().atMost(WAIT).until(() -> server.tls().connections().inbound() == 0);
	}

	@Test
	void whenIntentionsChangeThenAPlainStreamIsCut() throws Exception {
		TestServer server = permissive("127.0.0.1");
		try (Socket streaming = RawClient.connect(server.port(), null, "")) {
			RawClient.write(streaming, STREAM);
			assertThat((char) streaming.getInputStream().read()).isEqualTo('H');
			server.intentions().deliver(true, rule("somebody", IntentionRule.DENY));
			RawClient.read(streaming.getInputStream());
		}
	}

	@Test
	void whenNothingComesThenTheConnectionEndsWithTheHandshakesTime() throws IOException {
		this.handshakeTimeout = "1s";
		TestServer server = permissive("127.0.0.1");
		try (Socket silent = RawClient.connect(server.port(), null, "")) {
			assertThat(RawClient.read(silent.getInputStream())).isEmpty();
		}
		assertThat(server.tls().refusals()).containsOnlyKeys("handshake-timeout");
	}

	@Test
	void whenARequestIsBegunAndNotSentWholeThenTheConnectionEnds() throws IOException {
		this.handshakeTimeout = "1s";
		TestServer server = permissive("127.0.0.1");
		try (Socket slow = RawClient.connect(server.port(), null, "")) {
			RawClient.write(slow, "GET /public/hello HTTP/1.1\r\nHost:");
			assertThat(RawClient.read(slow.getInputStream())).isEmpty();
		}
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	@ParameterizedTest
	@CsvSource({ "127.0.0.1,true", "127.0.0.0/8,true", "127.0.0.9/8,true", "::1,false", "10.0.0.0/8,false",
			"127.0.0.2,false", "127.0.0.2/31,false", "127.0.0.0/30,true", "::/0,false", "0.0.0.0/0,true" })
	void aRangeTakesThoseWhoAreInIt(String range, boolean taken) {
		InboundProperties properties = new Binder(new MapConfigurationPropertySource(
				Map.of("bootmesh.inbound.mutual-tls-mode", "permissive", "bootmesh.inbound.permissive-from", range)))
			.bind("bootmesh.inbound", InboundProperties.class)
			.get();
		PlaintextCallers callers = new PlaintextCallers(properties, Mockito.mock(OpenConnections.class),
				Clock.systemUTC());
		assertThat(callers.admits(new InetSocketAddress("127.0.0.1", 1))).isEqualTo(taken);
		callers.end();
		assertThat(callers.admits(new InetSocketAddress("127.0.0.1", 1))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "localhost", "10.0.0.0/33", "10.0.0.0/-1", "::1/129", "10.0.0", "10.0.0.0/", "*", "" })
	void whatIsNoRangeIsRefused(String range) {
		assertThatExceptionOfType(BindException.class)
			.isThrownBy(() -> new Binder(new MapConfigurationPropertySource(Map.of("bootmesh.inbound.mutual-tls-mode",
					"permissive", "bootmesh.inbound.permissive-from[0]", range)))
				.bind("bootmesh.inbound", InboundProperties.class))
			.havingRootCause()
			.isInstanceOf(InvalidConfigurationPropertyValueException.class);
	}

	@Test
	void whenWhatComesIsNeitherThenItIsABadHandshake() {
		TestServer server = permissive("127.0.0.1");
		for (String bytes : List.of("\u0000\u0000", "\r\n" + HELLO, "\u00ff", "\u0080\u002e\u0001")) {
			assertThat(RawClient.attempt(server.port(), null, bytes)).doesNotContain("HTTP/1.1");
		}
		assertThat(StreamingApplication.seen).hasValue(0);
		assertThat(callers(server).callers()).isEmpty();
	}

	@Test
	void whenPlainCallersSayWhoTheyAreThenNobodyBelievesThem() {
		TestServer server = permissive("127.0.0.1");
		String said = "GET /peer HTTP/1.1\r\nHost: web\r\nX-Forwarded-Client-Cert: URI=spiffe://x/svc/admin\r\n"
				+ "X-Forwarded-For: 10.0.0.1\r\nio.github.bootmesh.MeshPeer: admin\r\n";
		assertThat(RawClient.status(server.port(), null, said)).as("/peer needs the attribute").isEqualTo(400);
	}

	@Test
	void whenTheApplicationWantsToDecideOnPeersThenNobodyIsServedWithoutOne() {
		TestServer server = permissive("127.0.0.1", Authorizers.class);
		assertThat(RawClient.status(server.port(), null, "GET /slow HTTP/1.1\r\nHost: web\r\n")).isEqualTo(403);
		assertThat(RawClient.status(server.port(), CA.leaf("client"), "GET /slow HTTP/1.1\r\nHost: web\r\n"))
			.isEqualTo(200);
		assertThat(server.application().requests()).isEqualTo(1);
	}

	@Test
	void whenThereAreNoIntentionsYetThenPlainCallersAreRefused() {
		TestServer server = permissive("127.0.0.1");
		server.intentions().authorizer().close();
		assertThat(RawClient.answers(server.port(), null, HELLO).get(0)).startsWith("HTTP/1.1 403 ");
		assertThat(StreamingApplication.seen).hasValue(0);
	}

	static class Authorizers {

		@Bean
		MeshAuthorizer everybody() {
			return (peer, request) -> Mono.just(true);
		}

	}

}
