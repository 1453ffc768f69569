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

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

class InboundLimitsTests {

	private static final Duration SOON = Duration.ofSeconds(4);

	private final Testbed testbed = new Testbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private Service orders(SslProvider provider, Duration timeout, int maxConnections, int maxHandshakes) {
		return this.testbed.service(TestIdentities.of(this.testbed.ca(), "orders"), provider,
				new TlsSettings(timeout, maxConnections, maxHandshakes, Duration.ofSeconds(1), Duration.ofSeconds(1)),
				PeerAdmission.EVERY_VERIFIED_PEER);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenPlainHttpOrGarbageComesThenItIsClosedAndCounted(SslProvider provider) throws Exception {
		Service orders = orders(provider, TlsSettings.DEFAULTS.handshakeTimeout(), 10, 10);
		Server server = this.testbed.listen(orders);
		send(server, "GET / HTTP/1.1\r\nHost: orders\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		send(server, new byte[300]);
		// A TLS record that claims to be a ClientHello.
		byte[] record = new byte[60];
		record[0] = 22;
		record[1] = 3;
		record[2] = 1;
		record[4] = 55;
		record[5] = 1;
		record[8] = 51;
		send(server, record);
		await().untilAsserted(() -> assertThat(orders.tls().refusals()).containsOnlyKeys("bad-handshake"));
		assertServes(server, provider);
		await().untilAsserted(() -> assertThat(orders.tls().refusals()).containsEntry("bad-handshake", 3L));
	}

	private static void send(Server server, byte[] bytes) throws IOException {
		try (Socket socket = new Socket("127.0.0.1", server.port())) {
			socket.setSoTimeout(20_000);
			socket.getOutputStream().write(bytes);
			assertClosed(socket);
		}
	}

	private static void assertClosed(Socket socket) throws IOException {
		try {
			InputStream in = socket.getInputStream();
			while (in.read() != -1) {
				// An alert.
				continue;
			}
		}
		catch (SocketException ex) {
			// Reset.
			assertThat(ex).hasMessageContaining("reset");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenConnectionsAreSilentOrStopMidwayThenTheyAreClosedAndOthersServed(SslProvider provider) throws Exception {
		Service orders = orders(provider, SOON, 100, 1);
		Server server = this.testbed.listen(orders);
		List<Socket> sockets = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			Socket socket = new Socket("127.0.0.1", server.port());
			socket.setSoTimeout(20_000);
			if (i % 2 == 1) {
				// The beginning of a ClientHello takes no slot either.
				socket.getOutputStream().write(new byte[] { 22, 3, 1, 2, 0, 1, 0 });
			}
			sockets.add(socket);
		}
		assertServes(server, provider);
		for (Socket socket : sockets) {
			assertClosed(socket);
			socket.close();
		}
		await().untilAsserted(
				() -> assertThat(orders.tls().refusals()).containsExactly(Map.entry("handshake-timeout", 20L)));
		await().until(() -> orders.tls().connections().inbound() == 0);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenHandshakesStallThenOthersWaitForTheirTurn(SslProvider provider) throws Exception {
		Service orders = orders(provider, Duration.ofSeconds(30), 100, 2);
		Server server = this.testbed.listen(orders);
		Dialled stalled = stall(server, provider);
		stall(server, provider);
		await().until(() -> server.accepted().size() == 2 && server.accepted()
			.stream()
			.allMatch((channel) -> channel.pipeline().get(ClientHelloGate.class) == null));
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
		await().until(() -> server.accepted().size() == 3);
		assertThat(server.accepted().get(2).pipeline().get(ClientHelloGate.class)).isNotNull();
		stalled.channel().close();
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
		assertThat(orders.tls().refusals()).doesNotContainKeys("handshake-timeout", "too-many-handshakes");
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenTheTurnDoesNotComeOrItIsNotUsedThenTheConnectionIsRefused(SslProvider provider) throws Exception {
		Service orders = orders(provider, SOON, 100, 1);
		Server server = this.testbed.listen(orders);
		// What is slow at first is not what is waited for.
		assertServes(server, provider);
		Promise<Void> taken = orders.tls().slots().acquire(ImmediateEventExecutor.INSTANCE);
		await().until(taken::isSuccess);
		for (int i = 0; i < 3; i++) {
			stall(server, provider);
		}
		await().atMost(Testbed.PATIENCE)
			.untilAsserted(
					() -> assertThat(orders.tls().refusals()).containsExactly(Map.entry("too-many-handshakes", 3L)));
		orders.tls().slots().release(taken);
		stall(server, provider);
		await().atMost(Testbed.PATIENCE)
			.untilAsserted(() -> assertThat(orders.tls().refusals()).containsOnly(Map.entry("too-many-handshakes", 3L),
					Map.entry("handshake-timeout", 1L)));
		await().until(() -> orders.tls().connections().inbound() == 0);
		assertServes(server, provider);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenHandshakesStallThenOthersAreServedMeanwhile(SslProvider provider) throws Exception {
		Service orders = orders(provider, Duration.ofSeconds(60), 100, 2);
		Server server = this.testbed.listen(orders);
		for (int i = 0; i < 4; i++) {
			stall(server, provider);
		}
		assertServes(server, provider);
		assertThat(orders.tls().connections().inbound()).isGreaterThanOrEqualTo(4);
	}

	/** Sends its ClientHello and nothing after it. */
	private Dialled stall(Server server, SslProvider provider) throws Exception {
		SslContext context = Testbed.stranger(this.testbed.ca().leaf("web"), provider, "TLSv1.3");
		return this.testbed.dial(server, (channel) -> {
			channel.pipeline().addLast(new Deaf());
			channel.pipeline().addLast(context.newHandler(channel.alloc()));
		});
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenThereIsNoRoomThenConnectionsAreRefusedAndThoseOpenServed(SslProvider provider) throws Exception {
		Service orders = orders(provider, Duration.ofSeconds(5), 3, 3);
		Server server = this.testbed.listen(orders);
		List<Dialled> open = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			Dialled dialled = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
			assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE);
			open.add(dialled);
		}
		Dialled late = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
		assertThat(late.answer()).failsWithin(Testbed.PATIENCE).withThrowableOfType(ExecutionException.class);
		assertThat(orders.tls().refusals()).containsExactly(Map.entry("too-many-connections", 1L));
		assertThat(orders.tls().connections().inbound()).isEqualTo(3);
		open.get(0).channel().close().sync();
		await().until(() -> orders.tls().connections().inbound() == 2);
		assertServes(server, provider);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenFiveHundredConnectAtOnceThenAllAreServed(SslProvider provider) throws Exception {
		Service orders = orders(provider, Duration.ofSeconds(60), 1000, 16);
		Server server = this.testbed.listen(orders);
		SslContext context = Testbed.stranger(this.testbed.ca().leaf("web"), SslProvider.OPENSSL, "TLSv1.3");
		List<Dialled> crowd = IntStream.range(0, 500).mapToObj((i) -> this.testbed.dial(context, server)).toList();
		assertThat(CompletableFuture.allOf(crowd.stream().map(Dialled::answer).toArray(CompletableFuture[]::new)))
			.succeedsWithin(Duration.ofSeconds(60));
		assertThat(orders.tls().refusals()).isEmpty();
		assertThat(orders.tls().connections().inbound()).isEqualTo(500);
		// One chain, five hundred times: computed by those only that came before the
		// first was done.
		assertThat(orders.tls().validations()).isLessThan(20);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenClientRenegotiatesThenItIsCutOff(SslProvider provider) throws Exception {
		Server server = this.testbed.listen(orders(provider, Duration.ofSeconds(5), 10, 10));
		TestCa.Issued web = this.testbed.ca().leaf("web");
		SSLContext context = SSLContext.getInstance("TLSv1.2");
		context.init(
				new KeyManager[] {
						new GenerationKeyManager(TestIdentities.generation(1, this.testbed.ca().uri("web"), web)) },
				new TrustManager[] { new TrustingEverybody() }, null);
		try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
			socket.setSoTimeout(20_000);
			socket.getOutputStream().write('a');
			assertThat(socket.getInputStream().read()).isEqualTo('a');
			CountDownLatch again = new CountDownLatch(1);
			socket.addHandshakeCompletedListener((event) -> again.countDown());
			assertThatIOException().isThrownBy(() -> {
				socket.startHandshake();
				socket.getOutputStream().write('b');
				if (socket.getInputStream().read() == -1) {
					throw new IOException("closed");
				}
			});
			assertThat(again.getCount()).isOne();
		}
	}

	private void assertServes(Server server, SslProvider provider) throws Exception {
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
		web.channel().close().sync();
	}

	private static final class Deaf extends ChannelInboundHandlerAdapter {

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object message) {
			ReferenceCountUtil.release(message);
		}

	}

}
