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
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import io.github.bootmesh.Destination;
import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class UpstreamListenerTests {

	private final RelayTestbed testbed = new RelayTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private Application echo() throws IOException {
		return this.testbed.application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, RelayTestbed.ANY_PORT.getAddress())) {
			return socket.getLocalPort();
		}
	}

	private static void assertEchoes(Socket client) throws IOException {
		client.getOutputStream().write(7);
		assertThat(client.getInputStream().read()).isEqualTo(7);
	}

	// For longer than it may be silent in these tests.
	private static void assertStaysOpenInUse(Socket client) {
		Awaitility.await().atMost(RelayTestbed.PATIENCE).during(Duration.ofSeconds(1)).until(() -> echoes(client));
	}

	// Which may come before the connect is over.
	private void assertReset(SocketAddress address) {
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> {
			Socket client = this.testbed.connect(address);
			client.getOutputStream().write(7);
			client.getInputStream().read();
		});
	}

	private void assertFailed(UpstreamListener upstream, String reason) {
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.untilAsserted(() -> assertThat(upstream.status().failures()).containsOnlyKeys(reason));
	}

	@Test
	void whenTheInstanceIsAnotherServiceThenNothingPassesAndTheClientIsReset() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("billing", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		assertReset(upstream.start());
		assertFailed(upstream, "not-connected");
		assertThat(upstream.status().problem()).contains("billing");
	}

	@Test
	void whenNobodyIsHealthyThenTheClientIsResetAndTheListenerStays() throws Exception {
		this.testbed.catalog().empty("ledger");
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		SocketAddress address = upstream.start();
		assertReset(address);
		assertFailed(upstream, "no-healthy-instance");
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.until(() -> !this.testbed.endpoints().statuses().get(0).endpoints().isEmpty());
		assertEchoes(this.testbed.connect(address));
	}

	@Test
	void whenOneInstanceCannotBeConnectedThenAnotherIsTaken() throws Exception {
		this.testbed.catalog().add("ledger", "gone", freePort(), "passing");
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		SocketAddress address = upstream.start();
		for (int i = 0; i < 10; i++) {
			assertEchoes(this.testbed.connect(address));
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenAnInstanceSaysNothingThenAnotherIsTakenInTime() throws Exception {
		Application silent = this.testbed
			.application((peer) -> peer.getInputStream().transferTo(OutputStream.nullOutputStream()));
		this.testbed.catalog().add("ledger", "silent", silent.port(), "passing");
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed
			.upstream(RelaySettings.DEFAULTS.withConnectTimeout(Duration.ofSeconds(4)));
		SocketAddress address = upstream.start();
		for (int i = 0; i < 6; i++) {
			assertEchoes(this.testbed.connect(address));
		}
		assertThat(silent.accepted()).isPositive();
	}

	@Test
	void whenThereIsOnlyASilentInstanceThenTheConnectTimeoutEndsIt() throws Exception {
		Application silent = this.testbed
			.application((peer) -> peer.getInputStream().transferTo(OutputStream.nullOutputStream()));
		this.testbed.catalog().add("ledger", "silent", silent.port(), "passing");
		UpstreamListener upstream = this.testbed
			.upstream(RelaySettings.DEFAULTS.withConnectTimeout(Duration.ofMillis(500)));
		assertReset(upstream.start());
		assertFailed(upstream, "connect-timeout");
	}

	@Test
	void whenTheIntentionsRefuseThenTheClientIsResetAndNobodyIsAvoided() throws Exception {
		Application application = echo();
		this.testbed.ledger("l1", application.port(), this.testbed.tls("ledger", (peer) -> "deny " + peer.service()));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		SocketAddress address = upstream.start();
		for (int i = 0; i < 3; i++) {
			Socket client = this.testbed.connect(address);
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		}
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.until(() -> upstream.status().failures().equals(Map.of("possibly-refused", 3L)));
		assertThat(application.accepted()).isZero();
	}

	@Test
	void whenOneOfSeveralRefusesThenItIsNotAvoidedForIt() throws Exception {
		Application application = echo();
		MeshTls refusing = this.testbed.tls("ledger", (peer) -> "deny " + peer.service());
		for (String instance : List.of("l1", "l2", "l3")) {
			this.testbed.ledger(instance, application.port(), refusing);
		}
		UpstreamListener upstream = this.testbed.upstream(
				new Upstream("ledger-db", Destination.service("ledger"), RelayTestbed.ANY_PORT, ChoicePolicy.FIRST));
		Set<String> refusers = new HashSet<>();
		for (int i = 0; i < 5; i++) {
			Socket client = this.testbed.connect(address(upstream));
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
			long refused = i + 1;
			Awaitility.await()
				.atMost(RelayTestbed.PATIENCE)
				.until(() -> upstream.status().failures().equals(Map.of("possibly-refused", refused)));
			refusers.add(String.valueOf(upstream.status().problem()));
		}
		assertThat(refusers).as("always the first one").hasSize(1);
		assertThat(application.accepted()).isZero();
	}

	@Test
	void whenAnInstanceEndsWithoutAByteAfterItsTimeToRefuseThenItHasAnswered() throws Exception {
		this.testbed.meshServer("ledger", "TLSv1.3", (peer) -> peer.getInputStream().read());
		UpstreamListener upstream = this.testbed
			.upstream(RelayTestbed.PATIENT.withTuning(RelayTuning.DEFAULTS.withRefusalWindow(Duration.ofNanos(1))));
		Socket client = this.testbed.connect(upstream.start());
		client.getOutputStream().write('?');
		assertThat(client.getInputStream().read()).isEqualTo(-1);
		client.close();
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 0);
		assertThat(upstream.status().failures()).isEmpty();
		assertThat(upstream.status().problem()).isNull();
	}

	@Test
	void whenCertificatesExpireThenOpenConnectionsStay() throws Exception {
		MeshTls ledger = this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER,
				new TlsSettings(Duration.ofSeconds(10), 1000, 16, Duration.ofMillis(200), Duration.ofMillis(200)));
		this.testbed.ledger("l1", echo().port(), ledger);
		UpstreamListener upstream = this.testbed.upstream(RelaySettings.DEFAULTS);
		SocketAddress address = upstream.start();
		this.testbed.rotate(Duration.ofSeconds(4));
		Instant expired = Instant.now().plusSeconds(4);
		Socket client = this.testbed.connect(address);
		assertEchoes(client);
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.until(() -> echoes(client) && Instant.now().isAfter(expired.plusSeconds(2)));
		assertReset(address);
		assertEchoes(client);
	}

	@Test
	void whenEverythingIsReachedByIpv6ThenBytesPass() throws Exception {
		InetAddress loopback = InetAddress.getByName("::1");
		Application application = this.testbed.application(new ServerSocket(0, 50, loopback),
				(peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
		PublicListener ledger = this.testbed.closing(new PublicListener(new InetSocketAddress(loopback, 0),
				new InetSocketAddress(loopback, application.port()), this.testbed.loops(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER), RelaySettings.DEFAULTS));
		this.testbed.catalog().addAt("ledger", "l1", "::1", ledger.start().getPort());
		UpstreamListener upstream = this.testbed.upstream("ledger", new InetSocketAddress(loopback, 0));
		Socket client = this.testbed.connect(address(upstream));
		assertThat(client.getRemoteSocketAddress().toString()).contains("0:0:0:0:0:0:0:1");
		assertEchoes(client);
	}

	private static SocketAddress address(UpstreamListener upstream) {
		return Objects.requireNonNull(upstream.status().address());
	}

	@Test
	void whenTheIntentionsChangeToDenyThenTheOpenConnectionIsReset() throws Exception {
		AtomicReference<@Nullable String> refusal = new AtomicReference<>();
		MeshTls ledger = this.testbed.tls("ledger", (peer) -> refusal.get());
		Application application = echo();
		this.testbed.ledger("l1", application.port(), ledger);
		Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
		assertEchoes(client);
		refusal.set("deny web");
		ledger.admissionChanged();
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> application.failure() != null);
	}

	@Test
	void whenTheIntentionsCannotBeDecidedOnAgainThenTheOpenConnectionIsReset() throws Exception {
		AtomicBoolean failing = new AtomicBoolean();
		MeshTls ledger = this.testbed.tls("ledger", (peer) -> {
			if (failing.get()) {
				throw new IllegalStateException("undecided");
			}
			return null;
		});
		this.testbed.ledger("l1", echo().port(), ledger);
		Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
		assertEchoes(client);
		failing.set(true);
		ledger.admissionChanged();
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
	}

	@Test
	void whenTheApplicationIsDownThenTheClientIsReset() throws Exception {
		PublicListener ledger = this.testbed.ledger("l1", freePort(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		assertReset(this.testbed.upstream(RelayTestbed.PATIENT).start());
		assertThat(ledger.status().failures()).containsOnlyKeys("not-connected");
	}

	@Test
	void whenAsManyAsAllowedAreOpenThenFurtherOnesAreResetUntilOneEnds() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelaySettings.DEFAULTS.withMaxConnections(2));
		SocketAddress address = upstream.start();
		Socket first = this.testbed.connect(address);
		Socket second = this.testbed.connect(address);
		assertEchoes(first);
		assertEchoes(second);
		assertReset(address);
		assertFailed(upstream, "too-many-connections");
		first.close();
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 1);
		assertEchoes(this.testbed.connect(address));
		assertEchoes(second);
	}

	@Test
	void whenManyComeAtOnceThenAsManyAsAllowedAreServedAndTheOthersReset() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT.withMaxConnections(100));
		SocketAddress address = upstream.start();
		Queue<Socket> clients = new ConcurrentLinkedQueue<>();
		AtomicInteger early = new AtomicInteger();
		ExecutorService crowd = Executors.newFixedThreadPool(16);
		for (int i = 0; i < 2000; i++) {
			crowd.submit(() -> {
				try {
					clients.add(this.testbed.connect(address));
				}
				catch (SocketException ex) {
					// Reset before the connect was over.
					early.incrementAndGet();
				}
				return null;
			});
		}
		crowd.shutdown();
		assertThat(crowd.awaitTermination(RelayTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		assertThat(clients.size() + early.get()).isEqualTo(2000);
		int served = 0;
		for (Socket client : clients) {
			served += echoes(client) ? 1 : 0;
		}
		assertThat(served).as("%s were reset early", early).isEqualTo(100);
		assertThat(upstream.status().failures()).containsOnly(Map.entry("too-many-connections", 1900L));
		for (Socket client : clients) {
			client.close();
		}
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 0);
		assertEchoes(this.testbed.connect(address));
	}

	private static boolean echoes(Socket client) {
		try {
			assertEchoes(client);
			return true;
		}
		catch (IOException ex) {
			assertThat(ex).isInstanceOf(SocketException.class);
			return false;
		}
	}

	@Test
	void whenAsManyAsAllowedWaitThenFurtherOnesAreResetUntilOneIsConnected() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		Sinks.One<String> trustDomain = Sinks.one();
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT.withMaxPending(2), trustDomain.asMono());
		SocketAddress address = upstream.start();
		Socket first = this.testbed.connect(address);
		Socket second = this.testbed.connect(address);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 2);
		assertReset(address);
		assertFailed(upstream, "too-many-pending");
		trustDomain.tryEmitValue(RelayTestbed.TRUST_DOMAIN);
		assertEchoes(first);
		assertEchoes(second);
		for (int i = 0; i < 5; i++) {
			assertEchoes(this.testbed.connect(address));
		}
	}

	@Test
	void whenNothingIsSaidForTheIdleTimeoutThenBothSidesAreReset() throws Exception {
		Application application = echo();
		this.testbed.ledger("l1", application.port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT.withIdleTimeout(Duration.ofMillis(700)));
		Socket client = this.testbed.connect(upstream.start());
		assertStaysOpenInUse(client);
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> application.failure() != null);
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenAConnectionIsOldThenItIsResetAtItsNextPause() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT.withMaxLifetime(Duration.ofMillis(1))
			.withTuning(RelayTuning.DEFAULTS.withPause(Duration.ofMillis(700))));
		Socket client = this.testbed.connect(upstream.start());
		assertStaysOpenInUse(client);
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenAnInstanceResetsEveryConnectionThenTheClientIsReset() throws Exception {
		Application resetting = this.testbed.application((peer) -> peer.setSoLinger(true, 0));
		this.testbed.catalog().add("ledger", "resetting", resetting.port(), "passing");
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		assertReset(upstream.start());
		assertFailed(upstream, "not-connected");
	}

	@Test
	void whenTheListenerIsClosedWhileManyComeThenEachOfThemEnds() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		SocketAddress address = upstream.start();
		CompletableFuture<List<Socket>> clients = CompletableFuture.supplyAsync(() -> {
			List<Socket> connected = new ArrayList<>();
			try {
				for (int i = 0; i < 1000; i++) {
					connected.add(this.testbed.connect(address));
				}
			}
			catch (IOException ex) {
				// It does not listen any more.
			}
			return connected;
		});
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.untilAsserted(() -> assertThat(upstream.status()).matches((status) -> status.connections() > 100));
		upstream.close();
		assertThat(clients).succeedsWithin(RelayTestbed.PATIENCE);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 0);
		for (Socket client : clients.join()) {
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		}
	}

	@Test
	void whenTheIdentityComesLaterThenTheConnectionWaitsForIt() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		Sinks.One<String> trustDomain = Sinks.one();
		UpstreamListener upstream = this.testbed.upstream(RelaySettings.DEFAULTS, trustDomain.asMono());
		Socket client = this.testbed.connect(upstream.start());
		client.getOutputStream().write(7);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 1);
		trustDomain.tryEmitValue(RelayTestbed.TRUST_DOMAIN);
		assertThat(client.getInputStream().read()).isEqualTo(7);
	}

	@Test
	void whenTheIdentityNeverComesThenTheConnectTimeoutEndsIt() throws Exception {
		UpstreamListener upstream = this.testbed
			.upstream(RelaySettings.DEFAULTS.withConnectTimeout(Duration.ofMillis(300)), Mono.never());
		assertReset(upstream.start());
		assertFailed(upstream, "no-identity");
	}

	@Test
	void whenThePeerGoesWithoutGoodbyeThenItsStreamDoesNotLookComplete() throws Exception {
		CompletableFuture<Void> end = new CompletableFuture<>();
		Application server = this.testbed.meshServer("ledger", "TLSv1.3", (peer) -> {
			peer.getOutputStream().write("half of".getBytes(StandardCharsets.UTF_8));
			end.join();
		});
		try (Tunnel tunnel = Tunnel.to(server.port())) {
			this.testbed.catalog()
				.remove("ledger", "server-" + server.port())
				.add("ledger", "tunnel", tunnel.port(), "passing");
			Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
			assertThat(client.getInputStream().readNBytes(7)).hasSize(7);
			tunnel.endTowardsClient();
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		}
		finally {
			end.complete(null);
		}
	}

	@Test
	void whenTheTls12PeerAnswersAndClosesThenTheAnswerIsComplete() throws Exception {
		this.testbed.meshServer("ledger", "TLSv1.2", (peer) -> {
			byte[] question = peer.getInputStream().readNBytes(8);
			peer.getOutputStream().write(question);
		});
		Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
		client.getOutputStream().write("question".getBytes(StandardCharsets.UTF_8));
		client.shutdownOutput();
		assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("question");
	}

	@Test
	void whenTheTls12PeerWaitsForTheEndThenTheClientIsResetInTheEnd() throws Exception {
		this.testbed.meshServer("ledger", "TLSv1.2", (peer) -> peer.getInputStream().readAllBytes());
		UpstreamListener upstream = this.testbed.upstream(
				RelaySettings.DEFAULTS.withTuning(RelayTuning.DEFAULTS.withHalfCloseWait(Duration.ofMillis(500))));
		Socket client = this.testbed.connect(upstream.start());
		client.getOutputStream().write("question".getBytes(StandardCharsets.UTF_8));
		client.shutdownOutput();
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
	}

	@Test
	void whenAProgramKeepsARefusedConnectionOpenThenTheRefusalIsKnownAllTheSame() throws Exception {
		this.testbed.meshServer("ledger", "TLSv1.3", (peer) -> peer.getInputStream().read());
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		Socket client = this.testbed.connect(upstream.start());
		client.getOutputStream().write('?');
		assertThat(client.getInputStream().read()).isEqualTo(-1);
		assertFailed(upstream, "possibly-refused");
		assertThat(upstream.status().connections()).isOne();
	}

	@Test
	void whenAProgramKeepsARefusedConnectionOpenForLongThenItEnds() throws Exception {
		this.testbed.meshServer("ledger", "TLSv1.3", (peer) -> peer.getInputStream().read());
		UpstreamListener upstream = this.testbed
			.upstream(RelayTestbed.PATIENT.withTuning(RelayTuning.DEFAULTS.withHalfCloseWait(Duration.ofMillis(1500))));
		Socket client = this.testbed.connect(upstream.start());
		client.getOutputStream().write('?');
		assertThat(client.getInputStream().read()).isEqualTo(-1);
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> upstream.status().connections() == 0);
		assertThat(upstream.status().failures()).isEqualTo(Map.of("possibly-refused", 1L));
		// Nor did it look good in between.
		assertThat(upstream.status().problem()).contains("intentions");
	}

	@Test
	void whenTheListenerIsClosedThenItsPortIsFreeAndItsConnectionsAreReset() throws Exception {
		this.testbed.ledger("l1", echo().port(), this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream(RelayTestbed.PATIENT);
		SocketAddress address = upstream.start();
		Socket client = this.testbed.connect(address);
		assertEchoes(client);
		upstream.stopAccepting();
		assertEchoes(client);
		upstream.close();
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		new ServerSocket(AgentTestbed.port(upstream), 1, RelayTestbed.ANY_PORT.getAddress()).close();
	}

	@Test
	void whenThePublicListenerAcceptsNothingMoreThenItIsDrainedByTheEndOfItsLastConnection() throws Exception {
		PublicListener ledger = this.testbed.ledger("l1", echo().port(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		Socket client = this.testbed.connect(this.testbed.upstream(RelaySettings.DEFAULTS).start());
		assertEchoes(client);
		ledger.stopAccepting();
		CompletableFuture<Void> drained = ledger.drained().toCompletableFuture();
		assertEchoes(client);
		assertThat(drained).isNotDone();
		client.shutdownOutput();
		assertThat(drained).succeedsWithin(RelayTestbed.PATIENCE);
	}

	@Test
	void whenThePortIsInUseThenTheStartSaysSo() throws Exception {
		Application other = echo();
		UpstreamListener upstream = this.testbed.upstream(
				new InetSocketAddress(RelayTestbed.ANY_PORT.getAddress(), other.port()), RelaySettings.DEFAULTS,
				Mono.never());
		assertThatExceptionOfType(IOException.class).isThrownBy(upstream::start)
			.withMessageContaining(String.valueOf(other.port()));
	}

}
