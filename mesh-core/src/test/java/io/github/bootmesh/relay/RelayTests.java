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
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.relay.RelayTestbed.Application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Clients and servers that know nothing of TLS, with an upstream's listener and a public
 * listener between them.
 */
class RelayTests {

	private static final long LARGE = 100L * 1024 * 1024;

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
	void whenMuchIsSentBothWaysAtOnceThenNothingIsLost() throws Exception {
		CompletableFuture<byte[]> received = new CompletableFuture<>();
		Application application = this.testbed.application((peer) -> {
			CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(peer, 1));
			received.complete(receive(peer));
			sent.join();
		});
		Socket client = this.testbed.connectThroughBoth(application);
		CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(client, 2));
		assertThat(receive(client)).isEqualTo(digest(1));
		assertThat(sent).succeedsWithin(RelayTestbed.PATIENCE);
		assertThat(received).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo(digest(2));
	}

	@Test
	void whenTheReaderIsSlowThenTheWriterWaitsAndMemoryStaysFlat() throws Exception {
		AtomicLong written = new AtomicLong();
		Application application = this.testbed.application((peer) -> {
			byte[] block = new byte[64 * 1024];
			for (int i = 0; i < LARGE / block.length; i++) {
				peer.getOutputStream().write(block);
				written.addAndGet(block.length);
			}
		});
		Socket client = this.testbed.connectThroughBoth(application);
		long memory = memory();
		AtomicLong before = new AtomicLong();
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.during(Duration.ofSeconds(1))
			.until(() -> written.get() > 0 && before.getAndSet(written.get()) == written.get());
		assertThat(written.get()).isLessThan(LARGE / 2);
		assertThat(memory() - memory).isLessThan(8 * 1024 * 1024);
		assertThat(client.getInputStream().readAllBytes()).hasSize((int) LARGE);
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

	private static long memory() {
		ByteBufAllocatorMetric metric = ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
		return metric.usedDirectMemory() + metric.usedHeapMemory();
	}

	private static byte[] send(Socket socket, long seed) {
		try {
			Random random = new Random(seed);
			byte[] block = new byte[50_000];
			OutputStream out = socket.getOutputStream();
			for (long left = LARGE; left > 0; left -= block.length) {
				random.nextBytes(block);
				out.write(block, 0, (int) Math.min(left, block.length));
			}
			socket.shutdownOutput();
			return block;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] receive(Socket socket) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		byte[] block = new byte[70_000];
		InputStream in = socket.getInputStream();
		for (int read = in.read(block); read >= 0; read = in.read(block)) {
			digest.update(block, 0, read);
		}
		return digest.digest();
	}

	private static byte[] digest(long seed) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		Random random = new Random(seed);
		byte[] block = new byte[50_000];
		for (long left = LARGE; left > 0; left -= block.length) {
			random.nextBytes(block);
			digest.update(Arrays.copyOf(block, (int) Math.min(left, block.length)));
		}
		return digest.digest();
	}

}
