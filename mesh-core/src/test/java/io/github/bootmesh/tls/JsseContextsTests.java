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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class JsseContextsTests {

	private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

	private final Testbed testbed = new Testbed();

	private final Service web = this.testbed.service("web", SslProvider.OPENSSL);

	private final Service orders = this.testbed.service("orders", SslProvider.OPENSSL);

	private final ExecutorService acceptor = Executors.newSingleThreadExecutor();

	@AfterEach
	void close() throws Exception {
		this.acceptor.shutdownNow();
		this.testbed.close();
	}

	@Test
	void whenSocketIsMadeAnyWayThenItSpeaksMutualTls() throws Exception {
		Server server = this.testbed.listen(this.orders);
		SSLSocketFactory factory = this.web.tls().clientSslContext(this.testbed.expecting("orders")).getSocketFactory();
		List<Function<SSLSocketFactory, Socket>> ways = List.of(
				(sockets) -> open(() -> sockets.createSocket("127.0.0.1", server.port())),
				(sockets) -> open(() -> sockets.createSocket("127.0.0.1", server.port(), LOOPBACK, 0)),
				(sockets) -> open(() -> sockets.createSocket(LOOPBACK, server.port())),
				(sockets) -> open(() -> sockets.createSocket(LOOPBACK, server.port(), LOOPBACK, 0)),
				(sockets) -> open(() -> sockets.createSocket(new Socket(LOOPBACK, server.port()), "127.0.0.1",
						server.port(), true)),
				(sockets) -> open(() -> {
					Socket socket = sockets.createSocket();
					socket.connect(new InetSocketAddress(LOOPBACK, server.port()));
					return socket;
				}));
		for (Function<SSLSocketFactory, Socket> way : ways) {
			try (Socket socket = way.apply(factory)) {
				socket.getOutputStream().write('x');
				assertThat(socket.getInputStream().read()).isEqualTo('x');
			}
		}
		assertThat(server.accepted()).hasSize(ways.size())
			.allSatisfy((channel) -> assertThat(channel.attr(MeshTls.PEER).get().service()).isEqualTo("web"));
	}

	private static Socket open(Opening opening) {
		try {
			return opening.open();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void whenAnotherServiceAnswersThenTheHandshakeFails() throws Exception {
		Server server = this.testbed.listen(this.orders);
		SSLContext context = this.web.tls().clientSslContext(this.testbed.expecting("billing"));
		try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(LOOPBACK, server.port())) {
			assertThatExceptionOfType(SSLHandshakeException.class).isThrownBy(socket::startHandshake)
				.withMessageContaining("/svc/billing")
				.withMessageContaining("/svc/orders")
				.withCauseInstanceOf(PeerRefusedException.class);
		}
	}

	@Test
	void whenServerSocketOrLayeredSocketAcceptsThenOnlyPeersGetIn() throws Exception {
		SSLContext context = this.orders.tls().serverSslContext();
		try (SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
			.createServerSocket(0, 5, LOOPBACK)) {
			assertPeersGetIn(server.getLocalPort(), () -> (SSLSocket) server.accept());
		}
		try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK)) {
			assertPeersGetIn(server.getLocalPort(), () -> {
				SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(server.accept(), null, true);
				assertThat(socket.getUseClientMode()).isFalse();
				return socket;
			});
		}
	}

	private void assertPeersGetIn(int port, Accepting accepting) throws Exception {
		Server server = new Server(port, List.of(), List.of());
		CompletableFuture<Void> echo = accept(accepting);
		Dialled peer = this.testbed.dial(this.web, this.testbed.expecting("orders"), server);
		assertThat(peer.answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(echo).succeedsWithin(Testbed.PATIENCE);
		CompletableFuture<Void> refused = accept(accepting);
		this.testbed.dial(null, SslProvider.JDK, "TLSv1.3", server);
		assertThat(refused).failsWithin(Testbed.PATIENCE).withThrowableOfType(ExecutionException.class);
	}

	private CompletableFuture<Void> accept(Accepting accepting) {
		return CompletableFuture.runAsync(() -> {
			try (SSLSocket socket = accepting.accept()) {
				socket.setSoTimeout(8000);
				byte[] hello = socket.getInputStream().readNBytes(5);
				socket.getOutputStream().write(hello);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}, this.acceptor);
	}

	@Test
	void whenIdentityRotatesThenEnginesMadeThenShowTheNewOne() throws Exception {
		SSLContext context = this.orders.tls().serverSslContext();
		Server server = this.testbed.listen((channel) -> {
			SSLEngine engine = context.createSSLEngine("127.0.0.1", 0);
			engine.setUseClientMode(false);
			channel.pipeline().addLast(new SslHandler(engine));
		});
		Object first = shown(server);
		assertThat(shown(server)).isEqualTo(first);
		this.orders.identities().rotateLeaf();
		assertThat(shown(server)).isNotEqualTo(first);
	}

	private Object shown(Server server) {
		Dialled dialled = this.testbed.dial(this.web, this.testbed.expecting("orders"), server);
		assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE);
		return dialled.channel().attr(MeshTls.PEER).get().certificate();
	}

	@Test
	void whenThereIsNoIdentityThenNothingIsMade() {
		Service none = this.testbed.service(TestIdentities.withoutIdentity(this.testbed.ca(), "none"),
				SslProvider.OPENSSL, TlsSettings.DEFAULTS, PeerAdmission.EVERY_VERIFIED_PEER);
		SSLContext context = none.tls().clientSslContext(this.testbed.expecting("orders"));
		assertThatExceptionOfType(MeshIdentityUnavailableException.class).isThrownBy(context::createSSLEngine);
		assertThatExceptionOfType(MeshIdentityUnavailableException.class)
			.isThrownBy(() -> context.getSocketFactory().createSocket());
		assertThat(context.getDefaultSSLParameters().getProtocols()).containsExactly("TLSv1.3", "TLSv1.2");
		none.identities().rotateLeaf();
		assertThat(context.createSSLEngine().getSSLParameters().getServerNames()).hasSize(1);
	}

	@FunctionalInterface
	private interface Accepting {

		SSLSocket accept() throws IOException;

	}

	@FunctionalInterface
	private interface Opening {

		Socket open() throws IOException;

	}

}
