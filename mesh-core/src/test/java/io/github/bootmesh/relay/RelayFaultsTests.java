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
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import javax.net.ssl.SSLSocketFactory;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of connections when something around them fails while they are in use.
 */
class RelayFaultsTests {

	private static final int CLIENTS = 20;

	private static final int LARGE = 16 * 1024 * 1024;

	private final RelayTestbed testbed = new RelayTestbed();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
		this.threads.shutdownNow();
	}

	private Application echo() throws IOException {
		return this.testbed.application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
	}

	private static int port(PublicListener listener) {
		return ((InetSocketAddress) Objects.requireNonNull(listener.status().address())).getPort();
	}

	private static void assertEchoes(Socket client) throws IOException {
		client.getOutputStream().write(7);
		assertThat(client.getInputStream().read()).isEqualTo(7);
	}

	@Test
	void whenAllInstancesTurnCriticalAndComeBackThenOnlyNewConnectionsFailMeanwhile() throws Exception {
		PublicListener ledger = this.testbed.ledger("l1", echo().port(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		InetSocketAddress address = (InetSocketAddress) upstream.start();
		int port = port(ledger);
		Socket open = this.testbed.connect(address);
		assertEchoes(open);
		for (int i = 0; i < 3; i++) {
			this.testbed.catalog().add("ledger", "l1", port, "critical");
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> !isServed(address));
			assertThat(upstream.status().problem()).isNotNull();
			assertEchoes(open);
			this.testbed.catalog().add("ledger", "l1", port, "passing");
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> isServed(address));
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().problem() == null);
			assertEchoes(open);
		}
		assertThat(upstream.status().failures()).containsOnlyKeys("no-healthy-instance");
	}

	private static boolean isServed(InetSocketAddress address) {
		try (Socket client = new Socket(address.getAddress(), address.getPort())) {
			client.setSoTimeout((int) RelayTestbed.PATIENCE.toMillis());
			assertEchoes(client);
			return true;
		}
		catch (SocketException ex) {
			return false;
		}
		catch (IOException ex) {
			throw new AssertionError("neither served nor reset", ex);
		}
	}

	@Test
	void whenAnIntentionIsFlippedUnderLoadThenNobodyIsServedUntilItIsFlippedBack() throws Exception {
		AtomicReference<@Nullable String> refusal = new AtomicReference<>();
		MeshTls ledger = this.testbed.tls("ledger", (peer) -> refusal.get());
		AtomicInteger answered = new AtomicInteger();
		this.testbed.ledger("l1", echo().port(), ledger);
		InetSocketAddress address = (InetSocketAddress) this.testbed.upstream(RelayTestbed.PATIENT).start();
		AtomicBoolean over = new AtomicBoolean();
		List<Future<?>> clients = new ArrayList<>();
		AtomicInteger ends = new AtomicInteger();
		for (int i = 0; i < CLIENTS; i++) {
			clients.add(this.threads.submit(() -> {
				while (!over.get()) {
					talk(address, answered, ends, over);
				}
			}));
		}
		for (int i = 0; i < 3; i++) {
			awaitMore(answered);
			int before = ends.get();
			refusal.set("deny web");
			ledger.admissionChanged();
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> ends.get() >= before + 2 * CLIENTS);
			// Every connection from before has ended, and none of after was served.
			int served = answered.get();
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> ends.get() >= before + 4 * CLIENTS);
			assertThat(answered).hasValue(served);
			refusal.set(null);
			ledger.admissionChanged();
		}
		awaitMore(answered);
		over.set(true);
		for (Future<?> client : clients) {
			client.get();
		}
	}

	private static void awaitMore(AtomicInteger answered) {
		int before = answered.get();
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> answered.get() > before + 10 * CLIENTS);
	}

	private static void talk(InetSocketAddress address, AtomicInteger answered, AtomicInteger ends,
			AtomicBoolean over) {
		try (Socket client = new Socket(address.getAddress(), address.getPort())) {
			client.setSoTimeout((int) RelayTestbed.PATIENCE.toMillis());
			while (!over.get()) {
				client.getOutputStream().write(7);
				// A refusal is the end, or a reset.
				if (client.getInputStream().read() != 7) {
					ends.incrementAndGet();
					return;
				}
				answered.incrementAndGet();
			}
		}
		catch (SocketException ex) {
			ends.incrementAndGet();
		}
		catch (IOException ex) {
			throw new AssertionError("neither served nor reset", ex);
		}
	}

	@Test
	void whenAPeerSaysAllThereIsWithItsHandshakeThenItIsAnswered() throws Exception {
		Application application = this.testbed
			.application((peer) -> peer.getOutputStream().write(peer.getInputStream().readAllBytes()));
		PublicListener ledger = this.testbed.ledger("l1", application.port(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		SSLSocketFactory caller = this.testbed.stranger("caller").getSocketFactory();
		for (int i = 0; i < 5; i++) {
			try (Socket socket = caller.createSocket(RelayTestbed.ANY_PORT.getAddress(), port(ledger))) {
				socket.setSoTimeout((int) RelayTestbed.PATIENCE.toMillis());
				socket.getOutputStream().write(7);
				socket.shutdownOutput();
				assertThat(socket.getInputStream().readAllBytes()).containsExactly(7);
			}
		}
	}

	@Test
	void whenServersReadSlowlyThenTheirClientsWaitAndMemoryStaysFlat() throws Exception {
		CountDownLatch go = new CountDownLatch(1);
		AtomicLong arrived = new AtomicLong();
		Application slow = this.testbed.application((peer) -> {
			go.await();
			InputStream in = peer.getInputStream();
			byte[] block = new byte[64 * 1024];
			for (int read = in.read(block); read >= 0; read = in.read(block)) {
				arrived.addAndGet(read);
			}
		});
		this.testbed.ledger("l1", slow.port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		InetSocketAddress address = (InetSocketAddress) this.testbed.upstream(RelayTestbed.PATIENT).start();
		long memory = RelayTestbed.memory();
		AtomicLong written = new AtomicLong();
		List<Future<?>> clients = new ArrayList<>();
		for (int i = 0; i < CLIENTS; i++) {
			Socket client = this.testbed.connect(address);
			clients.add(this.threads.submit(() -> {
				byte[] block = new byte[64 * 1024];
				for (int sent = 0; sent < LARGE; sent += block.length) {
					client.getOutputStream().write(block);
					written.addAndGet(block.length);
				}
				client.shutdownOutput();
				return null;
			}));
		}
		awaitStandstill(written);
		assertThat(written.get()).isLessThan((long) CLIENTS * LARGE);
		// What a pair of connections may hold in both directions, and the allocator's
		// rounding.
		assertThat(RelayTestbed.memory() - memory).isLessThan(CLIENTS * 1024 * 1024L);
		go.countDown();
		for (Future<?> client : clients) {
			client.get();
		}
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> arrived.get() == (long) CLIENTS * LARGE);
	}

	private static void awaitStandstill(AtomicLong written) {
		AtomicLong before = new AtomicLong();
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.during(Duration.ofSeconds(1))
			.until(() -> written.get() > 0 && before.getAndSet(written.get()) == written.get());
	}

}
