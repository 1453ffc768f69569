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

package io.github.bootmesh.consul;

import java.time.Duration;

import io.github.bootmesh.Internal;

/**
 * Bounds of the traffic with the agent. A blocking query holds a connection for its whole
 * wait, and an agent closes what comes beyond 200 connections of one client address; so
 * the connections are counted, and split so that no kind of traffic can starve another.
 *
 * @param connections connections to the agent altogether
 * @param reserved connections out of them that only identity and intentions may hold
 * @param polls connections out of them for reads that do not block
 * @param calls connections out of them for registration, checks and other calls to the
 * agent itself
 * @param connectTimeout time to connect, TLS handshake included
 * @param timeout time for an answer that is not held back, from asking for a connection
 * to the last byte
 * @param margin time beyond the longest wait that a blocking query may take
 * @param answerBytes size of the largest answer that is read
 */
@Internal
public record ConsulLimits(int connections, int reserved, int polls, int calls, Duration connectTimeout,
		Duration timeout, Duration margin, int answerBytes) {

	/**
	 * 32 connections leave room for several processes on one address below the agent's
	 * 200; roots, leaf and intentions need three, one is to spare. An answer of 16 MiB
	 * holds some ten thousand instances.
	 */
	public static final ConsulLimits DEFAULTS = new ConsulLimits(32, 4, 4, 2, Duration.ofSeconds(3),
			Duration.ofSeconds(10), Duration.ofSeconds(10), 16 * 1024 * 1024);

	/**
	 * Fewest connections to the agent that the other defaults leave room for.
	 */
	public static final int FEWEST_CONNECTIONS = DEFAULTS.reserved + DEFAULTS.polls + DEFAULTS.calls + 1;

	public ConsulLimits {
		if (reserved < 1 || polls < 1 || calls < 1 || connections <= reserved + polls + calls) {
			throw new IllegalArgumentException("Of " + connections + " connections to Consul, " + reserved + " + "
					+ polls + " + " + calls + " are set apart; at least one must be left, and each part needs one");
		}
	}

	/**
	 * The same limits with another number of connections.
	 * @param connections connections to the agent altogether
	 * @return the limits
	 */
	public ConsulLimits withConnections(int connections) {
		return new ConsulLimits(connections, this.reserved, this.polls, this.calls, this.connectTimeout, this.timeout,
				this.margin, this.answerBytes);
	}

	/**
	 * The same limits with more connections set apart for identity and intentions.
	 * @param further how many more
	 * @return the limits
	 */
	public ConsulLimits withFurtherReserved(int further) {
		return new ConsulLimits(this.connections, this.reserved + further, this.polls, this.calls, this.connectTimeout,
				this.timeout, this.margin, this.answerBytes);
	}

	/**
	 * The same limits with another timeout for answers, and margin for blocking ones.
	 * @param timeout time for an answer that is not held back
	 * @return the limits
	 */
	public ConsulLimits withTimeout(Duration timeout) {
		return new ConsulLimits(this.connections, this.reserved, this.polls, this.calls, this.connectTimeout, timeout,
				timeout, this.answerBytes);
	}

	/**
	 * Connections for blocking queries.
	 * @return how many watches can block at the same time
	 */
	int places() {
		return this.connections - this.polls - this.calls;
	}

}
