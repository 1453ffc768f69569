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

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * What a listener allows its connections. Immutable.
 *
 * @param maxConnections open connections of a listener at most, those that are still
 * being connected included
 * @param maxPending connections of a listener at most that wait for their other side
 * @param connectTimeout time in which an accepted connection must have its other side:
 * waiting for the identity, choosing, TCP and TLS, all tries together
 * @param idleTimeout silence of both directions that ends a connection, or {@code null}
 * for none
 * @param maxLifetime age from which a connection is ended at its next pause, so that
 * pools spread over the instances anew, or {@code null} for none
 * @param tuning what nobody has had to set yet
 */
@Internal
public record RelaySettings(int maxConnections, int maxPending, Duration connectTimeout, @Nullable Duration idleTimeout,
		@Nullable Duration maxLifetime, RelayTuning tuning) {

	/**
	 * The defaults. 1024 is what Envoy allows a cluster of each (circuit breakers), 10 s
	 * is Consul's connect_timeout_ms. What is silent, or old, may still be in use.
	 */
	public static final RelaySettings DEFAULTS = new RelaySettings(1024, 1024, Duration.ofSeconds(10), null, null,
			RelayTuning.DEFAULTS);

	/**
	 * Takes positive limits.
	 * @throws IllegalArgumentException if one is not
	 */
	public RelaySettings {
		if (maxConnections < 1 || maxPending < 1) {
			throw new IllegalArgumentException("At least one connection must be allowed, and to wait");
		}
		RelayTuning.checkPositive(connectTimeout);
		if (idleTimeout != null) {
			RelayTuning.checkPositive(idleTimeout);
		}
		if (maxLifetime != null) {
			RelayTuning.checkPositive(maxLifetime);
		}
	}

	/**
	 * The same with another limit of connections.
	 * @param limit the limit
	 * @return the settings
	 */
	public RelaySettings withMaxConnections(int limit) {
		return new RelaySettings(limit, this.maxPending, this.connectTimeout, this.idleTimeout, this.maxLifetime,
				this.tuning);
	}

	/**
	 * The same with another limit of connections that wait.
	 * @param limit the limit
	 * @return the settings
	 */
	public RelaySettings withMaxPending(int limit) {
		return new RelaySettings(this.maxConnections, limit, this.connectTimeout, this.idleTimeout, this.maxLifetime,
				this.tuning);
	}

	/**
	 * The same with another connect timeout.
	 * @param timeout the timeout
	 * @return the settings
	 */
	public RelaySettings withConnectTimeout(Duration timeout) {
		return new RelaySettings(this.maxConnections, this.maxPending, timeout, this.idleTimeout, this.maxLifetime,
				this.tuning);
	}

	/**
	 * The same with another idle timeout.
	 * @param timeout the timeout, or {@code null} for none
	 * @return the settings
	 */
	public RelaySettings withIdleTimeout(@Nullable Duration timeout) {
		return new RelaySettings(this.maxConnections, this.maxPending, this.connectTimeout, timeout, this.maxLifetime,
				this.tuning);
	}

	/**
	 * The same with another lifetime.
	 * @param lifetime the lifetime, or {@code null} for one without end
	 * @return the settings
	 */
	public RelaySettings withMaxLifetime(@Nullable Duration lifetime) {
		return new RelaySettings(this.maxConnections, this.maxPending, this.connectTimeout, this.idleTimeout, lifetime,
				this.tuning);
	}

	RelaySettings withTuning(RelayTuning tuning) {
		return new RelaySettings(this.maxConnections, this.maxPending, this.connectTimeout, this.idleTimeout,
				this.maxLifetime, tuning);
	}

}
