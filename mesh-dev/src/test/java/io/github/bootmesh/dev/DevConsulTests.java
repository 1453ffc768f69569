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

package io.github.bootmesh.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What the development Consul does beyond the contract.
 */
class DevConsulTests {

	private static final String ROOTS = "/v1/agent/connect/ca/roots";

	private static final String LEAF = "/v1/agent/connect/ca/leaf/web";

	private DevConsul consul = DevConsul.start();

	private RawHttp http = new RawHttp(this.consul.url());

	@AfterEach
	void stop() {
		this.consul.close();
	}

	private void restart(DevConsulSettings settings) {
		this.consul.close();
		this.consul = DevConsul.start(settings);
		this.http = new RawHttp(this.consul.url());
	}

	private List<X509Certificate> roots() {
		List<X509Certificate> roots = new ArrayList<>();
		for (JsonNode root : this.http.get(ROOTS).json().get("Roots")) {
			roots.addAll(Pems.certificates(root.get("RootCert").asString()));
		}
		return roots;
	}

	private List<X509Certificate> chain(Reply leaf) {
		return Pems.certificates(leaf.string("/CertPEM"));
	}

	private boolean leadsToARoot(Reply leaf) {
		return roots().stream().anyMatch((root) -> Pems.leadsTo(root, chain(leaf)));
	}

	private void register(String json) {
		assertThat(this.http.put("/v1/agent/service/register", json.replace('\'', '"')).status()).isEqualTo(200);
	}

	@Test
	void everyRootCarriesTheMarker() {
		this.consul.rotateRoot();
		assertThat(roots()).hasSize(2)
			.allSatisfy((root) -> assertThat(root.getSubjectX500Principal().getName())
				.contains("O=Bootmesh Development CA"));
	}

	@Test
	void aRotationWithoutCrossSigningLeavesOldTrustBehind() {
		X509Certificate before = roots().get(0);
		this.http.get(LEAF);
		this.consul.rotateRootWithoutCrossSigning();
		this.consul.rotateLeaf("web");
		Reply leaf = this.http.get(LEAF);
		assertThat(chain(leaf)).hasSize(1);
		assertThat(Pems.leadsTo(before, chain(leaf))).isFalse();
		assertThat(leadsToARoot(leaf)).isTrue();
	}

	@Test
	void whenInactiveRootsAreRemovedThenWatchersOfTheRootsAreTold() throws Exception {
		this.consul.rotateRoot();
		Reply two = this.http.get(ROOTS);
		CompletableFuture<Reply> next = this.http.getLater(ROOTS + "?wait=30s&index=" + two.index());
		this.consul.removeInactiveRoots();
		assertThat(next.get(10, TimeUnit.SECONDS).json().get("Roots")).hasSize(1);
	}

	@Test
	void whenALeafIsRotatedThenItsWatcherIsTold() throws Exception {
		Reply first = this.http.get(LEAF);
		CompletableFuture<Reply> next = this.http.getLater(LEAF + "?wait=30s&index=" + first.index());
		this.consul.rotateLeaf("web");
		Reply second = next.get(10, TimeUnit.SECONDS);
		assertThat(second.string("/SerialNumber")).isNotEqualTo(first.string("/SerialNumber"));
		assertThat(chain(second).get(0).getPublicKey()).isNotEqualTo(chain(first).get(0).getPublicKey());
	}

	@Test
	void whenRootsAndLeavesRotateFastThenEveryLeafLeadsToAKnownRoot() {
		for (int i = 0; i < 20; i++) {
			this.consul.rotateRoot();
			if (i % 2 == 0) {
				this.consul.rotateLeaf("web");
			}
			assertThat(leadsToARoot(this.http.get(LEAF))).isTrue();
		}
		assertThat(roots()).hasSize(21);
	}

	@Test
	void whenALeafGetsOldThenItsWatcherIsGivenTheNextBeforeItEnds() throws Exception {
		restart(DevConsulSettings.DEFAULTS.withLeafTtl(Duration.ofSeconds(10)));
		Reply first = this.http.get(LEAF);
		Reply second = this.http.getLater(LEAF + "?wait=30s&index=" + first.index()).get(20, TimeUnit.SECONDS);
		assertThat(Instant.now()).isBefore(chain(first).get(0).getNotAfter().toInstant());
		assertThat(second.string("/SerialNumber")).isNotEqualTo(first.string("/SerialNumber"));
		assertThat(second.index()).isGreaterThan(first.index());
	}

	@Test
	void aLeafThatIsAskedForWithoutBlockingIsStaleOnlyWhenThatFaultIsOn() {
		restart(DevConsulSettings.DEFAULTS.withLeafRenewalDelay(Duration.ZERO));
		Reply first = this.http.get(LEAF);
		this.consul.faults().staleLeaves(true);
		this.consul.rotateRoot();
		assertThat(this.http.get(LEAF).string("/SerialNumber")).isEqualTo(first.string("/SerialNumber"));
		Reply blocking = this.http.get(LEAF + "?wait=30s&index=" + first.index());
		assertThat(blocking.string("/SerialNumber")).isNotEqualTo(first.string("/SerialNumber"));
		this.consul.rotateRoot();
		this.consul.faults().clear();
		assertThat(this.http.get(LEAF).string("/SerialNumber")).isNotEqualTo(blocking.string("/SerialNumber"));
	}

	@Test
	void anInstanceThatIsCriticalForTooLongIsDeregistered() {
		restart(DevConsulSettings.DEFAULTS.withLeastDeregistration(Duration.ofMillis(500)));
		register("{'Name':'web','Check':{'TTL':'200ms','Status':'passing','DeregisterCriticalServiceAfter':'100ms'}}");
		register("{'Name':'db','Check':{'TTL':'200ms','Status':'passing'}}");
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.http.get("/v1/agent/services").fields("")).containsExactly("db"));
	}

	@Test
	void anInstanceThatRenewsItsCheckStays() {
		restart(DevConsulSettings.DEFAULTS.withLeastDeregistration(Duration.ofMillis(1)));
		register("{'Name':'web','Check':{'TTL':'60s','DeregisterCriticalServiceAfter':'60s'}}");
		this.http.put("/v1/agent/check/pass/service:web");
		register("{'Name':'db','Check':{'TTL':'10ms','DeregisterCriticalServiceAfter':'1ms'}}");
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.http.get("/v1/agent/services").fields("")).containsExactly("web"));
	}

	@Test
	void forgetsRegistrations() {
		register("{'Name':'web','Connect':{'Native':true},'Check':{'TTL':'60s'}}");
		Reply before = this.http.get("/v1/health/connect/web");
		this.consul.forgetRegistrations();
		assertThat(this.http.get("/v1/agent/services").json()).isEmpty();
		assertThat(this.http.get("/v1/agent/checks").json()).isEmpty();
		assertThat(this.http.get("/v1/health/connect/web?wait=10s&index=" + before.index()).json()).isEmpty();
		assertThat(this.http.put("/v1/agent/check/pass/service:web").status()).isEqualTo(404);
	}

	@Test
	void goesAwayAndComesBackAsItWas() {
		register("{'Name':'web'}");
		Reply leaf = this.http.get(LEAF);
		CompletableFuture<Reply> held = this.http.getLater(LEAF + "?wait=60s&index=" + leaf.index());
		this.consul.goAway();
		assertThatThrownBy(() -> held.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
		assertThatThrownBy(() -> this.http.get(ROOTS)).isInstanceOf(UncheckedIOException.class);
		this.consul.comeBack();
		assertThat(this.http.get("/v1/agent/services").fields("")).containsExactly("web");
		assertThat(this.http.get(LEAF).string("/SerialNumber")).isEqualTo(leaf.string("/SerialNumber"));
	}

	@Test
	void anIndexThatIsResetIsLowerAndTheContentStays() {
		for (int i = 0; i < 20; i++) {
			register("{'Name':'web" + i + "','Connect':{'Native':true}}");
		}
		Reply before = this.http.get("/v1/health/connect/web19");
		this.consul.faults().resetIndex();
		Reply after = this.http.get("/v1/health/connect/web19");
		assertThat(after.index()).isLessThan(before.index());
		assertThat(after.json()).hasSize(1);
		assertThat(this.http.get("/v1/agent/services").json()).hasSize(20);
	}

	@Test
	void nothingIsLeftOfTheQueriesOfClientsThatWentAway() throws Exception {
		Reply before = this.http.get(ROOTS);
		for (int i = 0; i < 3; i++) {
			try (Socket socket = connect()) {
				write(socket,
						"GET " + ROOTS + "?wait=600s&index=" + before.index() + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
				Awaitility.await().until(() -> this.consul.heldRequests() == 1);
			}
			Awaitility.await().until(() -> this.consul.heldRequests() == 0);
		}
	}

	@Test
	void closesConnectionsBeyondTwoHundredAsConsulDoes() throws Exception {
		List<Socket> open = new ArrayList<>();
		try {
			for (int i = 0; i < 200; i++) {
				Socket socket = connect();
				open.add(socket);
				write(socket, "GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n");
				assertThat(socket.getInputStream().read()).isPositive();
			}
			Socket beyond = connect();
			open.add(beyond);
			beyond.setSoTimeout(10_000);
			assertThat(beyond.getInputStream().read()).isEqualTo(-1);
		}
		finally {
			for (Socket socket : open) {
				socket.close();
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "localhost,,200", "127.0.0.1:8500,,200", "127.9.8.7,,200", "[::1]:80,,200", "LOCALHOST,,200",
			"evil.example,,403", "127.0.0.1.evil.example,,403", "localhost.evil.example:8500,,403", "10.0.0.1,,403",
			"localhost,http://localhost:8080,200", "localhost,http://127.0.0.1,200", "localhost,https://[::1]:1,200",
			"localhost,http://evil.example,403", "localhost,null,403", "localhost,http://localhost.evil.example,403",
			"localhost,http://localhost@evil.example,403", "localhost,%,403" })
	void answersLoopbackOnly(String host, String origin, int status) throws Exception {
		try (Socket socket = connect()) {
			write(socket, "GET /v1/status/leader HTTP/1.1\r\nHost: " + host + "\r\n"
					+ ((origin != null) ? "Origin: " + origin + "\r\n" : "") + "Connection: close\r\n\r\n");
			assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
				.startsWith("HTTP/1.1 " + status);
		}
	}

	@Test
	void answersNobodyWhoNamesNoHost() throws Exception {
		try (Socket socket = connect()) {
			write(socket, "GET /v1/status/leader HTTP/1.0\r\n\r\n");
			assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains(" 403 ");
		}
	}

	@Test
	void whenABodyIsTooLargeThenItIsRefusedAndTheNextIsNot() {
		Reply refused = this.http.put("/v1/agent/service/register", " ".repeat(16 * 1024 * 1024));
		assertThat(refused.status()).isEqualTo(413);
		assertThat(refused.text()).contains("larger than 4194304 bytes");
		register(" ".repeat(3 * 1024 * 1024) + "{'Name':'web'}");
		assertThat(this.http.get("/v1/agent/services").fields("")).containsExactly("web");
	}

	@Test
	void aTakenPortStopsTheStartAndLeavesNothing() throws Exception {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			assertThatThrownBy(() -> DevConsul.start(DevConsulSettings.DEFAULTS.withPort(taken.getLocalPort())))
				.hasRootCauseInstanceOf(java.net.BindException.class);
		}
	}

	@Test
	void leavesNoThreadWhenItIsClosed() {
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		DevConsul other = DevConsul.start();
		RawHttp client = new RawHttp(other.url());
		client.get(LEAF);
		CompletableFuture<Reply> held = client.getLater(ROOTS + "?wait=60s&index=" + client.get(ROOTS).index());
		Awaitility.await().until(() -> other.heldRequests() == 1);
		other.close();
		assertThatThrownBy(() -> held.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
		Awaitility.await()
			.untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
				.filteredOn((thread) -> thread.getName().startsWith("bootmesh-dev") && !before.contains(thread))
				.isEmpty());
	}

	@Test
	void saysWhatItDoesNotDo() {
		assertThat(this.http
			.put("/v1/agent/service/register",
					"{\"Name\":\"web\",\"Check\":{\"HTTP\":\"http://x\",\"Interval\":\"1s\"}}")
			.text()).contains("TTL and alias checks only");
		assertThat(this.http
			.put("/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1,\"Connect\":{\"SidecarService\":{}}}")
			.text()).contains("chooses no port");
		assertThat(this.http.get("/v1/health/connect/web?filter=x").text()).contains("does not evaluate ?filter");
	}

	@Test
	void showsNoKeyInText() {
		Reply leaf = this.http.get(LEAF);
		assertThat(this.consul).hasToString("DevConsul[" + this.consul.url() + "]");
		assertThat(leaf.string("/PrivateKeyPEM")).contains("PRIVATE KEY");
	}

	private Socket connect() throws IOException {
		return new Socket(InetAddress.getLoopbackAddress(), this.consul.url().getPort());
	}

	private static void write(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
		socket.getOutputStream().flush();
	}

}
