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

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A public listener and crowds that say very little at a time, and never all of it.
 */
class SlowWritersTests {

	private static final int CROWD = 1000;

	private static final int RECORD = 12 * 1024;

	private static final int SINGLE_BYTES = 20;

	// They all stay for as long as it takes.
	private static final TlsSettings PATIENT = new TlsSettings(Duration.ofMinutes(5), 2 * CROWD, 256,
			Duration.ofSeconds(1), Duration.ofSeconds(1));

	private final RelayTestbed testbed = new RelayTestbed();

	private final AtomicLong arrived = new AtomicLong();

	private SSLContext web;

	private PublicListener listener;

	@BeforeEach
	void listen() throws Exception {
		this.web = this.testbed.stranger("web");
		Application application = this.testbed.application(this::answerEach);
		this.listener = this.testbed.closing(new PublicListener(RelayTestbed.ANY_PORT,
				new InetSocketAddress(InetAddress.getLoopbackAddress(), application.port()), this.testbed.loops(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER, PATIENT), RelaySettings.DEFAULTS));
		this.listener.start();
		// What there is in any case is there now.
		assertThatOthersAreServed();
	}

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private void answerEach(Socket peer) throws IOException {
		// It waits for the whole crowd.
		peer.setSoTimeout(0);
		InputStream in = peer.getInputStream();
		byte[] block = new byte[1024];
		for (int read = in.read(block); read >= 0; read = in.read(block)) {
			this.arrived.addAndGet(read);
			peer.getOutputStream().write(block, 0, read);
		}
	}

	@Test
	void whenPeersSayHalfOfTheirHelloInLittlePiecesThenMemoryStaysFlat() throws Exception {
		byte[] hello = hello(this.web);
		long memory = RelayTestbed.memory();
		List<Socket> crowd = new ArrayList<>();
		for (int i = 0; i < CROWD; i++) {
			crowd.add(this.testbed.connect(address()));
		}
		for (int i = 0; i < SINGLE_BYTES; i++) {
			for (Socket socket : crowd) {
				socket.getOutputStream().write(hello[i]);
			}
		}
		for (Socket socket : crowd) {
			socket.getOutputStream().write(hello, SINGLE_BYTES, hello.length / 2 - SINGLE_BYTES);
		}
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> this.listener.status().connections() >= CROWD);
		assertThatOthersAreServed();
		assertThat(this.listener.status().connections()).isGreaterThanOrEqualTo(CROWD);
		assertThat(RelayTestbed.memory() - memory).isLessThan(CROWD * 8 * 1024L);
	}

	@Test
	void whenPeersSaySingleBytesAndHalfOfARecordThenMemoryStaysFlatAndTheRestIsAwaited() throws Exception {
		long memory = RelayTestbed.memory();
		List<Holding> transports = new ArrayList<>();
		List<SSLSocket> crowd = new ArrayList<>();
		for (int i = 0; i < CROWD; i++) {
			Holding transport = this.testbed.closing(new Holding());
			transport.setTcpNoDelay(true);
			transport.connect(address());
			transports.add(transport);
			crowd.add(handshake(transport));
		}
		this.arrived.set(0);
		for (int i = 0; i < SINGLE_BYTES; i++) {
			for (SSLSocket peer : crowd) {
				peer.getOutputStream().write(i);
			}
		}
		awaitArrived(CROWD * SINGLE_BYTES);
		for (int i = 0; i < CROWD; i++) {
			transports.get(i).holdBack();
			crowd.get(i).getOutputStream().write(new byte[RECORD]);
		}
		assertThatOthersAreServed();
		// Half of it is there, in buffers that are larger than what is in them.
		assertThat(RelayTestbed.memory() - memory).isLessThan(CROWD * 2L * RECORD);
		this.arrived.set(0);
		for (Holding transport : transports) {
			transport.sendRest();
		}
		awaitArrived(CROWD * RECORD);
	}

	private void awaitArrived(long bytes) {
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> this.arrived.get() == bytes);
	}

	private InetSocketAddress address() {
		return (InetSocketAddress) Objects.requireNonNull(this.listener.status().address());
	}

	// On each of the event loops: what others have said before has been read then.
	private void assertThatOthersAreServed() throws IOException {
		for (int i = 0; i < 8; i++) {
			try (SSLSocket other = handshake(this.testbed.connect(address()))) {
				other.getOutputStream().write(i);
				assertThat(other.getInputStream().read()).isEqualTo(i);
			}
		}
	}

	private SSLSocket handshake(Socket transport) throws IOException {
		transport.setSoTimeout((int) RelayTestbed.PATIENCE.toMillis());
		SSLSocket peer = (SSLSocket) this.web.getSocketFactory().createSocket(transport, "ledger", 1, true);
		peer.startHandshake();
		return peer;
	}

	private static byte[] hello(SSLContext context) throws IOException {
		SSLEngine engine = context.createSSLEngine("ledger", 1);
		engine.setUseClientMode(true);
		engine.beginHandshake();
		ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
		engine.wrap(ByteBuffer.allocate(0), hello);
		return Arrays.copyOf(hello.array(), hello.position());
	}

	/**
	 * A socket that sends half of what it is told to, and the rest later.
	 */
	private static final class Holding extends Socket {

		private boolean holds;

		private byte[] rest = new byte[0];

		void holdBack() {
			this.holds = true;
		}

		void sendRest() throws IOException {
			super.getOutputStream().write(this.rest);
		}

		@Override
		public OutputStream getOutputStream() throws IOException {
			return new FilterOutputStream(super.getOutputStream()) {

				@Override
				public void write(byte[] bytes, int offset, int length) throws IOException {
					int now = Holding.this.holds ? length / 2 : length;
					this.out.write(bytes, offset, now);
					if (Holding.this.holds) {
						Holding.this.rest = Arrays.copyOfRange(bytes, offset + now, offset + length);
					}
				}

			};
		}

	}

}
