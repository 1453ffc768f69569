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
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Clients and servers that know nothing of TLS, with an upstream's listener and a public
 * listener between them.
 */
class RelayTests {

	private static final long LARGE = 200L * 1024 * 1024;

	private static final long FLAT = 32L * 1024 * 1024;

	private static final long SMALL = 100_000;

	// On a small machine the common pool has one thread, and these block.
	private static final Executor THREADS = (task) -> new Thread(task, "relay-tests").start();

	private final RelayTestbed testbed = new RelayTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static String readAll(Socket socket) throws IOException {
		return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

	@Test
	void whenTheClientHalfClosesThenTheReplyFollows() throws Exception {
		Application application = this.testbed.application((peer) -> {
			String question = readAll(peer);
			peer.getOutputStream().write(bytes("answer to " + question));
		});
		Socket client = this.testbed.connectThroughBoth(application);
		client.getOutputStream().write(bytes("question"));
		client.shutdownOutput();
		assertThat(readAll(client)).isEqualTo("answer to question");
	}

	@Test
	void whenTheServerHalfClosesThenTheClientIsStillHeard() throws Exception {
		CompletableFuture<String> heard = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write(bytes("bye"));
			peer.shutdownOutput();
			heard.complete(readAll(peer));
		});
		Socket client = this.testbed.connectThroughBoth(application);
		assertThat(readAll(client)).isEqualTo("bye");
		client.getOutputStream().write(bytes("wait, "));
		client.getOutputStream().write(bytes("there is more"));
		client.close();
		assertThat(heard).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo("wait, there is more");
	}

	@Test
	void whenTheServerSpeaksFirstThenTheClientHearsIt() throws Exception {
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write(bytes("220 ready\n"));
			peer.getOutputStream().write(peer.getInputStream().read());
		});
		Socket client = this.testbed.connectThroughBoth(application);
		assertThat(new String(client.getInputStream().readNBytes(10), StandardCharsets.UTF_8)).isEqualTo("220 ready\n");
		client.getOutputStream().write('x');
		assertThat(readAll(client)).isEqualTo("x");
	}

	@Test
	void whenBytesComeOneByOneThenEachPasses() throws Exception {
		Application application = this.testbed
			.application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
		Socket client = this.testbed.connectThroughBoth(application);
		for (int i = 0; i < 300; i++) {
			client.getOutputStream().write(i & 0xff);
			assertThat(client.getInputStream().read()).isEqualTo(i & 0xff);
		}
		client.shutdownOutput();
		assertThat(client.getInputStream().read()).isEqualTo(-1);
	}

	@Test
	void whenCertificatesRotateThenWhatIsOnItsWayBothWaysIsNotTouched() throws Exception {
		CompletableFuture<byte[]> received = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			if (peer.getInputStream().read() == 'e') {
				peer.getInputStream().transferTo(peer.getOutputStream());
				return;
			}
			CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(peer, 1, LARGE), THREADS);
			received.complete(receive(peer));
			sent.join();
		});
		Socket client = this.testbed.connectThroughBoth(application);
		client.getOutputStream().write('s');
		CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(client, 2, LARGE), THREADS);
		CompletableFuture<byte[]> back = CompletableFuture.supplyAsync(() -> receive(client), THREADS);
		AtomicInteger rotations = new AtomicInteger();
		Awaitility.await().atMost(RelayTestbed.PATIENCE.multipliedBy(2)).until(() -> {
			this.testbed.rotate();
			rotations.incrementAndGet();
			try (Socket another = this.testbed.connect(client.getRemoteSocketAddress())) {
				another.getOutputStream().write(new byte[] { 'e', 7 });
				assertThat(another.getInputStream().read()).isEqualTo(7);
			}
			return back.isDone();
		});
		assertThat(back.join()).isEqualTo(digest(1, LARGE));
		assertThat(sent).succeedsWithin(RelayTestbed.PATIENCE);
		assertThat(received).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo(digest(2, LARGE));
		assertThat(rotations).hasValueGreaterThan(1);
	}

	@Test
	void whenTheReaderIsSlowThenTheWriterWaitsAndMemoryStaysFlat() throws Exception {
		AtomicLong written = new AtomicLong();
		Application application = this.testbed.application((peer) -> {
			byte[] block = new byte[64 * 1024];
			for (int i = 0; i < LARGE / 2 / block.length; i++) {
				peer.getOutputStream().write(block);
				written.addAndGet(block.length);
			}
		});
		Socket client = this.testbed.connectThroughBoth(application);
		long memory = RelayTestbed.memory();
		awaitStandstill(written);
		assertThat(written.get()).isLessThan(LARGE / 4);
		assertThat(RelayTestbed.memory() - memory).isLessThan(FLAT);
		assertThat(client.getInputStream().readAllBytes()).hasSize((int) LARGE / 2);
	}

	@Test
	void whenMemoryIsScarceThenEverythingStillArrivesBothWays() throws Exception {
		CompletableFuture<byte[]> received = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(peer, 1, LARGE / 4), THREADS);
			received.complete(receive(peer));
			sent.join();
		});
		this.testbed.ledger("l1", application.port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		Socket client = this.testbed
			.connect(this.testbed.upstream(RelayTestbed.PATIENT.withTuning(RelayTuning.DEFAULTS.withDirectMemory(-1)))
				.start());
		CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(client, 2, LARGE / 4), THREADS);
		assertThat(receive(client)).isEqualTo(digest(1, LARGE / 4));
		assertThat(sent).succeedsWithin(RelayTestbed.PATIENCE);
		assertThat(received).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo(digest(2, LARGE / 4));
	}

	@Test
	void whenTheClientResetsThenTheServerIsReset() throws Exception {
		CompletableFuture<Exception> end = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write(peer.getInputStream().read());
			try {
				end.complete(new Exception("read " + peer.getInputStream().read()));
			}
			catch (IOException ex) {
				end.complete(ex);
			}
		});
		Socket client = this.testbed.connectThroughBoth(application);
		client.getOutputStream().write(1);
		assertThat(client.getInputStream().read()).isEqualTo(1);
		client.setSoLinger(true, 0);
		client.close();
		assertThat(end).succeedsWithin(RelayTestbed.PATIENCE).isInstanceOf(SocketException.class);
	}

	@Test
	void whenTheServerResetsThenTheClientIsReset() throws Exception {
		Application application = this.testbed.application((peer) -> {
			peer.getInputStream().read();
			peer.setSoLinger(true, 0);
		});
		Socket client = this.testbed.connectThroughBoth(application);
		client.getOutputStream().write(1);
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
	}

	@Test
	void whenTheClientEndsBeforeItIsConnectedThenNothingIsLost() throws Exception {
		Application application = this.testbed.application((peer) -> peer.getOutputStream().write(receive(peer)));
		this.testbed.ledger("l1", application.port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		Sinks.One<String> trustDomain = Sinks.one();
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT, trustDomain.asMono());
		SocketAddress address = upstream.start();
		Socket silent = this.testbed.connect(address);
		silent.shutdownOutput();
		Socket speaking = this.testbed.connect(address);
		CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(speaking, 3, SMALL), THREADS);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 2);
		assertThat(sent).succeedsWithin(RelayTestbed.PATIENCE);
		trustDomain.tryEmitValue(RelayTestbed.TRUST_DOMAIN);
		assertThat(silent.getInputStream().readAllBytes()).isEqualTo(digest(3, 0));
		assertThat(speaking.getInputStream().readAllBytes()).isEqualTo(digest(3, SMALL));
	}

	@Test
	void whenTheClientEndsWhileTheServerIsSlowThenNothingIsLost() throws Exception {
		CountDownLatch go = new CountDownLatch(1);
		Application application = this.testbed.application((peer) -> {
			go.await();
			peer.getOutputStream().write(receive(peer));
		});
		this.testbed.ledger("l1", application.port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		Socket client = this.testbed.connect(upstream.start());
		Blocks blocks = fill(client, upstream);
		client.shutdownOutput();
		assertThat(blocks.left).isGreaterThan(LARGE / 4 * 3);
		go.countDown();
		assertThat(client.getInputStream().readAllBytes()).isEqualTo(blocks.digest.digest());
	}

	@Test
	void whenBothHaveEndedAndMuchIsOnItsWayThenAllArrives() throws Exception {
		CountDownLatch go = new CountDownLatch(1);
		CompletableFuture<byte[]> received = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write(1);
			peer.shutdownOutput();
			go.await();
			received.complete(receive(peer));
		});
		this.testbed.ledger("l1", application.port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		Socket client = this.testbed.connect(upstream.start());
		assertThat(client.getInputStream().readAllBytes()).hasSize(1);
		Blocks blocks = fill(client, upstream);
		client.shutdownOutput();
		go.countDown();
		assertThat(received).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo(blocks.digest.digest());
	}

	/** Sends until the relay takes no more. */
	private static Blocks fill(Socket client, UpstreamListener upstream) throws Exception {
		Blocks blocks = new Blocks(3, LARGE);
		do {
			client.getOutputStream().write(blocks.block, 0, blocks.next());
		}
		while (isTaken(upstream, LARGE - blocks.left));
		return blocks;
	}

	private static boolean isTaken(UpstreamListener upstream, long bytes) {
		try {
			Awaitility.await()
				.pollDelay(Duration.ZERO)
				.pollInterval(Duration.ofMillis(2))
				.atMost(Duration.ofMillis(500))
				.until(() -> upstream.status().received() == bytes);
			return true;
		}
		catch (ConditionTimeoutException ex) {
			return false;
		}
	}

	@Test
	void whenTheEventLoopsEndThenNoOpenConnectionLooksComplete() throws Exception {
		Application application = this.testbed
			.application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
		Socket client = this.testbed.connectThroughBoth(application);
		client.getOutputStream().write(1);
		assertThat(client.getInputStream().read()).isEqualTo(1);
		this.testbed.loops().close();
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
	}

	private static void awaitStandstill(AtomicLong written) {
		AtomicLong before = new AtomicLong();
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.during(Duration.ofSeconds(1))
			.until(() -> written.get() > 0 && before.getAndSet(written.get()) == written.get());
	}

	private static byte[] send(Socket socket, long seed, long size) {
		try {
			Blocks blocks = new Blocks(seed, size);
			OutputStream out = socket.getOutputStream();
			for (int length = blocks.next(); length > 0; length = blocks.next()) {
				out.write(blocks.block, 0, length);
			}
			socket.shutdownOutput();
			return blocks.digest.digest();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] receive(Socket socket) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			byte[] block = new byte[70_000];
			InputStream in = socket.getInputStream();
			for (int read = in.read(block); read >= 0; read = in.read(block)) {
				digest.update(block, 0, read);
			}
			return digest.digest();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] digest(long seed, long size) throws Exception {
		Blocks blocks = new Blocks(seed, size);
		while (blocks.next() > 0) {
			continue;
		}
		return blocks.digest.digest();
	}

	/** What is sent, block by block. */
	private static final class Blocks {

		private final byte[] block = new byte[50_000];

		private final MessageDigest digest = MessageDigest.getInstance("SHA-256");

		private long left;

		private Blocks(long seed, long size) throws Exception {
			new Random(seed).nextBytes(this.block);
			this.left = size;
		}

		private int next() {
			int length = (int) Math.min(this.left, this.block.length);
			ByteBuffer.wrap(this.block).putLong(this.left);
			this.digest.update(this.block, 0, length);
			this.left -= length;
			return length;
		}

	}

}
