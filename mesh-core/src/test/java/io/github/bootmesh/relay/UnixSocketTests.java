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
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Programs that reach an upstream, and are reached by a public listener, through Unix
 * sockets.
 */
@Timeout(120)
class UnixSocketTests {

	private static final long LARGE = 100L * 1024 * 1024;

	private static final long FLAT = 32L * 1024 * 1024;

	private static final Executor THREADS = (task) -> new Thread(task, "unix-tests").start();

	private final Path directory;

	private final RelayTestbed testbed = new RelayTestbed();

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private MeshTls ledger = this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER);

	UnixSocketTests(@TempDir Path directory) {
		this.directory = directory;
	}

	@AfterEach
	void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
		this.testbed.close();
	}

	private <T extends AutoCloseable> T closing(T closeable) {
		this.open.push(closeable);
		return closeable;
	}

	private UpstreamListener upstream() {
		return upstream(RelayTestbed.PATIENT, Mono.just(RelayTestbed.TRUST_DOMAIN));
	}

	private UpstreamListener upstream(RelaySettings settings, Mono<String> trustDomain) {
		return this.testbed.upstream(UnixDomainSocketAddress.of(this.directory.resolve("upstream")), settings,
				trustDomain);
	}

	/** Puts a public listener before an application that has a Unix socket only. */
	private PublicListener serve(UnixPeer.Conversation conversation) throws IOException {
		Path path = this.directory.resolve("application");
		closing(UnixPeer.serve(path, conversation));
		return publish(path);
	}

	private PublicListener publish(Path application) throws IOException {
		PublicListener listener = closing(new PublicListener(RelayTestbed.ANY_PORT,
				UnixDomainSocketAddress.of(application), this.testbed.loops(), this.ledger, RelaySettings.DEFAULTS));
		this.testbed.catalog().add("ledger", "l1", listener.start().getPort(), "passing");
		return listener;
	}

	/** A client of a Unix socket whose application has one too. */
	private UnixPeer connectThroughBoth(UnixPeer.Conversation conversation) throws IOException {
		serve(conversation);
		return connect(upstream());
	}

	private UnixPeer connect(UpstreamListener upstream) throws IOException {
		return closing(UnixPeer.connect(upstream.start()));
	}

	private static String readAll(UnixPeer peer) throws IOException {
		return new String(peer.in().readAllBytes(), StandardCharsets.UTF_8);
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static void echo(UnixPeer peer) throws IOException {
		peer.in().transferTo(peer.out());
	}

	@Test
	void whenTheClientHalfClosesThenTheReplyFollows() throws Exception {
		UnixPeer client = connectThroughBoth((peer) -> {
			String question = readAll(peer);
			peer.out().write(bytes("answer to " + question));
		});
		client.out().write(bytes("question"));
		client.endOutput();
		assertThat(readAll(client)).isEqualTo("answer to question");
	}

	@Test
	void whenTheServerHalfClosesThenTheClientIsStillHeard() throws Exception {
		CompletableFuture<String> heard = new CompletableFuture<>();
		UnixPeer client = connectThroughBoth((peer) -> {
			peer.out().write(bytes("bye"));
			peer.endOutput();
			heard.complete(readAll(peer));
		});
		assertThat(readAll(client)).isEqualTo("bye");
		client.out().write(bytes("wait, "));
		client.out().write(bytes("there is more"));
		client.close();
		assertThat(heard).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo("wait, there is more");
	}

	@Test
	void whenBytesComeOneByOneThenEachPasses() throws Exception {
		UnixPeer client = connectThroughBoth(UnixSocketTests::echo);
		for (int i = 0; i < 300; i++) {
			client.out().write(i & 0xff);
			assertThat(client.in().read()).isEqualTo(i & 0xff);
		}
		client.endOutput();
		assertThat(client.in().read()).isEqualTo(-1);
	}

	@Test
	void whenMuchIsSentBothWaysThenAllArrives() throws Exception {
		CompletableFuture<byte[]> received = new CompletableFuture<>();
		UnixPeer client = connectThroughBoth((peer) -> {
			CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(peer, 1), THREADS);
			received.complete(receive(peer));
			sent.join();
		});
		CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(client, 2), THREADS);
		assertThat(receive(client)).isEqualTo(digest(1));
		assertThat(received).succeedsWithin(RelayTestbed.PATIENCE).isEqualTo(digest(2));
		assertThat(sent).succeedsWithin(RelayTestbed.PATIENCE);
	}

	@Test
	void whenTheReaderIsSlowThenTheWriterWaitsAndMemoryStaysFlat() throws Exception {
		AtomicLong written = new AtomicLong();
		UnixPeer client = connectThroughBoth((peer) -> {
			byte[] block = new byte[64 * 1024];
			for (int i = 0; i < LARGE / block.length; i++) {
				peer.out().write(block);
				written.addAndGet(block.length);
			}
		});
		long memory = RelayTestbed.memory();
		AtomicLong before = new AtomicLong();
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.during(Duration.ofSeconds(1))
			.until(() -> written.get() > 0 && before.getAndSet(written.get()) == written.get());
		assertThat(written.get()).isLessThan(LARGE / 2);
		assertThat(RelayTestbed.memory() - memory).isLessThan(FLAT);
		assertThat(client.in().readAllBytes()).hasSize((int) LARGE);
	}

	@Test
	void whenTheClientEndsBeforeItIsConnectedThenNothingIsLost() throws Exception {
		serve(UnixSocketTests::echo);
		Sinks.One<String> trustDomain = Sinks.one();
		UpstreamListener upstream = upstream(RelayTestbed.PATIENT, trustDomain.asMono());
		UnixPeer client = connect(upstream);
		client.out().write(bytes("all I have"));
		client.endOutput();
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 1);
		trustDomain.tryEmitValue(RelayTestbed.TRUST_DOMAIN);
		assertThat(readAll(client)).isEqualTo("all I have");
	}

	@Test
	void whenTheClientGoesWithoutReadingAllThenTheServerIsReset() throws Exception {
		CompletableFuture<Exception> end = new CompletableFuture<>();
		CountDownLatch read = new CountDownLatch(1);
		Application application = this.testbed.application((peer) -> {
			peer.getOutputStream().write(bytes("two"));
			read.await();
			try {
				end.complete(new Exception("read " + peer.getInputStream().read()));
			}
			catch (IOException ex) {
				end.complete(ex);
			}
		});
		this.testbed.ledger("l1", application.port(), this.ledger);
		UpstreamListener upstream = upstream();
		UnixPeer client = connect(upstream);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().sent() == 3);
		assertThat(client.in().read()).isEqualTo('t');
		client.close();
		read.countDown();
		assertThat(end).succeedsWithin(RelayTestbed.PATIENCE).isInstanceOf(SocketException.class);
	}

	@Test
	void whenTheServerResetsWhileTheClientSendsThenTheClientIsReset() throws Exception {
		Application application = this.testbed.application((peer) -> {
			peer.getInputStream().read();
			peer.setSoLinger(true, 0);
		});
		this.testbed.ledger("l1", application.port(), this.ledger);
		UnixPeer client = connect(upstream());
		byte[] block = new byte[64 * 1024];
		assertThatIOException().isThrownBy(() -> {
			while (true) {
				client.out().write(block);
			}
		});
	}

	// A Unix socket has no other reset than this end of what the other side had not read.
	@Test
	void whenTheServerResetsWhileTheClientOnlyWaitsThenItSeesAnEndAndCannotWrite() throws Exception {
		Application application = this.testbed.application((peer) -> {
			peer.getInputStream().read();
			peer.setSoLinger(true, 0);
		});
		this.testbed.ledger("l1", application.port(), this.ledger);
		UnixPeer client = connect(upstream());
		client.out().write(1);
		assertThat(client.in().read()).isEqualTo(-1);
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.untilAsserted(() -> assertThatIOException().isThrownBy(() -> client.out().write(1)));
	}

	@Test
	void whenNoConnectionIsMadeThenAClientThatReadsAlreadyIsResetAndNotTold() throws Exception {
		UpstreamListener upstream = upstream(RelaySettings.DEFAULTS.withConnectTimeout(Duration.ofSeconds(1)),
				Mono.never());
		UnixPeer client = connect(upstream);
		client.out().write(7);
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.in().read());
		assertThat(upstream.status().failures()).containsOnlyKeys("no-identity");
	}

	@Test
	void whenTheListenerIsClosedThenItsFileIsGoneAndItsConnectionsEnd() throws Exception {
		serve(UnixSocketTests::echo);
		UpstreamListener upstream = upstream();
		UnixPeer client = connect(upstream);
		client.out().write(7);
		assertThat(client.in().read()).isEqualTo(7);
		upstream.stopAccepting();
		assertThat(this.directory.resolve("upstream")).doesNotExist();
		client.out().write(7);
		assertThat(client.in().read()).isEqualTo(7);
		upstream.close();
		assertThat(client.in().read()).isEqualTo(-1);
	}

	@Test
	void whenItListensThenItsStatusNamesThePathAndOnlyItsUserReachesIt() throws Exception {
		UpstreamListener upstream = upstream();
		upstream.start();
		Path path = this.directory.resolve("upstream");
		assertThat(upstream.status().address()).isEqualTo(UnixDomainSocketAddress.of(path));
		assertThat(Files.getPosixFilePermissions(path)).isEqualTo(Upstream.DEFAULT_SOCKET_MODE);
	}

	@Test
	void whenSomethingElseIsThereThenTheStartFailsAndNothingIsOpen() throws Exception {
		Files.writeString(this.directory.resolve("upstream"), "mine");
		UpstreamListener upstream = upstream();
		assertThatIOException().isThrownBy(upstream::start).withMessageContaining("is no socket");
		upstream.close();
		assertThat(this.directory.resolve("upstream")).hasContent("mine");
		assertThat(this.directory.toFile().list()).containsExactly("upstream");
	}

	@Test
	void whenNobodyListensAtTheApplicationsPathThenTheClientIsResetAndTheStatusSaysWhy() throws Exception {
		PublicListener listener = publish(this.directory.resolve("nobody"));
		Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		assertThat(listener.status().failures()).containsOnlyKeys("not-connected");
		assertThat(listener.status().problem()).contains("No such file");
	}

	@Test
	void whenTheIntentionsDenyThenTheApplicationIsNotDialled() throws Exception {
		AtomicLong accepted = new AtomicLong();
		this.ledger = this.testbed.tls("ledger", (peer) -> "deny " + peer.service());
		serve((peer) -> accepted.incrementAndGet());
		Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		assertThat(accepted).hasValue(0);
	}

	private static byte[] send(UnixPeer peer, long seed) {
		try {
			byte[] block = new byte[50_000];
			new Random(seed).nextBytes(block);
			OutputStream out = peer.out();
			for (long left = LARGE; left > 0; left -= block.length) {
				block[(int) (left % block.length)]++;
				out.write(block, 0, (int) Math.min(left, block.length));
			}
			peer.endOutput();
			return block;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] receive(UnixPeer peer) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		byte[] block = new byte[70_000];
		InputStream in = peer.in();
		for (int read = in.read(block); read >= 0; read = in.read(block)) {
			digest.update(block, 0, read);
		}
		return digest.digest();
	}

	private static byte[] digest(long seed) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		byte[] block = new byte[50_000];
		new Random(seed).nextBytes(block);
		for (long left = LARGE; left > 0; left -= block.length) {
			block[(int) (left % block.length)]++;
			digest.update(block, 0, (int) Math.min(left, block.length));
		}
		return digest.digest();
	}

}
