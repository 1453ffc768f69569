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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.PeerExpectation;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A public listener and those who dial it, not all of them with good intent.
 */
class PublicListenerTests {

	private static final int FLOOD = 150;

	private static final TlsSettings FEW_HANDSHAKES = new TlsSettings(Duration.ofSeconds(8), 1000, 16,
			Duration.ofSeconds(1), Duration.ofSeconds(1));

	private final RelayTestbed testbed = new RelayTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private PublicListener listen(Application application, RelaySettings settings, TlsSettings tls) throws IOException {
		PublicListener listener = this.testbed.closing(new PublicListener(RelayTestbed.ANY_PORT,
				new InetSocketAddress(InetAddress.getLoopbackAddress(), application.port()), this.testbed.loops(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER, tls), settings));
		listener.start();
		return listener;
	}

	private static InetSocketAddress address(PublicListener listener) {
		return (InetSocketAddress) Objects.requireNonNull(listener.status().address());
	}

	private SSLContext web() {
		MeshTls web = this.testbed.tls("web", PeerAdmission.NOBODY);
		SpiffeId ledger = new SpiffeId(RelayTestbed.TRUST_DOMAIN, "default", "default", "dc1", "ledger");
		return web.clientSslContext(new PeerExpectation(Set.of(ledger), "ledger", false));
	}

	private SSLSocket dial(PublicListener listener, String protocol) throws IOException {
		SSLSocket socket = (SSLSocket) web().getSocketFactory()
			.createSocket(InetAddress.getLoopbackAddress(), address(listener).getPort());
		this.testbed.closing(socket);
		socket.setSoTimeout((int) RelayTestbed.PATIENCE.toMillis());
		socket.setEnabledProtocols(new String[] { protocol });
		socket.startHandshake();
		return socket;
	}

	@Test
	void whenSilentAndGarbageClientsComeInCrowdsThenAGoodOneIsServedAndTheyEnd() throws Exception {
		Application application = this.testbed
			.application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
		PublicListener listener = listen(application, RelaySettings.DEFAULTS, FEW_HANDSHAKES);
		byte[] hello = hello(web());
		Random random = new Random(1);
		List<Socket> flood = new ArrayList<>();
		for (int i = 0; i < FLOOD; i++) {
			Socket socket = this.testbed.connect(address(listener));
			flood.add(socket);
			socket.getOutputStream().write(said(i % 5, hello, random));
		}
		SSLSocket good = dial(listener, "TLSv1.3");
		for (int i = 0; i < 10; i++) {
			good.getOutputStream().write(i);
			assertThat(good.getInputStream().read()).isEqualTo(i);
		}
		for (Socket socket : flood) {
			assertThatItEnds(socket);
		}
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> listener.status().connections() == 1);
		good.getOutputStream().write(7);
		assertThat(good.getInputStream().read()).isEqualTo(7);
		assertThat(application.accepted()).isOne();
	}

	@Test
	void whenClientsEndTheirSideWithoutAWordThenTheyHoldNothing() throws Exception {
		Application application = this.testbed
			.application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
		PublicListener listener = listen(application, RelaySettings.DEFAULTS,
				new TlsSettings(Duration.ofHours(1), 1000, 16, Duration.ofSeconds(1), Duration.ofSeconds(1)));
		byte[] hello = hello(web());
		for (int i = 0; i < FLOOD; i++) {
			Socket socket = this.testbed.connect(address(listener));
			socket.getOutputStream().write(Arrays.copyOf(hello, i % hello.length));
			socket.close();
		}
		SSLSocket good = dial(listener, "TLSv1.3");
		good.getOutputStream().write(7);
		assertThat(good.getInputStream().read()).isEqualTo(7);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> listener.status().connections() == 1);
	}

	private static byte[] said(int kind, byte[] hello, Random random) {
		byte[] garbage = new byte[200];
		random.nextBytes(garbage);
		return switch (kind) {
			case 0 -> new byte[0];
			case 1 -> hello;
			case 2 -> Arrays.copyOf(hello, hello.length / 2);
			case 3 -> ByteBuffer.wrap(garbage).put(hello, 0, 11).array();
			default -> garbage;
		};
	}

	private static byte[] hello(SSLContext context) throws IOException {
		SSLEngine engine = context.createSSLEngine("ledger", 1);
		engine.setUseClientMode(true);
		engine.beginHandshake();
		ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
		engine.wrap(ByteBuffer.allocate(0), hello);
		byte[] bytes = new byte[hello.flip().remaining()];
		hello.get(bytes);
		return bytes;
	}

	private static void assertThatItEnds(Socket socket) {
		try {
			// Alerts, and what a handshake begins with.
			socket.getInputStream().readAllBytes();
		}
		catch (SocketException ex) {
			assertThat(ex).hasMessageContaining("reset");
		}
		catch (IOException ex) {
			throw new AssertionError("still open", ex);
		}
	}

	@Test
	void whenTheApplicationEndsThenATls12PeerHasItsTimeToCloseAndIsResetThen() throws Exception {
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write("bye".getBytes(StandardCharsets.US_ASCII));
			peer.shutdownOutput();
			peer.getInputStream().read();
		});
		PublicListener listener = listen(application,
				RelaySettings.DEFAULTS.withTuning(RelayTuning.DEFAULTS.withHalfCloseWait(Duration.ofMillis(500))),
				TlsSettings.DEFAULTS);
		SSLSocket peer = dial(listener, "TLSv1.2");
		assertThat(peer.getInputStream().readNBytes(3)).asString(StandardCharsets.US_ASCII).isEqualTo("bye");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> peer.getInputStream().read());
	}

	@Test
	void whenTheApplicationEndsAndTheTls12PeerClosesThenBothAreComplete() throws Exception {
		CompletableFuture<String> heard = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write("bye".getBytes(StandardCharsets.US_ASCII));
			peer.shutdownOutput();
			heard.complete(new String(peer.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
		});
		PublicListener listener = listen(application, RelaySettings.DEFAULTS, TlsSettings.DEFAULTS);
		SSLSocket peer = dial(listener, "TLSv1.2");
		assertThat(peer.getInputStream().readNBytes(3)).asString(StandardCharsets.US_ASCII).isEqualTo("bye");
		peer.getOutputStream().write("more".getBytes(StandardCharsets.US_ASCII));
		peer.close();
		assertThat(heard).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo("more");
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> listener.status().connections() == 0);
	}

}
