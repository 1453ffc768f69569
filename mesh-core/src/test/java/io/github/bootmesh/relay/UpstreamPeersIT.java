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
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.Destination;
import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.testing.SigningKey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Upstreams that lead to servers behind Consul's own proxy and behind Envoy.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamPeersIT {

	private static final int MUCH = 20 * 1024 * 1024;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final AgentTestbed testbed = new AgentTestbed();

	// Of connections that only look whether a proxy listens, too.
	private final Queue<String> heard = new ConcurrentLinkedQueue<>();

	private int services;

	@AfterEach
	void clear() throws Exception {
		this.heard.clear();
		this.testbed.clear();
	}

	@AfterAll
	void close() throws Exception {
		this.threads.shutdownNow();
		this.testbed.close();
	}

	private UpstreamListener upstream(Proxy proxy, Application application) throws IOException {
		String service = "ledger-" + ++this.services;
		proxy.inFrontOf(this.testbed, service, application.port());
		return this.testbed.upstream(service);
	}

	private static byte[] text(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static String rest(Socket socket) throws IOException {
		return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

	private static void assertEchoes(UpstreamListener upstream) throws IOException {
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertEchoes(client);
		}
	}

	private static void assertEchoes(Socket client) throws IOException {
		client.getOutputStream().write(7);
		assertThat(client.getInputStream().read()).isEqualTo(7);
	}

	private static void assertReset(UpstreamListener upstream) throws IOException {
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> {
				client.getOutputStream().write(7);
				client.getInputStream().read();
			});
		}
	}

	private static byte[] digest(InputStream input) throws Exception {
		return digest(input.readNBytes(MUCH));
	}

	private static byte[] much(long seed) {
		byte[] bytes = new byte[MUCH];
		new Random(seed).nextBytes(bytes);
		return bytes;
	}

	private static byte[] digest(byte[] bytes) throws Exception {
		return MessageDigest.getInstance("SHA-256").digest(bytes);
	}

	@ParameterizedTest
	@EnumSource
	void whenMuchGoesBothWaysAtOnceThenItArrivesUnchanged(Proxy proxy) throws Exception {
		byte[] down = much(1);
		byte[] up = much(2);
		UpstreamListener upstream = upstream(proxy, this.testbed.application((peer) -> {
			Future<?> sent = this.threads.submit(() -> {
				peer.getOutputStream().write(down);
				return null;
			});
			byte[] arrived = digest(peer.getInputStream());
			sent.get();
			peer.getOutputStream().write(arrived);
		}));
		try (Socket client = AgentTestbed.connect(upstream)) {
			Future<?> sent = this.threads.submit(() -> {
				client.getOutputStream().write(up);
				return null;
			});
			assertThat(digest(client.getInputStream())).isEqualTo(digest(down));
			sent.get();
			assertThat(client.getInputStream().readAllBytes()).isEqualTo(digest(up));
		}
		AgentTestbed.await(() -> upstream.status().connections() == 0);
		assertThat(upstream.status().received()).isEqualTo(MUCH);
		assertThat(upstream.status().failures()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void whenTheServerSpeaksFirstThenItIsHeard(Proxy proxy) throws Exception {
		UpstreamListener upstream = upstream(proxy, this.testbed.application((peer) -> {
			peer.getOutputStream().write(text("220 ready"));
			peer.getInputStream().readNBytes(4);
			peer.getOutputStream().write(text("221 bye"));
		}));
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertThat(client.getInputStream().readNBytes(9)).isEqualTo(text("220 ready"));
			client.getOutputStream().write(text("QUIT"));
			assertThat(client.getInputStream().readAllBytes()).isEqualTo(text("221 bye"));
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenTheSameInstanceIsWantedThenAllConnectionsReachItWhileItIsThere() throws Exception {
		String service = "ledger-" + ++this.services;
		GoProxy[] proxies = new GoProxy[2];
		for (int i = 0; i < proxies.length; i++) {
			String name = "instance " + i;
			proxies[i] = this.testbed.goProxy(service,
					this.testbed.application((peer) -> peer.getOutputStream().write(text(name))).port());
		}
		UpstreamListener upstream = this.testbed.upstream(service, ChoicePolicy.FIRST);
		AgentTestbed.await(() -> this.testbed.agent().healthy(service).size() == 2);
		String first = answerOf(upstream);
		for (int i = 0; i < 20; i++) {
			assertThat(answerOf(upstream)).isEqualTo(first);
		}
		proxies[first.endsWith("0") ? 0 : 1].close();
		for (int i = 0; i < 20; i++) {
			assertThat(answerOf(upstream)).isNotEmpty().isNotEqualTo(first);
		}
	}

	@Test
	void whenAPreparedQueryIsEditedToAskForAnotherServiceThenWhatIsOpenIsReset() throws Exception {
		Application echo = this.testbed.echo();
		String before = "ledger-" + ++this.services;
		String after = "ledger-" + ++this.services;
		this.testbed.goProxy(before, echo.port());
		this.testbed.goProxy(after, echo.port());
		AgentTestbed.await(() -> this.testbed.agent().healthy(before).size() > 0
				&& this.testbed.agent().healthy(after).size() > 0);
		String id = this.testbed.agent().post("/v1/query", query(before)).get("ID").asString();
		UpstreamListener upstream = this.testbed
			.upstream(new Upstream("near", Destination.preparedQuery("near"), RelayTestbed.ANY_PORT));
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertEchoes(client);
			this.testbed.agent().put("/v1/query/" + id, query(after));
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
		}
		assertThat(upstream.status().failures()).containsExactly(Map.entry("identity-changed", 1L));
		assertThat(upstream.status().problem()).contains("'" + after + "'");
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertEchoes(client);
			this.testbed.agent().delete("/v1/query/" + id);
			AgentTestbed.await(() -> {
				try (Socket another = AgentTestbed.connect(upstream)) {
					return !echoes(another);
				}
			});
			assertEchoes(client);
		}
	}

	private static Map<String, Object> query(String service) {
		return Map.of("Name", "near", "Service", Map.of("Service", service, "Connect", true));
	}

	private static boolean echoes(Socket client) {
		try {
			assertEchoes(client);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static String answerOf(UpstreamListener upstream) throws IOException {
		try (Socket client = AgentTestbed.connect(upstream)) {
			return rest(client);
		}
	}

	@Test
	void whenTwoOfThreeInstancesCannotBeConnectedThenEveryConnectionIsMade() throws Exception {
		String service = "ledger-" + ++this.services;
		for (int i = 0; i < 2; i++) {
			this.testbed.agent()
				.put("/v1/agent/service/register", Map.of("Name", service, "ID", service + "-gone-" + i, "Address",
						"127.0.0.1", "Port", freePort(), "Connect", Map.of("Native", true)));
		}
		this.testbed.goProxy(service, this.testbed.echo().port());
		UpstreamListener upstream = this.testbed.upstream(service);
		AgentTestbed.await(() -> this.testbed.agent().healthy(service).size() == 3);
		for (int i = 0; i < 30; i++) {
			assertEchoes(upstream);
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, RelayTestbed.ANY_PORT.getAddress())) {
			return socket.getLocalPort();
		}
	}

	// As PostgreSQL's does after a request to cancel a statement.
	@ParameterizedTest
	@EnumSource
	void whenTheServerClosesWithoutAnAnswerThenThatIsAllTheClientSees(Proxy proxy) throws Exception {
		UpstreamListener upstream = upstream(proxy, this.testbed.application((peer) -> peer.getInputStream().read()));
		try (Socket client = AgentTestbed.connect(upstream)) {
			client.getOutputStream().write(7);
			assertThat(client.getInputStream().read()).isEqualTo(-1);
		}
	}

	@Test
	void whenTheClientHalfClosesThenEnvoyCarriesTheAnswer() throws Exception {
		byte[] answer = much(3);
		UpstreamListener upstream = upstream(Proxy.ENVOY, this.testbed.application((peer) -> {
			this.heard.add(rest(peer));
			peer.getOutputStream().write(answer);
		}));
		try (Socket client = AgentTestbed.connect(upstream)) {
			client.getOutputStream().write(text("question"));
			client.shutdownOutput();
			assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
		}
		assertThat(this.heard).contains("question");
	}

	@Test
	void whenTheServerHalfClosesThenEnvoyCarriesWhatTheClientStillSays() throws Exception {
		UpstreamListener upstream = upstream(Proxy.ENVOY, this.testbed.application((peer) -> {
			peer.getOutputStream().write(text("enough"));
			peer.shutdownOutput();
			this.heard.add(rest(peer));
		}));
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertThat(rest(client)).isEqualTo("enough");
			client.getOutputStream().write(text("and one thing more"));
			client.shutdownOutput();
			AgentTestbed.await(() -> this.heard.contains("and one thing more"));
		}
	}

	// Consul's proxy closes both sides when one direction ends.
	@Test
	void whenTheClientHalfClosesThenConsulsProxyLosesTheAnswer() throws Exception {
		UpstreamListener upstream = upstream(Proxy.CONSUL, this.testbed.application((peer) -> {
			this.heard.add(rest(peer));
			peer.getOutputStream().write(text("answer"));
		}));
		try (Socket client = AgentTestbed.connect(upstream)) {
			client.getOutputStream().write(text("question"));
			client.shutdownOutput();
			assertThat(rest(client)).isEmpty();
		}
		AgentTestbed.await(() -> this.heard.contains("question"));
	}

	@Test
	void whenTheServerHalfClosesThenConsulsProxyLosesWhatTheClientStillSays() throws Exception {
		Application application = this.testbed.application((peer) -> {
			int more = -1;
			try {
				peer.getOutputStream().write(text("enough"));
				peer.shutdownOutput();
				more = peer.getInputStream().read();
			}
			finally {
				this.heard.add((more == -1) ? "" : "more");
			}
		});
		UpstreamListener upstream = upstream(Proxy.CONSUL, application);
		try (Socket client = AgentTestbed.connect(upstream)) {
			assertThat(rest(client)).isEqualTo("enough");
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> {
				while (true) {
					client.getOutputStream().write(text("and one thing more"));
				}
			});
		}
		AgentTestbed.await(() -> this.heard.size() == application.accepted());
		assertThat(this.heard).containsOnly("");
	}

	@Test
	void whenAnIntentionDeniesThenTheClientIsResetAndNobodyIsAvoided() throws Exception {
		AtomicInteger heard = new AtomicInteger();
		UpstreamListener upstream = upstream(Proxy.CONSUL, this.testbed.application((peer) -> {
			for (int b = peer.getInputStream().read(); b != -1; b = peer.getInputStream().read()) {
				heard.incrementAndGet();
				peer.getOutputStream().write(b);
			}
		}));
		assertEchoes(upstream);
		String id = this.testbed.agent()
			.post("/v1/connect/intentions", intention(upstream, "deny"))
			.get("ID")
			.asString();
		AgentTestbed.await(() -> !echoes(upstream));
		int before = heard.get();
		long refused = upstream.status().failures().getOrDefault("possibly-refused", 0L);
		for (int i = 0; i < 5; i++) {
			assertReset(upstream);
		}
		assertThat(upstream.status().failures()).isEqualTo(Map.of("possibly-refused", refused + 5));
		assertThat(upstream.status().problem()).contains("intentions");
		assertThat(heard).hasValue(before);
		this.testbed.agent().put("/v1/connect/intentions/" + id, intention(upstream, "allow"));
		AgentTestbed.await(() -> echoes(upstream));
		assertThat(upstream.status().failures()).containsOnlyKeys("possibly-refused");
	}

	private static Map<String, String> intention(UpstreamListener upstream, String action) {
		return Map.of("SourceName", "web", "DestinationName", upstream.status().name(), "Action", action);
	}

	private static boolean echoes(UpstreamListener upstream) {
		try {
			assertEchoes(upstream);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	@Test
	void whenTheRootRotatesThenNoConnectionFails() throws Exception {
		Application application = this.testbed.echo();
		GoProxy goProxy = this.testbed.goProxy("proxied", application.port());
		Envoy envoy = this.testbed.envoy("enveloped", application.port());
		try (Traffic proxied = traffic("proxied"); Traffic enveloped = traffic("enveloped")) {
			proxied.awaitMore();
			enveloped.awaitMore();
			this.testbed.agent().rotateRoot();
			String key = this.testbed.agent().activeRoot().keyId();
			AgentTestbed.await(() -> SigningKey.of(this.testbed.identity().current().chain().get(0)).equals(key));
			AgentTestbed.await(() -> SigningKey.shownAt(goProxy.port()).equals(key));
			proxied.awaitMore();
			// Envoy knows the root of before only.
			assertThat(SigningKey.shownAt(envoy.port())).isNotEqualTo(key);
			enveloped.awaitMore();
			Envoy fresh = this.testbed.envoy("fresh", application.port());
			assertThat(SigningKey.shownAt(fresh.port())).isEqualTo(key);
			assertEchoes(this.testbed.upstream("fresh"));
		}
	}

	@Test
	void whenTheAgentIsAwayThenNothingIsLost() throws Exception {
		Application application = this.testbed.echo();
		this.testbed.goProxy("proxied", application.port());
		this.testbed.envoy("enveloped", application.port());
		UpstreamListener proxied = this.testbed.upstream("proxied");
		try (Socket throughProxy = AgentTestbed.connect(proxied); Traffic enveloped = traffic("enveloped")) {
			assertEchoes(throughProxy);
			enveloped.awaitMore();
			this.testbed.agent().stop();
			AgentTestbed.await(this.testbed::isConsulAway);
			assertEchoes(throughProxy);
			enveloped.awaitMore();
			// Consul's proxy asks the agent about each connection.
			assertReset(proxied);
			assertThat(proxied.status().failures()).containsOnlyKeys("possibly-refused");
			this.testbed.agent().startAgain();
			AgentTestbed.await(this.testbed::isConsulBack);
			assertEchoes(throughProxy);
			enveloped.awaitMore();
			AgentTestbed.await(() -> echoes(proxied));
		}
	}

	private Traffic traffic(String service) throws IOException {
		Traffic traffic = new Traffic(this.testbed.upstream(service));
		traffic.start(this.threads);
		return traffic;
	}

	private enum Proxy {

		CONSUL {

			@Override
			void inFrontOf(AgentTestbed testbed, String service, int port) {
				testbed.goProxy(service, port);
			}

		},

		ENVOY {

			@Override
			void inFrontOf(AgentTestbed testbed, String service, int port) {
				testbed.envoy(service, port);
			}

		};

		abstract void inFrontOf(AgentTestbed testbed, String service, int port);

	}

	/**
	 * Connections that are open all the time and new ones all the time, none of which may
	 * fail.
	 */
	private static final class Traffic implements AutoCloseable {

		private final UpstreamListener upstream;

		private final AtomicBoolean over = new AtomicBoolean();

		private final AtomicInteger echoed = new AtomicInteger();

		private final List<Future<?>> tasks = new ArrayList<>();

		Traffic(UpstreamListener upstream) {
			this.upstream = upstream;
		}

		void start(ExecutorService threads) {
			this.tasks.add(threads.submit(() -> {
				try (Socket client = AgentTestbed.connect(this.upstream)) {
					while (!this.over.get()) {
						assertEchoes(client);
						this.echoed.incrementAndGet();
					}
				}
				return null;
			}));
			this.tasks.add(threads.submit(() -> {
				while (!this.over.get()) {
					assertEchoes(this.upstream);
					this.echoed.incrementAndGet();
				}
				return null;
			}));
		}

		void awaitMore() {
			int enough = this.echoed.get() + 100;
			AgentTestbed.await(() -> this.echoed.get() >= enough || this.tasks.stream().anyMatch(Future::isDone));
			assertThat(this.tasks).noneMatch(Future::isDone);
		}

		@Override
		public void close() throws Exception {
			this.over.set(true);
			for (Future<?> task : this.tasks) {
				task.get();
			}
			assertThat(this.upstream.status().failures()).isEmpty();
		}

	}

}
