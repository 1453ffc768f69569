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
import java.net.SocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import io.github.bootmesh.Internal;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.discovery.FollowedDestination;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerExpectation;

/**
 * Listens on this host for one upstream: each accepted connection gets one of its own to
 * an instance of the destination, over mTLS, with the identity checked. Where none can be
 * made the accepted one is reset, and the listener stays. Thread-safe.
 */
@Internal
public final class UpstreamListener implements AutoCloseable {

	private final Upstream upstream;

	private final RelayLoops loops;

	private final Mono<String> trustDomain;

	private final Endpoints endpoints;

	private final MeshTls tls;

	private final RelaySettings settings;

	private final Failures failures;

	private final Acceptor acceptor;

	private final LongAdder received = new LongAdder();

	private final LongAdder sent = new LongAdder();

	private volatile @Nullable FollowedDestination followed;

	private volatile @Nullable SocketAddress address;

	// Held, so that its sessions are: most upstreams have one.
	private volatile @Nullable Dialling dialling;

	/**
	 * Makes a listener that does not listen yet.
	 * @param upstream what it is for
	 * @param loops where it runs
	 * @param trustDomain the trust domain of this service, as soon as it has an identity;
	 * subscribed to for each connection
	 * @param endpoints whom it can dial
	 * @param tls who this service is
	 * @param settings the limits
	 */
	public UpstreamListener(Upstream upstream, RelayLoops loops, Mono<String> trustDomain, Endpoints endpoints,
			MeshTls tls, RelaySettings settings) {
		this.upstream = upstream;
		this.loops = loops;
		this.trustDomain = trustDomain;
		this.endpoints = endpoints;
		this.tls = tls;
		this.settings = settings;
		this.failures = new Failures("Upstream '" + upstream.name() + "' (" + upstream.destination() + ")");
		this.acceptor = new Acceptor(loops, settings, this.failures, this::accept);
	}

	/**
	 * Listens, and follows the destination from now on. Blocks for the moment that takes.
	 * @return where
	 * @throws IOException if it cannot, such as because the port is in use
	 */
	public SocketAddress start() throws IOException {
		FollowedDestination destination = this.endpoints.follow(this.upstream.destination(), this::identityChanged);
		this.followed = destination;
		try {
			SocketAddress bound = this.acceptor.bind(this.upstream.bind(), this.upstream.socketMode());
			this.address = bound;
			return bound;
		}
		catch (IOException ex) {
			destination.dispose();
			throw ex;
		}
	}

	private void followNoMore() {
		FollowedDestination destination = this.followed;
		if (destination != null) {
			destination.dispose();
		}
	}

	private void accept(DuplexChannel channel) {
		RelayLoops.keepAlive(channel);
		PlainEnd front = new PlainEnd(channel, this.received);
		channel.pipeline().addLast(front);
		if (!this.acceptor.mayWait()) {
			front.reset();
			return;
		}
		channel.eventLoop().execute(new UpstreamConnection(this, front)::start);
	}

	/**
	 * Whether the peer of a connection is whom the destination stands for. On its event
	 * loop: one that joins a relay after that is looked at there again when it changes.
	 */
	boolean standsFor(Channel back) {
		FollowedDestination destination = this.followed;
		return destination == null || destination.standsFor(back.attr(MeshTls.PEER).get().id());
	}

	/**
	 * Who the destination is, when it stands for somebody no more.
	 */
	String identityNow() {
		FollowedDestination destination = this.followed;
		return "Consul says that it is '" + ((destination != null) ? destination.service() : null) + "' now";
	}

	private void identityChanged() {
		AtomicInteger ended = new AtomicInteger();
		this.acceptor.forEach((channel) -> {
			Relay relay = relay(channel);
			if (relay != null && !relay.over() && !standsFor(relay.back())) {
				ended.incrementAndGet();
				this.failures.ended(RelayFailure.IDENTITY_CHANGED, identityNow());
				relay.end(RelayOutcome.IDENTITY_CHANGED);
			}
		}).whenComplete((done, ex) -> {
			if (ended.get() > 0) {
				this.failures.tellEnded(ended.get(), RelayFailure.IDENTITY_CHANGED, identityNow());
			}
		});
	}

	/**
	 * What it is for.
	 * @return the upstream as it was declared
	 */
	public Upstream upstream() {
		return this.upstream;
	}

	RelayLoops loops() {
		return this.loops;
	}

	Mono<String> trustDomain() {
		return this.trustDomain;
	}

	Endpoints endpoints() {
		return this.endpoints;
	}

	MeshTls tls() {
		return this.tls;
	}

	RelaySettings settings() {
		return this.settings;
	}

	Acceptor acceptor() {
		return this.acceptor;
	}

	Failures failures() {
		return this.failures;
	}

	LongAdder sent() {
		return this.sent;
	}

	SslContext context(PeerExpectation expectation) {
		Dialling current = this.dialling;
		if (current == null || !current.expectation().equals(expectation)) {
			current = new Dialling(expectation, this.tls.streamClientContext(expectation));
			this.dialling = current;
		}
		return current.context();
	}

	/**
	 * What is known of it now.
	 * @return the status
	 */
	public ListenerStatus status() {
		return new ListenerStatus(this.upstream.name(), this.address, this.acceptor.open(), this.received.sum(),
				this.sent.sum(), this.failures.counts(), this.failures.problem());
	}

	/**
	 * Accepts nothing more. What is open stays.
	 */
	public void stopAccepting() {
		this.acceptor.stop();
	}

	/**
	 * Accepts nothing more. What is open is reset as soon as nothing has moved for 5 s in
	 * both directions, and what has no other side yet at once.
	 * @return completed when nothing is open any more
	 */
	public CompletionStage<Void> drain() {
		this.acceptor.stop();
		return this.acceptor.drain(UpstreamListener::drain).whenComplete((drained, ex) -> followNoMore());
	}

	private static void drain(Channel channel) {
		Relay relay = relay(channel);
		if (relay != null) {
			relay.drain(channel);
		}
		else {
			RelayEnd.reset(channel);
		}
	}

	private static @Nullable Relay relay(Channel channel) {
		PlainEnd front = channel.pipeline().get(PlainEnd.class);
		return (front != null) ? front.relay() : null;
	}

	/**
	 * Accepts nothing more and resets what is open.
	 */
	@Override
	public void close() {
		followNoMore();
		this.acceptor.close();
	}

	private record Dialling(PeerExpectation expectation, SslContext context) {

	}

}
