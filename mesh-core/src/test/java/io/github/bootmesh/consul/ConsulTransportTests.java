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

package io.github.bootmesh.consul;

import java.net.URI;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Objects;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ConsulTransportTests {

	private static final Duration LONG = Duration.ofSeconds(20);

	private final TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final LoopResources loops = LoopResources.create("transport-test", 1, true);

	@AfterEach
	void close() {
		this.loops.disposeLater(Duration.ZERO, LONG).block();
	}

	private ScriptedAgent agent(String name) throws Exception {
		TestCa.Issued issued = this.ca.issue((spec) -> spec.dnsName(name));
		SslContext ssl = SslContextBuilder.forServer(issued.key(), issued.chain()).build();
		ScriptedAgent agent = ScriptedAgent.startTls(ssl);
		Recorded roots = Recorded.of("roots");
		return agent.answer(roots.path(), roots.answer());
	}

	private SSLContext trusting(TestCa trusted) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		store.setCertificateEntry("ca", trusted.root());
		TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
		trust.init(store);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, trust.getTrustManagers(), null);
		return context;
	}

	private ConsulAnswer<CaRoots> ask(URI url, @Nullable SSLContext ssl, @Nullable String serverName) {
		ConsulConnection connection = new ConsulConnection(url, () -> null, ssl, serverName, null, null, null, false);
		try (ConsulClient client = new ConsulClient(connection, this.loops)) {
			return Objects.requireNonNull(client.caRoots(ConsulQuery.NOW).block(LONG));
		}
	}

	private void refuses(URI url, @Nullable SSLContext ssl, @Nullable String serverName) {
		assertThatExceptionOfType(ConsulException.Unreachable.class).isThrownBy(() -> ask(url, ssl, serverName));
	}

	@Test
	void httpsChecksTheAgentsCertificateAgainstTheHost() throws Exception {
		try (ScriptedAgent agent = agent("localhost")) {
			URI byName = URI.create("https://localhost:" + agent.url().getPort());
			assertThat(ask(byName, trusting(this.ca), null).index()).isEqualTo(12);
			refuses(agent.url(), trusting(this.ca), null);
		}
	}

	@Test
	void httpsChecksTheAgentsCertificateAgainstTheServerNameAlone() throws Exception {
		try (ScriptedAgent agent = agent("server.dc1.consul"); ScriptedAgent local = agent("localhost")) {
			assertThat(ask(agent.url(), trusting(this.ca), "server.dc1.consul").index()).isEqualTo(12);
			refuses(agent.url(), trusting(this.ca), "server.dc2.consul");
			URI byName = URI.create("https://localhost:" + local.url().getPort());
			refuses(byName, trusting(this.ca), "server.dc1.consul");
		}
	}

	@Test
	void httpsRefusesAnotherCa() throws Exception {
		try (ScriptedAgent agent = agent("localhost")) {
			URI byName = URI.create("https://localhost:" + agent.url().getPort());
			refuses(byName, trusting(TestCa.create("another.consul")), null);
			refuses(byName, null, null);
			assertThat(agent.requests()).isEmpty();
		}
	}

	@Test
	void aPrefixInTheUrlIsKept() throws Exception {
		try (ScriptedAgent agent = ScriptedAgent.start()) {
			Recorded roots = Recorded.of("roots");
			agent.answer("/consul" + roots.path(), roots.answer());
			assertThat(ask(agent.url().resolve("/consul/"), null, null).index()).isEqualTo(12);
		}
	}

	@Test
	void speaksOverAUnixSocket(@TempDir Path folder) {
		Assumptions.assumeTrue(LoopResources.hasNativeSupport(),
				"SKIPPED: unix sockets need Netty's native transport, which is not on this platform");
		try (ScriptedAgent agent = ScriptedAgent.startUnix(folder.resolve("consul.sock"))) {
			Recorded roots = Recorded.of("roots");
			agent.answer(roots.path(), roots.answer());
			assertThat(ask(agent.url(), null, null).index()).isEqualTo(12);
			assertThat(agent.requests()).singleElement()
				.satisfies((request) -> assertThat(request.headers()).containsEntry("Host", "localhost"));
		}
	}

	@Test
	void aUnixSocketThatIsNotThereIsUnreachable(@TempDir Path folder) {
		Assumptions.assumeTrue(LoopResources.hasNativeSupport(),
				"SKIPPED: unix sockets need Netty's native transport, which is not on this platform");
		refuses(URI.create("unix://" + folder.resolve("absent.sock")), null, null);
	}

}
