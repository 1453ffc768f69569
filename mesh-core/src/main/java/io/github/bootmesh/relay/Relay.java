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

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.tls.MeshProtocol;
import io.github.bootmesh.tls.OpenConnections;

/**
 * A connection that was accepted and the one that was dialled for it, joined: what is
 * read from one is written to the other, and how one ends is how the other does. Both are
 * on one event loop, and everything here happens on it.
 */
final class Relay implements MeshProtocol {

	private static final Logger logger = LoggerFactory.getLogger(Relay.class);

	private final RelayEnd front;

	private final RelayEnd back;

	private final RelaySettings settings;

	private final Consumer<RelayOutcome> onOutcome;

	private final long startedNanos = System.nanoTime();

	private boolean told;

	// By how they end it.
	private final Map<RelayOutcome, ScheduledFuture<?>> timers = new EnumMap<>(RelayOutcome.class);

	private long movedNanos = this.startedNanos;

	private boolean over;

	/**
	 * Makes a relay.
	 * @param front the accepted side
	 * @param back the dialled side
	 * @param onOutcome told once how it ended, or that the peer refuses, most likely:
	 * then the accepted side may take its time to end
	 */
	Relay(RelayEnd front, RelayEnd back, RelaySettings settings, Consumer<RelayOutcome> onOutcome) {
		this.front = front;
		this.back = back;
		this.settings = settings;
		this.onOutcome = onOutcome;
	}

	/**
	 * Begins with what both sides have sent already.
	 */
	void start() {
		setProtocol(this.front.channel());
		setProtocol(this.back.channel());
		this.front.join(this);
		this.back.join(this);
		if (!this.back.isAlive()) {
			failed(this.back, RelayOutcome.RESET);
		}
		else if (!this.front.isAlive()) {
			failed(this.front, RelayOutcome.RESET);
		}
		else {
			begin();
		}
	}

	private void begin() {
		limit();
		this.front.begin();
		this.back.begin();
	}

	private void limit() {
		Duration idle = this.settings.idleTimeout();
		if (idle != null) {
			endAfter(idle, RelayOutcome.IDLE);
		}
		Duration lifetime = this.settings.maxLifetime();
		if (lifetime != null) {
			schedule(() -> endAfter(this.settings.tuning().pause(), RelayOutcome.OLD), lifetime.toNanos(),
					RelayOutcome.OLD);
		}
	}

	private void schedule(Runnable step, long nanos, RelayOutcome outcome) {
		ScheduledFuture<?> replaced = this.timers.put(outcome,
				this.front.channel().eventLoop().schedule(step, nanos, TimeUnit.NANOSECONDS));
		if (replaced != null) {
			replaced.cancel(false);
		}
	}

	/**
	 * Ends the relay as soon as nothing has moved for so long.
	 */
	void endAfter(Duration silence, RelayOutcome outcome) {
		long left = silence.toNanos() - (System.nanoTime() - this.movedNanos);
		if (left <= 0) {
			end(outcome);
		}
		else if (!this.over) {
			schedule(() -> endAfter(silence, outcome), left, outcome);
		}
	}

	/**
	 * Something came from one of the sides, or went to it.
	 */
	void moved() {
		this.movedNanos = System.nanoTime();
	}

	private void setProtocol(Channel channel) {
		if (channel.pipeline().get(SslHandler.class) != null) {
			channel.attr(OpenConnections.PROTOCOL).set(this);
		}
	}

	RelaySettings settings() {
		return this.settings;
	}

	boolean over() {
		return this.over;
	}

	/**
	 * The dialled side.
	 */
	Channel back() {
		return this.back.channel();
	}

	RelayEnd otherThan(RelayEnd end) {
		return (end == this.front) ? this.back : this.front;
	}

	/**
	 * Nothing more will come from this side.
	 */
	void inputEnded(RelayEnd end) {
		if (this.over) {
			return;
		}
		moved();
		if (looksRefused(end)) {
			if (this.front.received() == 0) {
				end(RelayOutcome.POSSIBLY_REFUSED);
				return;
			}
			// PostgreSQL answers the request to cancel a statement like this, too. Some
			// programs never end their own side after it.
			tell(RelayOutcome.POSSIBLY_REFUSED);
			endAfter(this.settings.tuning().halfCloseWait(), RelayOutcome.POSSIBLY_REFUSED);
		}
		otherThan(end).endOutput(this);
	}

	/**
	 * Nothing more will be sent to one of the sides.
	 */
	void outputEnded() {
		if (this.front.outputEnded() && this.back.outputEnded()) {
			end(RelayOutcome.COMPLETE);
		}
	}

	/**
	 * This side has failed.
	 */
	void failed(RelayEnd end, RelayOutcome outcome) {
		end(looksRefused(end) ? RelayOutcome.POSSIBLY_REFUSED : outcome);
	}

	// Where our side has said all it had to say, an end without an answer is an answer.
	private boolean looksRefused(RelayEnd end) {
		return end == this.back && end.mayRefuse() && end.received() == 0 && !this.front.inputEnded()
				&& System.nanoTime() - this.startedNanos < this.settings.tuning().refusalWindow().toNanos();
	}

	void end(RelayOutcome outcome) {
		if (this.over) {
			return;
		}
		this.over = true;
		this.timers.values().forEach((timer) -> timer.cancel(false));
		// Before anybody can see it.
		tell(outcome);
		if (outcome == RelayOutcome.COMPLETE) {
			this.front.close();
			this.back.close();
		}
		else {
			logger.debug("Resetting {} and {}: {}", this.front.channel(), this.back.channel(), outcome);
			this.front.reset();
			this.back.reset();
		}
	}

	private void tell(RelayOutcome outcome) {
		if (!this.told) {
			this.told = true;
			this.onOutcome.accept(outcome);
		}
	}

	/**
	 * Nobody here knows where an exchange ends: a pause has to do. Cut then, so that
	 * nobody takes it for the end.
	 */
	@Override
	public void drain(Channel channel) {
		endAfter(this.settings.tuning().pause(), RelayOutcome.REVOKED);
	}

	@Override
	public void revoke(Channel channel) {
		end(RelayOutcome.REVOKED);
	}

	@Override
	public boolean endsWithCertificate() {
		return false;
	}

}
