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

package io.github.bootmesh.autoconfigure.listener;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

import javax.net.ssl.SSLSocket;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;
import io.github.bootmesh.testing.SigningKey;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.PeerExpectation;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Services of one process whose certificates are renewed at times of their own, as an
 * agent gives them that does what it is told.
 */
class MeshListenerRotationTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	private static final String LEAF = "/v1/agent/connect/ca/leaf/";

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private final TestCa ca = TestCa.create(TRUST_DOMAIN);

	private final ScriptedAgent agent = opened(ScriptedAgent.start());

	private long index = 10;

	@AfterEach
	void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
	}

	@Test
	void whenTheLeafOfOneServiceRotatesThenItsConnectionsStayAndTheOtherServiceKeepsItsOwn() throws Exception {
		mesh().run((context) -> {
			assertThat(context).hasNotFailed();
			SSLSocket before = dial(context, "alpha");
			assertThat(echoed(before)).isTrue();
			assertThat(echoed(dial(context, "b"))).isTrue();
			TestCa.Issued next = this.ca.leaf("alpha");
			answerLeaf("alpha", next);
			awaiting(() -> generation(context, "alpha") == 2);
			SSLSocket after = dial(context, "alpha");
			assertThat(echoed(after)).isTrue();
			assertThat(after.getSession().getPeerCertificates()[0]).isEqualTo(next.chain().get(0))
				.isNotEqualTo(before.getSession().getPeerCertificates()[0]);
			assertThat(echoed(before)).isTrue();
			assertThat(generation(context, "b")).isOne();
		});
		assertThat(this.agent.requests(LEAF + "alpha"))
			.allMatch((request) -> "of-alpha".equals(request.headers().get("X-Consul-Token")));
		assertThat(this.agent.requests(LEAF + "beta"))
			.allMatch((request) -> "of-host".equals(request.headers().get("X-Consul-Token")));
		assertThat(this.agent.requests("/v1/connect/intentions/match")).isNotEmpty()
			.allMatch((request) -> ("alpha".equals(request.query().get("name")) ? "of-alpha" : "of-host")
				.equals(request.headers().get("X-Consul-Token")));
	}

	@Test
	void whenTheApplicationStopsThenOpenConnectionsOfAListenerHaveTheWholeDrainTimeout() throws Exception {
		mesh()
			.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=1s", "bootmesh.inbound.drain-timeout=60s")
			.withConfiguration(AutoConfigurations.of(LifecycleAutoConfiguration.class))
			.run((context) -> {
				SSLSocket held = dial(context, "alpha");
				assertThat(echoed(held)).isTrue();
				CompletableFuture<Void> closed = CompletableFuture
					.runAsync(() -> context.getSourceApplicationContext().close());
				Awaitility.await()
					.during(Duration.ofSeconds(3))
					.atMost(Duration.ofSeconds(30))
					.until(() -> echoed(held) && !closed.isDone());
				held.close();
				assertThat(closed).succeedsWithin(Duration.ofSeconds(30));
			});
	}

	private ApplicationContextRunner mesh() throws IOException {
		List.of("host", "alpha", "beta").forEach((service) -> answerLeaf(service, this.ca.leaf(service)));
		this.agent.answer("/v1/agent/connect/ca/roots",
				json(Map.of("ActiveRootID", "one", "TrustDomain", TRUST_DOMAIN, "Roots",
						List.of(Map.of("ID", "one", "Name", "Test CA", "RootCert", TestCa.pem(List.of(this.ca.root())),
								"SigningKeyID", SigningKey.of(this.ca.leaf("host").chain().get(0)), "Active", true)))));
		this.agent.answer("/v1/connect/intentions/match",
				Answer.json("{\"alpha\":null,\"beta\":null}").index(this.index++));
		int local = echo().getLocalPort();
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
							MeshRelayAutoConfiguration.class, MeshListenerAutoConfiguration.class))
			.withPropertyValues("spring.application.name=host", "bootmesh.inbound.mode=none",
					"bootmesh.consul.url=" + this.agent.url(), "bootmesh.consul.token=of-host",
					"bootmesh.intentions.default-policy=allow", "bootmesh.inbound.listeners.alpha.local-port=" + local,
					"bootmesh.inbound.listeners.alpha.address=127.0.0.1",
					"bootmesh.inbound.listeners.alpha.token=of-alpha", "bootmesh.inbound.listeners.b.service=beta",
					"bootmesh.inbound.listeners.b.local-port=" + local,
					"bootmesh.inbound.listeners.b.address=127.0.0.1");
	}

	private static long generation(ApplicationContext context, String name) {
		return listener(context, name).identity().current().number();
	}

	private static MeshListener listener(ApplicationContext context, String name) {
		return Objects.requireNonNull(context.getBean(MeshListeners.class).get(name));
	}

	private SSLSocket dial(ApplicationContext context, String name) throws IOException {
		MeshListener called = listener(context, name);
		MeshTls tls = opened(new MeshTls(opened(TestIdentities.of(this.ca, "web")).identity(), TlsSettings.DEFAULTS,
				PeerAdmission.NOBODY, Clock.systemUTC()));
		SpiffeId expected = called.identity().current().spiffeId();
		ListenerStatus status = Objects.requireNonNull(called.publicListener());
		SSLSocket socket = opened(
				(SSLSocket) tls.clientSslContext(new PeerExpectation(Set.of(expected), called.service(), false))
					.getSocketFactory()
					.createSocket(InetAddress.getLoopbackAddress(),
							((InetSocketAddress) Objects.requireNonNull(status.address())).getPort()));
		socket.setSoTimeout(30_000);
		socket.startHandshake();
		return socket;
	}

	private static boolean echoed(Socket socket) throws IOException {
		socket.getOutputStream().write(7);
		return socket.getInputStream().read() == 7;
	}

	private ServerSocket echo() throws IOException {
		ServerSocket server = opened(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()));
		daemon(() -> {
			while (!server.isClosed()) {
				try {
					Socket socket = server.accept();
					daemon(() -> {
						try (socket) {
							socket.getInputStream().transferTo(socket.getOutputStream());
						}
						catch (IOException ex) {
							// Reset.
						}
					});
				}
				catch (IOException ex) {
					// Closed.
				}
			}
		});
		return server;
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task, "echo");
		thread.setDaemon(true);
		thread.start();
	}

	private void answerLeaf(String service, TestCa.Issued leaf) {
		Instant now = Instant.now();
		this.agent.answer(LEAF + service,
				json(Map.of("CertPEM", leaf.chainPem(), "PrivateKeyPEM", leaf.keyPem(), "Service", service,
						"ServiceURI", this.ca.uri(service), "ValidAfter", now.toString(), "ValidBefore",
						now.plus(Duration.ofHours(72)).toString())));
	}

	private Answer json(Map<String, Object> body) {
		return Answer.json(new JsonMapper().writeValueAsString(body)).index(this.index++);
	}

	private static void awaiting(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(condition);
	}

	private <T extends AutoCloseable> T opened(T closeable) {
		this.open.push(closeable);
		return closeable;
	}

}
