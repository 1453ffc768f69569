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

import java.time.Duration;

import io.github.bootmesh.Internal;

/**
 * Limits of mesh connections. Immutable.
 *
 * @param handshakeTimeout time in which a handshake must be done and its peer decided on
 * @param maxConnections open accepted connections at most
 * @param maxHandshakes handshakes of accepted connections computed at once at most;
 * others wait for their turn, up to half of the handshake timeout. A place is taken when
 * the client's first message is complete, and lent for a second: a handshake that takes
 * longer goes on without one until the handshake timeout, so that silent clients keep
 * nobody out. How many of those there can be is bounded by the connections
 * @param drain time that a connection whose trust has ended gets to finish its exchanges
 * @param revocationGrace the same for a connection or exchange that was allowed and is no
 * more
 */
@Internal
public record TlsSettings(Duration handshakeTimeout, int maxConnections, int maxHandshakes, Duration drain,
		Duration revocationGrace) {

	/**
	 * The defaults. Ten seconds is Netty's own handshake timeout, and a usual request is
	 * over in ten seconds too. 8192 connections is what Tomcat accepts. 256 handshakes
	 * keep two cores busy for a third of a second. A second lets usual requests end while
	 * an operator who has flipped an intention still looks at the screen.
	 */
	public static final TlsSettings DEFAULTS = new TlsSettings(Duration.ofSeconds(10), 8192, 256,
			Duration.ofSeconds(10), Duration.ofSeconds(1));

	/**
	 * Takes positive limits.
	 * @throws IllegalArgumentException if a limit is not positive, or the drain time or
	 * the grace is negative
	 */
	public TlsSettings {
		if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
			throw new IllegalArgumentException("The handshake timeout must be positive");
		}
		if (maxConnections < 1 || maxHandshakes < 1) {
			throw new IllegalArgumentException("At least one connection and one handshake must be allowed");
		}
		if (drain.isNegative() || revocationGrace.isNegative()) {
			throw new IllegalArgumentException("The drain time and the grace must not be negative");
		}
	}

}
