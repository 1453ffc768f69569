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

package io.github.bootmesh.tls;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.MeshPeer;

/**
 * An open connection, known from before it is decided on until it is closed.
 */
final class MeshConnection {

	private static final Logger logger = LoggerFactory.getLogger(MeshConnection.class);

	/**
	 * How soon the end is noticed after the machine slept or its clock was set.
	 */
	private static final long MAX_WAIT_MILLIS = 60_000;

	private final Channel channel;

	private final boolean inbound;

	private final TlsSettings settings;

	private final Clock clock;

	private volatile @Nullable VerifiedChain chain;

	private volatile boolean plaintext;

	private final AtomicBoolean revoked = new AtomicBoolean();

	// On the event loop only.
	private boolean draining;

	private @Nullable ScheduledFuture<?> end;

	MeshConnection(Channel channel, boolean inbound, TlsSettings settings, Clock clock) {
		this.channel = channel;
		this.inbound = inbound;
		this.settings = settings;
		this.clock = clock;
	}

	Channel channel() {
		return this.channel;
	}

	boolean inbound() {
		return this.inbound;
	}

	/**
	 * The root that the peer's chain ended at, once that is known.
	 */
	@Nullable X509Certificate anchor() {
		VerifiedChain verified = this.chain;
		return (verified != null) ? verified.anchor() : null;
	}

	/**
	 * The verified peer, once it is known.
	 */
	@Nullable MeshPeer peer() {
		VerifiedChain verified = this.chain;
		return (verified != null) ? verified.peer() : null;
	}

	/**
	 * Whether it does without TLS and will never have a peer.
	 */
	boolean plaintext() {
		return this.plaintext;
	}

	void plaintext(boolean plaintext) {
		this.plaintext = plaintext;
	}

	void verified(VerifiedChain verified) {
		this.chain = verified;
		watchEnd(verified);
	}

	private void watchEnd(VerifiedChain verified) {
		if (!this.channel.isOpen()) {
			return;
		}
		Duration left = Duration.between(this.clock.instant(), verified.notAfter());
		this.end = this.channel.eventLoop().schedule(() -> {
			if (this.clock.instant().isAfter(verified.notAfter())) {
				certificateEnded(verified);
			}
			else {
				watchEnd(verified);
			}
		}, Math.min(Math.max(1, left.toMillis() + 1), MAX_WAIT_MILLIS), TimeUnit.MILLISECONDS);
	}

	private void certificateEnded(VerifiedChain verified) {
		MeshProtocol protocol = this.channel.attr(OpenConnections.PROTOCOL).get();
		if (protocol == null || protocol.endsWithCertificate()) {
			drain("the certificate of its peer " + verified.peer() + " has ended");
		}
	}

	/**
	 * Lets the exchanges in flight finish and closes the channel, at the end of the drain
	 * time by force.
	 */
	void drain(String why) {
		this.channel.attr(OpenConnections.ENDING).set(Boolean.TRUE);
		this.channel.eventLoop().execute(() -> {
			if (!this.draining && this.channel.isOpen()) {
				this.draining = true;
				logger.debug("Draining {}: {}", this.channel, why);
				end(this.settings.drain(), MeshProtocol::drain);
			}
		});
	}

	/**
	 * Closes the channel, at once if nothing is in flight, at the end of the revocation
	 * grace by force.
	 * @return whether it was not revoked before
	 */
	boolean revoke(String why) {
		if (!this.revoked.compareAndSet(false, true)) {
			return false;
		}
		this.channel.attr(OpenConnections.ENDING).set(Boolean.TRUE);
		this.channel.eventLoop().execute(() -> {
			logger.debug("Revoking {} of {}: {}", this.channel, peer(), why);
			end(this.settings.revocationGrace(), MeshProtocol::revoke);
		});
		return true;
	}

	private void end(Duration grace, BiConsumer<MeshProtocol, Channel> politely) {
		MeshProtocol protocol = this.channel.attr(OpenConnections.PROTOCOL).get();
		if (protocol == null) {
			this.channel.close();
			return;
		}
		if (grace.isZero()) {
			// What is written meanwhile would overtake a timer, however short.
			force();
			return;
		}
		ScheduledFuture<?> force = this.channel.eventLoop()
			.schedule(this::force, grace.toMillis(), TimeUnit.MILLISECONDS);
		this.channel.closeFuture().addListener((future) -> force.cancel(false));
		politely.accept(protocol, this.channel);
	}

	/**
	 * Closes the channel at once, without a word that would have what was sent look
	 * complete.
	 */
	void cut() {
		this.channel.eventLoop().execute(this::force);
	}

	// Past the handlers: an HTTP/2 codec would wait for its streams.
	private void force() {
		this.channel.unsafe().close(this.channel.voidPromise());
	}

	/**
	 * Has the exchanges in flight decided on again.
	 */
	void decideAgain() {
		MeshProtocol protocol = this.channel.attr(OpenConnections.PROTOCOL).get();
		if (protocol != null) {
			this.channel.eventLoop().execute(() -> decideAgain(protocol));
		}
	}

	private void decideAgain(MeshProtocol protocol) {
		try {
			protocol.decideAgain(this.channel);
		}
		catch (RuntimeException | StackOverflowError ex) {
			logger.error("Could not decide again on the exchanges of {}, closing it", this.channel, ex);
			force();
		}
	}

	void closed() {
		if (this.end != null) {
			this.end.cancel(false);
		}
	}

}
