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

package io.github.bootmesh.autoconfigure.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.bootstrap.DefaultBootstrapContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.TestCatalog;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.relay.PublicListener;
import io.github.bootmesh.relay.RelayLoops;
import io.github.bootmesh.relay.RelaySettings;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * A mesh on loopback whose services carry streams of bytes, and the beans that an
 * application called {@code orders} has.
 */
final class StreamMesh implements AutoCloseable {

	final ScriptedAgent agent = ScriptedAgent.start();

	final TestCatalog catalog = new TestCatalog(this.agent);

	private final TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final TestIdentities orders = TestIdentities.of(this.ca, "orders");

	private final LoopResources consulLoops = LoopResources.create("test-consul", 1, true);

	private final RelayLoops loops = new RelayLoops(1);

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	/** Puts a listener of the mesh before something that listens on loopback. */
	void serve(String service, int localPort) throws IOException {
		TestIdentities identities = TestIdentities.of(this.ca, service);
		MeshTls tls = new MeshTls(identities.identity(), TlsSettings.DEFAULTS, PeerAdmission.EVERY_VERIFIED_PEER,
				Clock.systemUTC());
		PublicListener listener = new PublicListener(loopback(0), loopback(localPort), this.loops, tls,
				RelaySettings.DEFAULTS);
		this.open.push(identities);
		this.open.push(tls);
		this.open.push(listener);
		this.catalog.add(service, service + "-1", listener.start().getPort());
	}

	private static InetSocketAddress loopback(int port) {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
	}

	/** The application with what it has of Bootmesh. */
	ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(MeshRelayAutoConfiguration.class, MeshUpstreamAutoConfiguration.class))
			.withInitializer(StreamMesh::reservePorts)
			.withBean(ConsulClient.class,
					() -> new ConsulClient(
							new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false),
							this.consulLoops))
			.withBean(Watches.class, Watches::new)
			.withBean(ServiceName.class, () -> new ServiceName("orders"))
			.withBean(MeshIdentity.class, () -> this.orders.identity(),
					(definition) -> definition.setDestroyMethodName(""))
			.withBean(MeshTls.class, () -> new MeshTls(this.orders.identity(), TlsSettings.DEFAULTS,
					PeerAdmission.NOBODY, Clock.systemUTC()));
	}

	// As Spring Boot does when an application starts.
	private static void reservePorts(ConfigurableApplicationContext context) {
		DefaultBootstrapContext bootstrap = new DefaultBootstrapContext();
		new UpstreamPortEnvironmentPostProcessor(bootstrap).postProcessEnvironment(context.getEnvironment(),
				new SpringApplication());
		bootstrap.close(context);
	}

	@Override
	public void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
		this.loops.close();
		this.orders.close();
		this.agent.close();
		this.consulLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

}
