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
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.bootmesh.Destination;
import io.github.bootmesh.discovery.Endpoint;
import io.github.bootmesh.discovery.TestCatalog;
import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.testing.ScriptedAgent.Answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of open connections when Consul says that a destination is somebody else,
 * or is no more.
 */
@ExtendWith(OutputCaptureExtension.class)
class ChangedIdentityTests {

	private static final String QUERY = "nearest";

	private final RelayTestbed testbed = new RelayTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	// Answers each byte with another one.
	private void serve(String service, int more) throws IOException {
		Application application = this.testbed.application((peer) -> {
			for (int read = peer.getInputStream().read(); read >= 0; read = peer.getInputStream().read()) {
				peer.getOutputStream().write(read + more);
			}
		});
		this.testbed.serve(service, new InetSocketAddress(RelayTestbed.ANY_PORT.getAddress(), application.port()));
	}

	private UpstreamListener upstream() throws IOException {
		return this.testbed.upstream(new Upstream("near", Destination.preparedQuery(QUERY), RelayTestbed.ANY_PORT));
	}

	private static SocketAddress address(UpstreamListener upstream) {
		return Objects.requireNonNull(upstream.status().address());
	}

	private static int ask(Socket client) throws IOException {
		client.getOutputStream().write(1);
		return client.getInputStream().read();
	}

	// Never silent for as long as a drain waits for.
	private static void awaitResetInUse(Socket client) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(100))
			.atMost(RelayTestbed.PATIENCE)
			.untilAsserted(() -> assertThatExceptionOfType(SocketException.class).isThrownBy(() -> ask(client)));
	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(RelayTestbed.PATIENCE).until(condition);
	}

	private boolean finds(Predicate<Endpoint> endpoint) {
		return this.testbed.endpoints().statuses().get(0).endpoints().stream().anyMatch(endpoint);
	}

	private boolean findsNobody() {
		return this.testbed.endpoints().statuses().get(0).endpoints().isEmpty();
	}

	@Test
	void whenTheQueryIsEditedToAskForAnotherServiceThenOpenConnectionsAreResetAndNewOnesReachThatOne(
			CapturedOutput output) throws Exception {
		serve("ledger", 10);
		serve("billing", 20);
		this.testbed.catalog().query(QUERY, "ledger");
		UpstreamListener upstream = upstream();
		Socket busy = this.testbed.connect(address(upstream));
		Socket idle = this.testbed.connect(address(upstream));
		assertThat(ask(busy)).isEqualTo(11);
		assertThat(ask(idle)).isEqualTo(11);
		this.testbed.catalog().query(QUERY, "billing");
		awaitResetInUse(busy);
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> idle.getInputStream().read());
		assertThat(upstream.status().failures()).containsExactly(Map.entry("identity-changed", 2L));
		assertThat(upstream.status().problem()).contains("identity-changed", "'billing'");
		await(() -> output.toString().contains("has 2 connection(s) reset: identity-changed"));
		assertThat(output).containsOnlyOnce("connection(s) reset");
		Socket next = this.testbed.connect(address(upstream));
		assertThat(ask(next)).isEqualTo(21);
		await(() -> upstream.status().problem() == null);
		assertThat(ask(next)).isEqualTo(21);
		assertThat(upstream.status().failures()).containsExactly(Map.entry("identity-changed", 2L));
	}

	@Test
	void whenTheQueryIsDeletedOrFindsNobodyOrCannotBeReadThenOpenConnectionsStay() throws Exception {
		serve("ledger", 10);
		this.testbed.catalog().query(QUERY, "ledger");
		UpstreamListener upstream = upstream();
		Socket client = this.testbed.connect(address(upstream));
		assertThat(ask(client)).isEqualTo(11);
		this.testbed.agent().answer(TestCatalog.queryPath(QUERY), Answer.text(404, "Query not found"));
		await(this::findsNobody);
		assertThat(ask(client)).isEqualTo(11);
		this.testbed.agent().answer(TestCatalog.queryPath(QUERY), Answer.garbage());
		await(() -> String.valueOf(this.testbed.endpoints().statuses().get(0).problem()).contains("cannot be asked"));
		assertThat(ask(client)).isEqualTo(11);
		this.testbed.catalog().query(QUERY, "ledger");
		await(() -> finds((endpoint) -> true));
		this.testbed.catalog().empty("ledger").query(QUERY, "ledger");
		await(this::findsNobody);
		assertStays(upstream, client);
	}

	// A reset might come after the first answer.
	private static void assertStays(UpstreamListener upstream, Socket client) throws IOException {
		assertThat(ask(client)).isEqualTo(11);
		assertThat(upstream.status().failures()).isEmpty();
		assertThat(ask(client)).isEqualTo(11);
	}

	@Test
	void whenTheQueryFailsOverToAnotherDatacenterThenOpenConnectionsStay() throws Exception {
		serve("ledger", 10);
		this.testbed.catalog().query(QUERY, "ledger");
		UpstreamListener upstream = upstream();
		Socket client = this.testbed.connect(address(upstream));
		assertThat(ask(client)).isEqualTo(11);
		this.testbed.catalog().query(QUERY, "ledger", "dc2");
		await(() -> finds((endpoint) -> endpoint.datacenter().equals("dc2")));
		assertStays(upstream, client);
	}

	@Test
	void whenTheQueryIsEditedWhileConnectionsAreMadeThenEachThatIsResetIsCountedOnce() throws Exception {
		serve("ledger", 10);
		serve("billing", 20);
		this.testbed.catalog().query(QUERY, "ledger");
		UpstreamListener upstream = upstream();
		long reset = 0;
		for (int round = 0; round < 10; round++) {
			boolean billing = round % 2 == 0;
			this.testbed.catalog().query(QUERY, billing ? "billing" : "ledger");
			List<Socket> clients = new ArrayList<>();
			Awaitility.await().pollInterval(Duration.ofMillis(5)).atMost(RelayTestbed.PATIENCE).until(() -> {
				clients.add(this.testbed.connect(address(upstream)));
				return finds((endpoint) -> endpoint.service().equals(billing ? "billing" : "ledger"));
			});
			for (Socket client : clients) {
				reset += isReset(client, billing ? 21 : 11) ? 1 : 0;
				client.close();
			}
			await(() -> upstream.status().connections() == 0);
		}
		assertThat(upstream.status().failures()).isEqualTo((reset > 0) ? Map.of("identity-changed", reset) : Map.of());
	}

	// Or else it reaches the new service.
	private static boolean isReset(Socket client, int expected) throws IOException {
		try {
			int answer = ask(client);
			while (answer != expected) {
				answer = ask(client);
			}
			return false;
		}
		catch (SocketException ex) {
			return true;
		}
	}

	@Test
	void whenTheQueryIsDeletedAndMadeAgainForAnotherServiceThenOpenConnectionsAreReset() throws Exception {
		serve("ledger", 10);
		serve("billing", 20);
		this.testbed.catalog().query(QUERY, "ledger");
		Socket client = this.testbed.connect(address(upstream()));
		assertThat(ask(client)).isEqualTo(11);
		this.testbed.agent().answer(TestCatalog.queryPath(QUERY), Answer.text(404, "Query not found"));
		await(this::findsNobody);
		assertThat(ask(client)).isEqualTo(11);
		this.testbed.catalog().query(QUERY, "billing");
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
	}

	@Test
	void whenTheHandshakeEndsAfterTheQueryWasEditedThenTheConnectionIsResetBeforeItCarriesAnything() throws Exception {
		CountDownLatch dialled = new CountDownLatch(1);
		CountDownLatch edited = new CountDownLatch(1);
		SSLContext ledger = this.testbed.stranger("ledger");
		Application slow = this.testbed.application((peer) -> {
			dialled.countDown();
			edited.await(RelayTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS);
			SSLSocket tls = (SSLSocket) ledger.getSocketFactory().createSocket(peer, null, true);
			tls.setNeedClientAuth(true);
			assertThat(tls.getInputStream().read()).isNegative();
		});
		this.testbed.catalog().add("ledger", "slow", slow.port(), "passing").query(QUERY, "ledger");
		UpstreamListener upstream = upstream();
		Socket client = this.testbed.connect(address(upstream));
		client.getOutputStream().write(1);
		assertThat(dialled.await(RelayTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		serve("billing", 20);
		this.testbed.catalog().query(QUERY, "billing");
		await(() -> finds((endpoint) -> endpoint.service().equals("billing")));
		edited.countDown();
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		assertThat(upstream.status().failures()).containsExactly(Map.entry("identity-changed", 1L));
		Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.untilAsserted(() -> assertThat(slow.failure()).isInstanceOf(SocketException.class));
	}

	@Test
	void whenTheListenerIsDrainedThenItsConnectionsAreStillResetOnceTheQueryIsEdited() throws Exception {
		serve("ledger", 10);
		serve("billing", 20);
		this.testbed.catalog().query(QUERY, "ledger");
		UpstreamListener upstream = upstream();
		Socket client = this.testbed.connect(address(upstream));
		assertThat(ask(client)).isEqualTo(11);
		upstream.drain();
		this.testbed.catalog().query(QUERY, "billing");
		awaitResetInUse(client);
		assertThat(upstream.status().failures()).containsExactly(Map.entry("identity-changed", 1L));
	}

}
