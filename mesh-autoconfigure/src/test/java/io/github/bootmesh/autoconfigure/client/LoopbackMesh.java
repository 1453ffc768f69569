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

package io.github.bootmesh.autoconfigure.client;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import javax.net.ssl.SSLException;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.AttributeKey;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.imperative.ImperativeHttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.TestCatalog;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.OpenConnections;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * A mesh on loopback: an agent with a catalog, services that speak mTLS, and the beans
 * that an application called {@code orders} has.
 */
final class LoopbackMesh implements AutoCloseable {

	private static final AttributeKey<Boolean> LAST = AttributeKey.valueOf(LoopbackMesh.class, "LAST");

	final ScriptedAgent agent = ScriptedAgent.start();

	final TestCatalog catalog = new TestCatalog(this.agent);

	final List<Service> services = new ArrayList<>();

	private final List<AutoCloseable> opened = new ArrayList<>();

	private final LoopResources loops = LoopResources.create("test-mesh", 2, true);

	TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	/** For so long the end of a connection is a refusal. */
	Duration refusalWindow = Duration.ofSeconds(20);

	/** The identity of the application; made with its first runner. */
	TestIdentities orders = TestIdentities.of(this.ca, "orders");

	/** A service that is registered under its own name. */
	Service serve(String service) {
		Service served = new Service(service);
		this.catalog.add(service, service + "-" + served.port(), served.port());
		return served;
	}

	/** A service that is not in the catalog. */
	Service serveUnregistered(String service) {
		return new Service(service);
	}

	/** The trust in these CAs only, for everybody. */
	void trust(TestCa... cas) {
		this.orders.trust(cas);
		this.services.forEach((service) -> service.identities.trust(cas));
	}

	/** Everybody gets a leaf of the next root and trusts the former ones as well. */
	void rotateRoot() {
		this.ca = this.ca.rotate();
		this.orders.rotateRoot(this.ca);
		this.services.forEach((service) -> service.identities.rotateRoot(this.ca));
	}

	/** Waits until the event loops have done what they were at. */
	void awaitEventLoops() {
		this.loops.onClient(LoopResources.DEFAULT_NATIVE).forEach((loop) -> loop.submit(() -> {
		}).syncUninterruptibly());
	}

	ApplicationContextRunner runner() {
		return withHttpClients(runnerWithoutHttpClients());
	}

	ReactiveWebApplicationContextRunner webFluxRunner() {
		return withHttpClients(withMesh(new ReactiveWebApplicationContextRunner()));
	}

	ApplicationContextRunner runnerWithoutHttpClients() {
		return withMesh(new ApplicationContextRunner());
	}

	private <R extends AbstractApplicationContextRunner<R, ?, ?>> R withHttpClients(R runner) {
		return runner.withConfiguration(AutoConfigurations.of(HttpClientAutoConfiguration.class,
				ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
				ImperativeHttpClientAutoConfiguration.class, RestClientAutoConfiguration.class));
	}

	private <R extends AbstractApplicationContextRunner<R, ?, ?>> R withMesh(R runner) {
		return runner.withConfiguration(AutoConfigurations.of(MeshClientAutoConfiguration.class))
			.withBean(ReactorResourceFactory.class, this::resources)
			.withBean("bootmeshLoopResources", LoopResources.class, () -> this.loops,
					(definition) -> definition.setDestroyMethodName(""))
			.withBean(ConsulClient.class,
					() -> new ConsulClient(
							new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false),
							this.loops))
			.withBean(Watches.class, Watches::new)
			// A busy machine must not make a refusal look like another fault.
			.withBean(RefusalWindow.class, () -> new RefusalWindow(this.refusalWindow))
			.withBean(MeshIdentity.class, () -> this.orders.identity(),
					(definition) -> definition.setDestroyMethodName(""))
			.withBean(MeshTls.class, () -> tls(this.orders, PeerAdmission.NOBODY));
	}

	// Boot's own would make each context close in two seconds.
	private ReactorResourceFactory resources() {
		ReactorResourceFactory factory = new ReactorResourceFactory();
		factory.setUseGlobalResources(false);
		factory.setLoopResources(this.loops);
		factory.setShutdownQuietPeriod(Duration.ZERO);
		return factory;
	}

	private static MeshTls tls(TestIdentities identities, PeerAdmission admission) {
		return new MeshTls(identities.identity(), TlsSettings.DEFAULTS, admission, Clock.systemUTC());
	}

	@Override
	public void close() throws Exception {
		for (Service service : this.services) {
			service.stop();
		}
		for (AutoCloseable closeable : this.opened) {
			closeable.close();
		}
		this.orders.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	/** A plain HTTP server of the outside. */
	DisposableServer servePlain(Consumer<? super HttpServerRoutes> routes) {
		DisposableServer server = HttpServer.create()
			.runOn(this.loops)
			.host("127.0.0.1")
			.port(0)
			.route(routes)
			.bindNow();
		this.opened.add(server::disposeNow);
		return server;
	}

	/** A TLS server with whatever certificate. */
	DisposableServer serveTls(TestCa.Issued issued) {
		SslContextBuilder ssl = SslContextBuilder.forServer(issued.key(), issued.chain())
			.trustManager(this.ca.root())
			.clientAuth(ClientAuth.REQUIRE);
		DisposableServer server = HttpServer.create()
			.runOn(this.loops)
			.host("127.0.0.1")
			.port(0)
			.secure((spec) -> spec.sslContext(built(ssl)))
			.handle((request, response) -> response.sendString(Mono.just("tls")))
			.bindNow();
		this.opened.add(server::disposeNow);
		return server;
	}

	private static SslContext built(SslContextBuilder builder) {
		try {
			return builder.build();
		}
		catch (SSLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * An instance that answers who called it, and how.
	 */
	final class Service {

		final TestIdentities identities;

		final List<String> requests = new CopyOnWriteArrayList<>();

		final AtomicInteger accepted = new AtomicInteger();

		final AtomicInteger refused = new AtomicInteger();

		/** Whether its intentions deny everybody. */
		volatile boolean denies;

		private final MeshTls tls;

		private final DisposableServer server;

		Service(String service) {
			this.identities = TestIdentities.of(LoopbackMesh.this.ca, service);
			this.tls = tls(this.identities, (peer) -> {
				if (this.denies) {
					this.refused.incrementAndGet();
				}
				return this.denies ? "denied" : null;
			});
			this.server = HttpServer.create()
				.runOn(LoopbackMesh.this.loops)
				.host("127.0.0.1")
				.port(0)
				.secure((ssl) -> ssl.sslContext(this.tls.serverContext(List.of("http/1.1"))))
				.doOnChannelInit((observer, channel, address) -> {
					this.accepted.incrementAndGet();
					channel.attr(OpenConnections.PROTOCOL).set((drained) -> drained.attr(LAST).set(Boolean.TRUE));
					this.tls.guardInbound(channel);
				})
				.route((routes) -> routes
					.get("/stream",
							(request, response) -> response.sse()
								.sendString(Flux.interval(Duration.ofMillis(10), Schedulers.parallel())
									.onBackpressureDrop()
									.map((tick) -> "data: " + tick + "\n\n"), StandardCharsets.UTF_8))
					.get("/never", (request, response) -> {
						this.requests.add(request.uri());
						return Mono.never();
					})
					.get("/redirect",
							(request, response) -> response.status(302)
								.header("Location", Objects.requireNonNull(request.requestHeaders().get("X-Location")))
								.send())
					.post("/never", (request, response) -> {
						this.requests.add(request.uri());
						return Mono.never();
					})
					.post("/echo", (request, response) -> response.send(request.receive().retain()))
					.get("/forwarded",
							(request, response) -> response.sendString(
									Mono.just(request.requestHeaders().getAll("X-Forwarded-Client-Cert").toString())))
					.get("/**", (request, response) -> {
						this.requests.add(request.uri());
						MeshPeer[] peer = new MeshPeer[1];
						request.withConnection((connection) -> {
							peer[0] = connection.channel().attr(MeshTls.PEER).get();
							if (connection.channel().hasAttr(LAST)) {
								response.keepAlive(false);
							}
						});
						return response.sendString(Mono.just(service + " " + request.uri() + " "
								+ request.requestHeaders().get("Host") + " " + peer[0]));
					}))
				.bindNow();
			LoopbackMesh.this.services.add(this);
		}

		int port() {
			return this.server.port();
		}

		void stop() {
			this.server.disposeNow();
			this.tls.close();
			this.identities.close();
		}

	}

}
