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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.WatchSettings;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.DiscoverySettings;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.discovery.TestCatalog;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * A service {@code web} with an upstream {@code ledger}, whose instances are whatever a
 * test puts there.
 */
final class RelayTestbed implements AutoCloseable {

	static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	static final Duration PATIENCE = Duration.ofSeconds(30);

	/** For a host that is busy. */
	static final RelaySettings PATIENT = RelaySettings.DEFAULTS.withConnectTimeout(PATIENCE);

	static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

	private final Deque<AutoCloseable> open = new ConcurrentLinkedDeque<>();

	private final List<TestIdentities> identities = new ArrayList<>();

	private final TestCa ca = TestCa.create(TRUST_DOMAIN);

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final TestCatalog catalog = new TestCatalog(this.agent);

	private final LoopResources consulLoops = LoopResources.create("test", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false), this.consulLoops);

	private final Watches watches = new Watches(WatchSettings.DEFAULTS.withPollInterval(Duration.ofMillis(100)),
			ConsulLimits.DEFAULTS);

	private final Endpoints endpoints = new Endpoints(this.consul, this.watches, new DiscoverySettings(PATIENCE,
			Duration.ofMinutes(30), 10, Duration.ofSeconds(10), Duration.ofMillis(100)));

	private final RelayLoops loops = new RelayLoops(2);

	private final MeshTls web = tls("web", PeerAdmission.NOBODY);

	/**
	 * Bytes that the allocator of this process's relays holds, lent or not.
	 */
	static long memory() {
		ByteBufAllocatorMetric metric = ((ByteBufAllocatorMetricProvider) RelayLoops.ALLOCATOR).metric();
		return metric.usedDirectMemory() + metric.usedHeapMemory();
	}

	ScriptedAgent agent() {
		return this.agent;
	}

	TestCatalog catalog() {
		return this.catalog;
	}

	/** A peer with nothing of ours. */
	SSLContext stranger(String service) throws Exception {
		TestCa.Issued leaf = this.ca.leaf(service);
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		store.setKeyEntry("leaf", leaf.key(), new char[0], leaf.chain().toArray(Certificate[]::new));
		store.setCertificateEntry("root", this.ca.root());
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, new char[0]);
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(store);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	RelayLoops loops() {
		return this.loops;
	}

	Endpoints endpoints() {
		return this.endpoints;
	}

	MeshTls tls(String service, PeerAdmission admission) {
		return tls(service, admission, TlsSettings.DEFAULTS);
	}

	MeshTls tls(String service, PeerAdmission admission, TlsSettings settings) {
		TestIdentities identities = TestIdentities.of(this.ca, service);
		MeshTls tls = new MeshTls(identities.identity(), settings, admission, Clock.systemUTC());
		this.open.push(identities);
		this.identities.add(identities);
		this.open.push(tls);
		return tls;
	}

	/** A new leaf for everybody. */
	void rotate() {
		this.identities.forEach(TestIdentities::rotateLeaf);
	}

	/** A new leaf for everybody that is not valid for long. */
	void rotate(Duration lifetime) {
		this.identities.forEach((identities) -> identities.rotateLeaf(lifetime));
	}

	/** A new root, and leaves of it once everybody trusts it. */
	TestCa rotateRoot() {
		TestCa next = TestCa.create(TRUST_DOMAIN);
		this.identities.forEach((identities) -> identities.trust(this.ca, next));
		this.identities.forEach((identities) -> identities.rotateRoot(next));
		return next;
	}

	/** Trusts one root and no other. */
	void trust(TestCa ca) {
		this.identities.forEach((identities) -> identities.trust(ca));
	}

	UpstreamListener upstream(RelaySettings settings) {
		return upstream(settings, Mono.just(TRUST_DOMAIN));
	}

	UpstreamListener upstream(RelaySettings settings, Mono<String> trustDomain) {
		return upstream(ANY_PORT, settings, trustDomain);
	}

	UpstreamListener upstream(SocketAddress bind, RelaySettings settings, Mono<String> trustDomain) {
		UpstreamListener listener = new UpstreamListener(new Upstream("ledger-db", Destination.service("ledger"), bind),
				this.loops, trustDomain, this.endpoints, this.web, settings);
		this.open.push(listener);
		return listener;
	}

	/** A listener of the mesh, entered as an instance of the ledger. */
	PublicListener ledger(String instance, int application, MeshTls tls) throws IOException {
		PublicListener listener = new PublicListener(ANY_PORT,
				new InetSocketAddress(InetAddress.getLoopbackAddress(), application), this.loops, tls,
				RelaySettings.DEFAULTS);
		this.open.push(listener);
		this.catalog.add("ledger", instance, listener.start().getPort(), "passing");
		return listener;
	}

	/** A listener of the mesh before an application, the first instance of a service. */
	PublicListener serve(String service, InetSocketAddress application) throws IOException {
		PublicListener listener = new PublicListener(ANY_PORT, application, this.loops,
				tls(service, PeerAdmission.EVERY_VERIFIED_PEER), RelaySettings.DEFAULTS);
		this.open.push(listener);
		this.catalog.add(service, service + "-1", listener.start().getPort(), "passing");
		return listener;
	}

	/** Listens for a service, on some port or another. */
	UpstreamListener upstream(String service, InetSocketAddress bind) throws IOException {
		return upstream(new Upstream(service, Destination.service(service), bind));
	}

	/** Listens for whatever is asked for. */
	UpstreamListener upstream(Upstream upstream) throws IOException {
		UpstreamListener listener = new UpstreamListener(upstream, this.loops, Mono.just(TRUST_DOMAIN), this.endpoints,
				this.web, PATIENT);
		this.open.push(listener);
		listener.start();
		return listener;
	}

	/** Closes it with the rest. */
	<T extends AutoCloseable> T start(T one) {
		this.open.push(one);
		return one;
	}

	/** A client of an upstream whose only instance stands before the application. */
	Socket connectThroughBoth(Application application) throws IOException {
		ledger("l1", application.port(), tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		return connect(upstream(PATIENT).start());
	}

	<T extends AutoCloseable> T closing(T closeable) {
		this.open.push(closeable);
		return closeable;
	}

	Socket connect(SocketAddress address) throws IOException {
		Socket socket = new Socket();
		this.open.push(socket);
		socket.setSoTimeout((int) PATIENCE.toMillis());
		socket.setTcpNoDelay(true);
		socket.connect(address, (int) PATIENCE.toMillis());
		return socket;
	}

	Application application(Conversation conversation) throws IOException {
		return application(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), conversation);
	}

	/** A mesh server that is not ours. */
	Application meshServer(String service, String protocol, Conversation conversation) throws IOException {
		SSLServerSocket socket = (SSLServerSocket) tls(service, PeerAdmission.EVERY_VERIFIED_PEER).serverSslContext()
			.getServerSocketFactory()
			.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
		socket.setEnabledProtocols(new String[] { protocol });
		Application application = application(socket, (peer) -> {
			((SSLSocket) peer).startHandshake();
			conversation.with(peer);
		});
		this.catalog.add("ledger", "server-" + application.port(), application.port(), "passing");
		return application;
	}

	Application application(ServerSocket socket, Conversation conversation) {
		Application application = Application.start(socket, conversation);
		this.open.push(application);
		return application;
	}

	@Override
	public void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
		Awaitility.await("every selection is given back")
			.atMost(PATIENCE)
			.until(() -> this.endpoints.statuses().stream().allMatch((status) -> status.inFlight() == 0));
		this.loops.close();
		this.endpoints.close();
		this.watches.close();
		this.consul.close();
		this.agent.close();
		this.consulLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	/** What is said on one connection. */
	@FunctionalInterface
	interface Conversation {

		void with(Socket peer) throws Exception;

	}

	/** A server with a thread for each connection. */
	static final class Application implements AutoCloseable {

		private final ServerSocket socket;

		private final Conversation conversation;

		private final AtomicInteger accepted = new AtomicInteger();

		private volatile @Nullable Exception failure;

		private Application(ServerSocket socket, Conversation conversation) {
			this.socket = socket;
			this.conversation = conversation;
		}

		static Application start(Conversation conversation) throws IOException {
			return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), conversation);
		}

		private static Application start(ServerSocket socket, Conversation conversation) {
			Application application = new Application(socket, conversation);
			application.accept();
			return application;
		}

		int port() {
			return this.socket.getLocalPort();
		}

		int accepted() {
			return this.accepted.get();
		}

		/** How the last conversation failed. */
		@Nullable Exception failure() {
			return this.failure;
		}

		private void accept() {
			daemon(() -> {
				while (!this.socket.isClosed()) {
					Socket peer = this.socket.accept();
					this.accepted.incrementAndGet();
					daemon(() -> {
						try (peer) {
							peer.setSoTimeout((int) PATIENCE.toMillis());
							this.conversation.with(peer);
						}
						catch (Exception ex) {
							this.failure = ex;
						}
						return null;
					});
				}
				return null;
			});
		}

		private static void daemon(Callable<?> task) {
			Thread thread = new Thread(() -> {
				try {
					task.call();
				}
				catch (Exception ex) {
					// Closed.
				}
			});
			thread.setDaemon(true);
			thread.start();
		}

		@Override
		public void close() throws IOException {
			this.socket.close();
		}

	}

}
