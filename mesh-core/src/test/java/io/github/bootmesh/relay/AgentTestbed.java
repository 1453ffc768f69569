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
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;

import org.awaitility.Awaitility;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.discovery.DiscoverySettings;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.AgentIdentitySource;
import io.github.bootmesh.identity.IdentityExpectation;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.relay.RelayTestbed.Conversation;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * A service {@code web} of a real Consul with upstreams, and programs behind the proxies
 * of others.
 */
final class AgentTestbed implements AutoCloseable {

	// Twice what an agent takes to renew a leaf after a rotation.
	static final Duration PATIENCE = Duration.ofSeconds(60);

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private final ConsulAgent agent = ConsulAgent.start();

	private final LoopResources consulLoops = LoopResources.create("test", 1, true);

	private final ConsulClient consul;

	private final Watches watches = new Watches();

	private final MeshIdentity identity;

	private final MeshTls tls;

	private final Endpoints endpoints;

	private final RelayLoops loops = new RelayLoops(2);

	AgentTestbed() {
		this.consul = new ConsulClient(
				new ConsulConnection(this.agent.uri(), () -> null, null, null, null, null, null, false),
				this.consulLoops);
		this.identity = new MeshIdentity(new AgentIdentitySource(this.consul, this.watches, "web"),
				new IdentityExpectation("web", null, SpiffeId.DEFAULT, SpiffeId.DEFAULT, null, false),
				Clock.systemUTC());
		this.tls = new MeshTls(this.identity, TlsSettings.DEFAULTS, PeerAdmission.NOBODY, Clock.systemUTC());
		this.endpoints = new Endpoints(this.consul, this.watches, DiscoverySettings.DEFAULTS);
		this.identity.start();
	}

	ConsulAgent agent() {
		return this.agent;
	}

	MeshIdentity identity() {
		return this.identity;
	}

	boolean isConsulAway() {
		return this.watches.statuses().stream().allMatch((watch) -> watch.state() == WatchStatus.State.STALE);
	}

	boolean isConsulBack() {
		return this.watches.statuses().stream().allMatch((watch) -> watch.state() == WatchStatus.State.CURRENT);
	}

	/** Starts a listener for a service that somebody serves. */
	UpstreamListener upstream(String service) throws IOException {
		return upstream(service, RelayTestbed.ANY_PORT, ChoicePolicy.WEIGHTED);
	}

	UpstreamListener upstream(String service, ChoicePolicy policy) throws IOException {
		return upstream(service, RelayTestbed.ANY_PORT, policy);
	}

	/** Starts a listener for a service that somebody serves, on some address. */
	UpstreamListener upstream(String service, SocketAddress bind, ChoicePolicy policy) throws IOException {
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.healthy(service).size() > 0);
		return upstream(new Upstream(service, Destination.service(service), bind, policy));
	}

	/** Starts a listener for whatever is asked for. */
	UpstreamListener upstream(Upstream upstream) throws IOException {
		Mono<String> trustDomain = Mono.fromCompletionStage(this.identity::ready)
			.map((generation) -> generation.spiffeId().trustDomain());
		UpstreamListener listener = start(new UpstreamListener(upstream, this.loops, trustDomain, this.endpoints,
				this.tls, RelaySettings.DEFAULTS));
		listener.start();
		return listener;
	}

	Application application(Conversation conversation) throws IOException {
		return start(Application.start(conversation));
	}

	/** A server that answers each byte with itself. */
	Application echo() throws IOException {
		return application((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()));
	}

	GoProxy goProxy(String service, int port) {
		return start(GoProxy.inbound(this.agent, service, port));
	}

	Envoy envoy(String service, int port) {
		Envoy envoy = start(Envoy.inboundStream(this.agent.leaf(service), port));
		this.agent.put("/v1/agent/service/register", Map.of("Name", service + "-proxy", "Kind", "connect-proxy",
				"Address", "127.0.0.1", "Port", envoy.port(), "Proxy", Map.of("DestinationServiceName", service)));
		return envoy;
	}

	<T extends AutoCloseable> T start(T one) {
		this.open.push(one);
		return one;
	}

	static int port(UpstreamListener upstream) {
		return ((InetSocketAddress) Objects.requireNonNull(upstream.status().address())).getPort();
	}

	static Socket connect(UpstreamListener upstream) throws IOException {
		Socket socket = new Socket(RelayTestbed.ANY_PORT.getAddress(), port(upstream));
		socket.setSoTimeout((int) PATIENCE.toMillis());
		socket.setTcpNoDelay(true);
		return socket;
	}

	static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(PATIENCE).until(condition);
	}

	/** Closes what was started for one test. */
	void clear() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
	}

	@Override
	public void close() throws Exception {
		clear();
		this.loops.close();
		this.endpoints.close();
		this.tls.close();
		this.identity.close();
		this.watches.close();
		this.consul.close();
		this.agent.close();
		this.consulLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

}
