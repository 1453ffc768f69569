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

package io.github.bootmesh.autoconfigure.sidecar;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

import io.github.bootmesh.autoconfigure.sidecar.ProxySide.Running;
import io.github.bootmesh.autoconfigure.sidecar.ProxySide.Wish;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.testing.PemIdentity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What Consul's built-in proxy does, and what ours does: the rows of
 * {@code src/docs/built-in-proxy.md}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BuiltInProxyIT {

	// Longer than any timeout that is set here, and shorter than those by default.
	private static final Duration STAYS = Duration.ofSeconds(3);

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final ConsulAgent agent = ConsulAgent.start();

	private final SSLContext caller = context("caller");

	private final AtomicInteger names = new AtomicInteger();

	@AfterAll
	void close() {
		this.agent.close();
	}

	private String name() {
		return "service-" + this.names.incrementAndGet();
	}

	private SSLContext context(String service) {
		PemIdentity identity = this.agent.leaf(service);
		return SslBundle
			.of(new PemSslStoreBundle(
					PemSslStoreDetails.forCertificate(identity.chain()).withPrivateKey(identity.key()),
					PemSslStoreDetails.forCertificate(identity.roots())))
			.createSslContext();
	}

	private Running start(ProxySide side, Wish wish) {
		return side.start(this.agent, wish);
	}

	/** A connection of the mesh. */
	private SSLSocket dial(int port) throws IOException {
		SSLSocket socket = (SSLSocket) this.caller.getSocketFactory()
			.createSocket(InetAddress.getLoopbackAddress(), port);
		socket.setSoTimeout((int) PATIENCE.toMillis());
		return socket;
	}

	private static Socket connect(int port) throws IOException {
		Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
		socket.setSoTimeout((int) PATIENCE.toMillis());
		return socket;
	}

	private static boolean accepts(String address, int port) {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(address, port), 1000);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static void assertEchoes(Socket socket) throws IOException {
		socket.getOutputStream().write(7);
		assertThat(socket.getInputStream().read()).isEqualTo(7);
	}

	private static boolean echoes(Socket socket) {
		try {
			assertEchoes(socket);
			return true;
		}
		catch (IOException | AssertionError ex) {
			return false;
		}
	}

	private boolean isServed(int port) {
		try (SSLSocket socket = dial(port)) {
			return echoes(socket);
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static Seen awaitEnd(Socket socket) {
		return see(socket, PATIENCE);
	}

	private static Seen see(Socket socket, Duration patience) {
		try {
			socket.setSoTimeout((int) patience.toMillis());
			return (socket.getInputStream().read() < 0) ? Seen.END : Seen.BYTES;
		}
		catch (SocketTimeoutException ex) {
			return Seen.OPEN;
		}
		catch (IOException ex) {
			return Seen.RESET;
		}
	}

	private static ConditionFactory awaiting() {
		return Awaitility.await().atMost(PATIENCE);
	}

	private void register(String service, int port, int weight) {
		this.agent.put("/v1/agent/service/register",
				Map.of("Name", service + "-proxy", "ID", service + "-" + port, "Kind", "connect-proxy", "Address",
						"127.0.0.1", "Port", port, "Weights", Map.of("Passing", weight, "Warning", 1), "Proxy",
						Map.of("DestinationServiceName", service)));
	}

	private Program instance(String service, int weight) throws IOException {
		Program instance = Program.meshEcho(context(service));
		register(service, instance.port(), weight);
		return instance;
	}

	@ParameterizedTest
	@EnumSource
	void whenABindPortIsConfiguredThenItIsBound(ProxySide side) throws Exception {
		int port = GoProxy.freePort();
		try (Program program = Program.echo();
				Running proxy = start(side,
						new Wish(name()).localPort(program.port())
							.consul("bind_port", port)
							.ours("bootmesh.inbound.port", port))) {
			assertThat(accepts("127.0.0.1", port)).isEqualTo(side.shows(false, true));
			assertThat(isServed(proxy.port())).isTrue();
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenABindAddressIsConfiguredThenNoOtherIsBound(ProxySide side) throws Exception {
		try (Program program = Program.echo();
				Running proxy = start(side,
						new Wish(name()).localPort(program.port())
							.consul("bind_address", "127.0.0.7")
							.ours("bootmesh.inbound.address", "127.0.0.7"))) {
			assertThat(accepts("127.0.0.7", proxy.port())).isTrue();
			assertThat(accepts("127.0.0.1", proxy.port())).isEqualTo(side.shows(true, false));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenALocalPortIsConfiguredThenItIsDialled(ProxySide side) throws Exception {
		try (Program registered = Program.echo();
				Program configured = Program.echo();
				Running proxy = start(side,
						new Wish(name()).localPort(registered.port())
							.consul("local_service_address", "127.0.0.1:" + configured.port())
							.ours("bootmesh.inbound.local-port", configured.port()))) {
			assertThat(isServed(proxy.port())).isTrue();
			assertThat(configured.accepted() > 0).isEqualTo(side.shows(false, true));
			assertThat(registered.accepted() > 0).isEqualTo(side.shows(true, false));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenTheApplicationDoesNotAnswerThenTheConnectionEnds(ProxySide side) throws Exception {
		try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				Socket first = new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort());
				Socket second = new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort());
				Running proxy = start(side,
						new Wish(name()).localPort(full.getLocalPort()).consul("local_connect_timeout_ms", 500));
				SSLSocket socket = dial(proxy.port())) {
			assertThat(first.isConnected() && second.isConnected()).isTrue();
			assertThat(handshakeAndSee(socket)).isNotEqualTo(Seen.OPEN);
		}
	}

	private static Seen handshakeAndSee(SSLSocket socket) {
		try {
			socket.startHandshake();
		}
		catch (IOException ex) {
			return Seen.RESET;
		}
		return awaitEnd(socket);
	}

	@ParameterizedTest
	@EnumSource
	void whenAHandshakeDoesNotComeThenItsTimeoutEndsTheConnection(ProxySide side) throws Exception {
		try (Program program = Program.echo();
				Running proxy = start(side,
						new Wish(name()).localPort(program.port())
							.consul("handshake_timeout_ms", 500)
							.ours("bootmesh.inbound.handshake-timeout", "500ms"));
				Socket silent = connect(proxy.port())) {
			assertThat(see(silent, STAYS)).isEqualTo(side.shows(Seen.OPEN, Seen.END));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenNobodyHasShownACertificateThenTheApplicationIsNotDialled(ProxySide side) throws Exception {
		try (Program program = Program.echo();
				Running proxy = start(side, new Wish(name()).localPort(program.port())
					.ours("bootmesh.inbound.handshake-timeout", "500ms"))) {
			// Ours has looked whether it answers, and GoProxy whether the proxy listens.
			Awaitility.await().atMost(PATIENCE).until(() -> program.accepted() > 0);
			int before = program.accepted();
			try (Socket stranger = connect(proxy.port())) {
				assertThat(see(stranger, STAYS)).isEqualTo(side.shows(Seen.OPEN, Seen.END));
				assertThat(program.accepted() > before).isEqualTo(side.shows(true, false));
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenTheClientEndsItsDirectionThenTheAnswerArrives(ProxySide side) throws Exception {
		try (Program program = Program.start((peer) -> {
			byte[] question = peer.getInputStream().readAllBytes();
			peer.getOutputStream().write(question);
		});
				Running proxy = start(side, new Wish(name()).localPort(program.port()));
				SSLSocket socket = dial(proxy.port())) {
			socket.getOutputStream().write("question".getBytes(StandardCharsets.UTF_8));
			socket.shutdownOutput();
			assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
				.isEqualTo(side.shows("", "question"));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenTheApplicationResetsThenTheAnswerDoesNotLookComplete(ProxySide side) throws Exception {
		try (Program program = Program.start((peer) -> {
			peer.getOutputStream().write(peer.getInputStream().read());
			peer.getInputStream().read();
			peer.setSoLinger(true, 0);
		});
				Running proxy = start(side, new Wish(name()).localPort(program.port()));
				SSLSocket socket = dial(proxy.port())) {
			assertEchoes(socket);
			socket.getOutputStream().write(8);
			assertThat(awaitEnd(socket)).isEqualTo(side.shows(Seen.END, Seen.RESET));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenAnIntentionIsFlippedToDenyThenOpenConnectionsEnd(ProxySide side) throws Exception {
		String service = name();
		try (Program program = Program.echo();
				Running proxy = start(side, new Wish(service).localPort(program.port()));
				SSLSocket open = dial(proxy.port())) {
			assertEchoes(open);
			this.agent.post("/v1/connect/intentions",
					Map.of("SourceName", "caller", "DestinationName", service, "Action", "deny"));
			awaiting().until(() -> !isServed(proxy.port()));
			assertThat(see(open, STAYS)).isEqualTo(side.shows(Seen.OPEN, Seen.RESET));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenAClientOffersHttp2ThenNothingIsPromised(ProxySide side) throws Exception {
		try (Program program = Program.echo();
				Running proxy = start(side, new Wish(name()).localPort(program.port()));
				SSLSocket socket = dial(proxy.port())) {
			SSLParameters parameters = socket.getSSLParameters();
			parameters.setApplicationProtocols(new String[] { "h2" });
			socket.setSSLParameters(parameters);
			socket.startHandshake();
			assertThat(socket.getApplicationProtocol()).isEqualTo(side.shows("h2", ""));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenItStopsThenOpenConnectionsMayEndByThemselves(ProxySide side) throws Exception {
		try (Program program = Program.echo()) {
			Running proxy = start(side, new Wish(name()).localPort(program.port()));
			try (SSLSocket open = dial(proxy.port())) {
				assertEchoes(open);
				CompletableFuture<Void> stop = CompletableFuture.runAsync(() -> close(proxy));
				awaiting().until(() -> !accepts("127.0.0.1", proxy.port()));
				assertThat(echoes(open)).isEqualTo(side.shows(false, true));
				open.close();
				assertThat(stop).succeedsWithin(PATIENCE);
			}
		}
	}

	private static void close(Running proxy) {
		try {
			proxy.close();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenTheAgentIsAwayThenNewConnectionsAreMade(ProxySide side) throws Exception {
		String destination = name();
		int upstream = GoProxy.freePort();
		try (Program program = Program.echo();
				Program instance = instance(destination, 1);
				Running proxy = start(side, new Wish(name()).localPort(program.port()).upstream(destination, upstream));
				SSLSocket in = dial(proxy.port());
				Socket out = connect(upstream)) {
			assertEchoes(in);
			assertEchoes(out);
			this.agent.stop();
			try {
				assertEchoes(in);
				assertEchoes(out);
				assertThat(isServed(proxy.port())).isEqualTo(side.shows(false, true));
				try (Socket another = connect(upstream)) {
					assertThat(echoes(another)).isEqualTo(side.shows(false, true));
				}
				assertThat(instance.accepted()).isEqualTo(side.shows(1, 2));
			}
			finally {
				this.agent.startAgain();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenTheIdHasCapitalLettersThenItIsFound(ProxySide side) throws Exception {
		String service = name();
		try (Program program = Program.echo()) {
			Wish wish = new Wish(service).id("Service-" + this.names.incrementAndGet()).localPort(program.port());
			if (side == ProxySide.CONSUL) {
				assertThatIllegalStateException().isThrownBy(() -> start(side, wish))
					.withMessageContaining("No sidecar proxy registered");
			}
			else {
				try (Running proxy = start(side, wish)) {
					assertThat(isServed(proxy.port())).isTrue();
				}
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenItRunsThenItsConnectionsAreCounted(ProxySide side) throws Exception {
		try (DatagramSocket statsd = new DatagramSocket(0, InetAddress.getLoopbackAddress());
				Program program = Program.echo();
				Running proxy = start(side,
						new Wish(name()).localPort(program.port())
							.consul("telemetry", Map.of("statsd_address", "127.0.0.1:" + statsd.getLocalPort())));
				SSLSocket open = dial(proxy.port())) {
			assertEchoes(open);
			if (side == ProxySide.CONSUL) {
				// It samples every 5 s.
				statsd.setSoTimeout(7000);
				assertThatExceptionOfType(SocketTimeoutException.class)
					.isThrownBy(() -> statsd.receive(new DatagramPacket(new byte[65535], 65535)));
			}
			else {
				assertThat(
						proxy.requiredMeters().get("bootmesh.connections").tag("direction", "inbound").gauge().value())
					.isEqualTo(1);
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenAnUpstreamsConnectTimeoutIsSetThenItEndsTheConnection(ProxySide side) throws Exception {
		String destination = name();
		int port = GoProxy.freePort();
		try (Program silent = Program.start((peer) -> peer.getInputStream().readAllBytes())) {
			register(destination, silent.port(), 1);
			try (Running proxy = start(side, new Wish(name()).upstream(destination, port, 500, "service"));
					Socket socket = connect(port)) {
				assertThat(see(socket, STAYS)).isEqualTo(side.shows(Seen.OPEN, Seen.RESET));
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenAnInstanceCannotBeConnectedThenAnotherIsTaken(ProxySide side) throws Exception {
		String destination = name();
		int port = GoProxy.freePort();
		register(destination, GoProxy.freePort(), 1);
		try (Program instance = instance(destination, 1);
				Running proxy = start(side, new Wish(name()).upstream(destination, port))) {
			int served = 0;
			for (int i = 0; i < 30; i++) {
				try (Socket socket = connect(port)) {
					served += echoes(socket) ? 1 : 0;
				}
			}
			assertThat(served == 30).isEqualTo(side.shows(false, true));
			assertThat(instance.accepted()).isPositive();
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenInstancesHaveWeightsThenTheyCount(ProxySide side) throws Exception {
		String destination = name();
		int port = GoProxy.freePort();
		try (Program light = instance(destination, 1);
				Program heavy = instance(destination, 100);
				Running proxy = start(side, new Wish(name()).upstream(destination, port))) {
			for (int i = 0; i < 40; i++) {
				try (Socket socket = connect(port)) {
					assertEchoes(socket);
				}
			}
			assertThat(light.accepted() + heavy.accepted()).isEqualTo(40);
			assertThat(light.accepted() < 8).isEqualTo(side.shows(false, true));
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenNobodyIsThereThenTheClientIsReset(ProxySide side) throws Exception {
		int port = GoProxy.freePort();
		try (Running proxy = start(side, new Wish(name()).upstream(name(), port))) {
			for (int i = 0; i < 3; i++) {
				assertThat(connectAndSee(port)).isEqualTo(side.shows(Seen.END, Seen.RESET));
			}
		}
	}

	private static Seen connectAndSee(int port) throws IOException {
		try (Socket socket = connect(port)) {
			return awaitEnd(socket);
		}
		catch (SocketException ex) {
			// Before the connect was over.
			return Seen.RESET;
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenAnInstanceShowsAnotherIdentityThenNothingPasses(ProxySide side) throws Exception {
		String destination = name();
		int port = GoProxy.freePort();
		try (Program another = Program.meshEcho(context(name()))) {
			register(destination, another.port(), 1);
			try (Running proxy = start(side, new Wish(name()).upstream(destination, port));
					Socket socket = connect(port)) {
				assertThat(echoes(socket)).isFalse();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenTheDestinationIsAPreparedQueryThenItIsReached(ProxySide side) throws Exception {
		String destination = name();
		String query = name();
		int port = GoProxy.freePort();
		this.agent.post("/v1/query", Map.of("Name", query, "Service", Map.of("Service", destination, "Connect", true)));
		try (Program instance = instance(destination, 1);
				Running proxy = start(side, new Wish(name()).upstream(query, port, 10_000, "prepared_query"));
				Socket socket = connect(port)) {
			assertEchoes(socket);
			assertThat(instance.accepted()).isOne();
		}
	}

	@Test
	void whenARowNamesATestThenItIsOneOfTheseAndEachHasARow() throws IOException {
		String page = Files.readString(Path.of(System.getProperty("basedir", "."), "../src/docs/built-in-proxy.md"));
		List<String> rows = Pattern.compile("`(when\\w+)`").matcher(page).results().map((row) -> row.group(1)).toList();
		assertThat(rows).containsExactlyInAnyOrderElementsOf(Arrays.stream(BuiltInProxyIT.class.getDeclaredMethods())
			.filter((method) -> method.isAnnotationPresent(ParameterizedTest.class))
			.map(Method::getName)
			.toList());
	}

	private enum Seen {

		OPEN, BYTES, END, RESET

	}

}
