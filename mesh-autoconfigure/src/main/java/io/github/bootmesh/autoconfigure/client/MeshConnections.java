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

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.ChannelOption;
import io.netty.resolver.AddressResolverGroup;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.OpenConnections;
import io.github.bootmesh.tls.PeerExpectation;

/**
 * The pooled mTLS connections of HTTP clients, a pool for each identity that is expected:
 * a connection to one service is never used for another, whatever their addresses.
 */
final class MeshConnections implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(MeshConnections.class);

	// Shorter than the usual idle timeouts of servers (Jetty's is 30 s), so that it is
	// seldom the server who closes first, just when a request is sent.
	private static final Duration MAX_IDLE = Duration.ofSeconds(20);

	// New leaves, new addresses and new weights reach busy connections in this time.
	private static final Duration MAX_LIFE = Duration.ofMinutes(30);

	// By then its last connection has ended, unless it carries an endless response, which
	// is not cut.
	private static final Duration UNUSED = MAX_LIFE.plusMinutes(1);

	private static final Duration EVICTION_INTERVAL = Duration.ofSeconds(5);

	private static final Duration DISPOSAL_INTERVAL = Duration.ofMinutes(1);

	// As Reactor Netty's own pool of HTTP clients has it, for one address.
	private static final int MAX_CONNECTIONS = 500;

	// No ALPN: built-in proxies and Envoys in front of HTTP/1.1 servers may select h2
	// when it is offered, and a server that knows h2 alone refuses an offer without it.
	private static final List<String> NO_ALPN = List.of();

	private final MeshTls tls;

	private final LoopResources loops;

	private final Duration connectTimeout;

	private final AddressResolverGroup<?> resolver;

	private final Cache<Use, Pool> pools = Caffeine.newBuilder()
		.expireAfterAccess(UNUSED)
		.executor(Runnable::run)
		.<Use, Pool>removalListener((use, pool, cause) -> dispose(Objects.requireNonNull(pool)))
		.build();

	MeshConnections(MeshTls tls, LoopResources loops, Duration connectTimeout) {
		this.tls = tls;
		this.loops = loops;
		this.connectTimeout = connectTimeout;
		this.resolver = resolver(loops);
	}

	// Netty's own DNS client: the JDK's would block an event loop.
	private static AddressResolverGroup<?> resolver(LoopResources loops) {
		return Objects.requireNonNull(HttpClient.newConnection()
			.runOn(loops)
			.resolver((spec) -> spec.runOn(loops))
			.configuration()
			.resolver());
	}

	/**
	 * The connector whose connections lead to the expected identity only.
	 * @param expectation who may answer
	 * @param readTimeout how long an answer may take, or {@code null} for as long as it
	 * likes
	 */
	ClientHttpConnector connector(PeerExpectation expectation, @Nullable Duration readTimeout) {
		return this.pools.get(new Use(expectation, readTimeout), this::pool).connector();
	}

	private Pool pool(Use use) {
		PeerExpectation expectation = use.expectation();
		ConnectionProvider connections = ConnectionProvider.builder("bootmesh-" + expectation.sni())
			.maxConnections(MAX_CONNECTIONS)
			.pendingAcquireTimeout(this.connectTimeout)
			.lifo()
			.evictionPredicate((connection, metadata) -> connection.channel().hasAttr(OpenConnections.ENDING)
					|| metadata.idleTime() >= MAX_IDLE.toMillis() || metadata.lifeTime() >= MAX_LIFE.toMillis())
			.evictInBackground(EVICTION_INTERVAL)
			// Else the pool of an address that no instance has any more would stay.
			.disposeInactivePoolsInBackground(DISPOSAL_INTERVAL, UNUSED)
			.build();
		HttpClient client = HttpClient.create(connections)
			.runOn(this.loops)
			.resolver(this.resolver)
			.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) this.connectTimeout.toMillis())
			// As Spring sets up its own clients.
			.compress(true)
			.secure((ssl) -> ssl.sslContext(this.tls.clientContext(expectation, NO_ALPN))
				.handshakeTimeout(this.connectTimeout))
			.doOnChannelInit((observer, channel, address) -> {
				// Idle, the pool closes it in its next round; in use, when the exchange
				// is over.
				channel.attr(OpenConnections.PROTOCOL).set((drained) -> {
				});
				this.tls.guardOutbound(channel, expectation);
			});
		Duration readTimeout = use.readTimeout();
		return new Pool(
				new ReactorClientHttpConnector((readTimeout != null) ? client.responseTimeout(readTimeout) : client),
				connections);
	}

	@Override
	public void close() {
		this.pools.invalidateAll();
		this.resolver.close();
	}

	// Spring ends the event loops first, when the application stops.
	private static void dispose(Pool pool) {
		pool.connections().disposeLater().subscribe((done) -> {
		}, (ex) -> logger.debug("Connections have ended with their event loop", ex));
	}

	private record Use(PeerExpectation expectation, @Nullable Duration readTimeout) {

	}

	private record Pool(ClientHttpConnector connector, ConnectionProvider connections) {

	}

}
