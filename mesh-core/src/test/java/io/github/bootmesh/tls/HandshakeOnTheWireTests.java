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

package io.github.bootmesh.tls;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of what handshakes of the mesh show on the wire.
 */
class HandshakeOnTheWireTests {

	private static final int PROTOCOL_VERSION = 70;

	private final Testbed testbed = new Testbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	@ParameterizedTest
	@EnumSource
	void whenACertificateIsAskedForInTls13ThenNoCaIsHintedAt(Kind kind) throws Exception {
		List<HandshakeMessage> messages = handshake(kind, "TLSv1.3").receivedEnciphered();
		assertThat(only(messages, HandshakeMessage.CERTIFICATE_REQUEST).extensions())
			.doesNotContainKey(HandshakeMessage.CERTIFICATE_AUTHORITIES);
	}

	@ParameterizedTest
	@EnumSource
	void whenACertificateIsAskedForInTls12ThenNoCaIsHintedAt(Kind kind) throws Exception {
		List<HandshakeMessage> messages = handshake(kind, "TLSv1.2").receivedInPlain();
		assertThat(only(messages, HandshakeMessage.CERTIFICATE_REQUEST).certificateAuthoritiesLength()).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void whenASessionIsGivenThenItTakesNoEarlyData(Kind kind) throws Exception {
		List<HandshakeMessage> messages = handshake(kind, "TLSv1.3").receivedEnciphered();
		assertThat(only(messages, HandshakeMessage.ENCRYPTED_EXTENSIONS).extensions())
			.doesNotContainKey(HandshakeMessage.EARLY_DATA);
		assertThat(messages).filteredOn((message) -> message.type() == HandshakeMessage.NEW_SESSION_TICKET)
			.isNotEmpty()
			.allSatisfy((ticket) -> assertThat(ticket.extensions()).doesNotContainKey(HandshakeMessage.EARLY_DATA));
	}

	@ParameterizedTest
	@EnumSource
	void whenAClientKnowsNoNewerVersionThan11ThenItIsRefusedForThat(Kind kind) throws Exception {
		HandshakeTap tap = new HandshakeTap();
		Dialled dialled = dial(server(kind), tap,
				Testbed.stranger(this.testbed.ca().leaf("web"), SslProvider.OPENSSL, "TLSv1.1"));
		assertThat(dialled.answer()).failsWithin(Testbed.PATIENCE);
		assertThat(tap.alerts()).containsExactly(PROTOCOL_VERSION);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenAServiceDialsThenItOffersBothVersionsAndNoEarlyDataWithASessionEither(SslProvider provider)
			throws Exception {
		Service web = this.testbed.service("web", provider);
		Server server = this.testbed.listen(this.testbed.service("orders", provider));
		PeerExpectation orders = this.testbed.expecting("orders");
		SslContext context = web.tls().clientContext(orders, List.of());
		HandshakeMessage first = clientHello(web, orders, context, server);
		HandshakeMessage second = clientHello(web, orders, context, server);
		assertThat(first.extensions()).doesNotContainKey(HandshakeMessage.PRE_SHARED_KEY);
		assertThat(second.extensions()).containsKey(HandshakeMessage.PRE_SHARED_KEY);
		assertThat(List.of(first, second)).allSatisfy((hello) -> {
			assertThat(hello.extensions()).doesNotContainKey(HandshakeMessage.EARLY_DATA);
			assertThat(versions(hello)).containsExactly(0x0304, 0x0303);
		});
	}

	private HandshakeMessage clientHello(Service web, PeerExpectation orders, SslContext context, Server server) {
		HandshakeTap tap = new HandshakeTap();
		Dialled dialled = this.testbed.dial(server, (channel) -> {
			channel.pipeline().addLast(tap);
			channel.pipeline().addLast(context.newHandler(channel.alloc(), "127.0.0.1", server.port()));
			web.tls().guardOutbound(channel, orders);
		});
		assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE);
		return tap.clientHello();
	}

	private static List<Integer> versions(HandshakeMessage clientHello) {
		ByteBuffer extension = Objects
			.requireNonNull(clientHello.extensions().get(HandshakeMessage.SUPPORTED_VERSIONS));
		extension.get();
		List<Integer> versions = new ArrayList<>();
		while (extension.hasRemaining()) {
			versions.add(extension.getShort() & 0xffff);
		}
		return versions;
	}

	private HandshakeTap handshake(Kind kind, String version) throws Exception {
		HandshakeTap tap = new HandshakeTap();
		SslContext web = Testbed.stranger(this.testbed.ca().leaf("web"), SslProvider.OPENSSL, version);
		tap.learnSecrets(web);
		assertThat(dial(server(kind), tap, web).answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
		return tap;
	}

	private Dialled dial(Server server, HandshakeTap tap, SslContext context) {
		return this.testbed.dial(server, (channel) -> {
			channel.pipeline().addLast(tap);
			channel.pipeline().addLast(context.newHandler(channel.alloc()));
		});
	}

	private Server server(Kind kind) {
		if (kind != Kind.JSSE) {
			return this.testbed.listen(this.testbed.service("orders", SslProvider.valueOf(kind.name())));
		}
		SSLContext context = this.testbed.service("orders", SslProvider.JDK).tls().serverSslContext();
		return this.testbed.listen((channel) -> {
			SSLEngine engine = context.createSSLEngine();
			engine.setUseClientMode(false);
			channel.pipeline().addLast(new SslHandler(engine));
		});
	}

	private static HandshakeMessage only(List<HandshakeMessage> messages, int type) {
		List<HandshakeMessage> found = messages.stream().filter((message) -> message.type() == type).toList();
		assertThat(found).hasSize(1);
		return found.get(0);
	}

	/**
	 * Who does the server's TLS.
	 */
	enum Kind {

		JDK, OPENSSL, JSSE

	}

}
