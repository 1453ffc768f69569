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

package io.github.bootmesh.autoconfigure.server;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.server.InboundProperties.MutualTlsMode;
import io.github.bootmesh.tls.OpenConnections;

/**
 * Who may still call without TLS while a mesh is moved into, and who does. Can be ended
 * while the application runs, and not be begun again. Thread-safe.
 */
@Internal
public final class PlaintextCallers {

	private static final Logger logger = LoggerFactory.getLogger(PlaintextCallers.class);

	/**
	 * Addresses that are counted at most, so that an address range cannot fill the
	 * memory. Who called least is forgotten first.
	 */
	private static final int MAX_COUNTED = 1000;

	/**
	 * Addresses that are told in the log at most, for the same reason.
	 */
	private static final int MAX_LOGGED = 100;

	private final List<IpSubnetFilterRule> ranges;

	private final OpenConnections connections;

	private final Clock clock;

	private final Cache<String, Count> counts = Caffeine.newBuilder()
		.maximumSize(MAX_COUNTED)
		.executor(Runnable::run)
		.build();

	private final LongAdder allowed = new LongAdder();

	private final LongAdder refused = new LongAdder();

	private final AtomicInteger logged = new AtomicInteger();

	private volatile MutualTlsMode mode;

	PlaintextCallers(InboundProperties properties, OpenConnections connections, Clock clock) {
		this.mode = properties.mutualTlsMode();
		this.ranges = properties.permissiveRanges();
		this.connections = connections;
		this.clock = clock;
		if (this.mode == MutualTlsMode.PERMISSIVE) {
			logger.warn(
					"Plain HTTP is taken on the mesh port from {}: whoever is there may do, unseen and unverified, "
							+ "what the intentions allow to everybody (bootmesh.inbound.mutual-tls-mode is permissive)",
					properties.permissiveFrom());
		}
	}

	/**
	 * Whether some may do without TLS.
	 * @return the mode
	 */
	public MutualTlsMode mode() {
		return this.mode;
	}

	/**
	 * Ends it: from now on nobody may do without TLS, and the connections of those who do
	 * are closed. Holds until the application ends.
	 */
	public void end() {
		if (this.mode == MutualTlsMode.PERMISSIVE) {
			this.mode = MutualTlsMode.STRICT;
			logger.info("Plain HTTP is taken no more; set bootmesh.inbound.mutual-tls-mode to strict to keep it so");
			this.connections.endPlaintext();
		}
	}

	boolean admits(SocketAddress address) {
		return this.mode == MutualTlsMode.PERMISSIVE && address instanceof InetSocketAddress inet
				&& this.ranges.stream().anyMatch((range) -> range.matches(inet));
	}

	void count(SocketAddress address, boolean allowed) {
		(allowed ? this.allowed : this.refused).increment();
		String host = (address instanceof InetSocketAddress inet) ? inet.getAddress().getHostAddress()
				: address.toString();
		if (this.counts.get(host, Count::new).add(allowed, this.clock.instant())
				&& this.logged.incrementAndGet() <= MAX_LOGGED) {
			logger.info("{} calls without TLS", host);
		}
	}

	/**
	 * Requests without TLS that were allowed.
	 * @return the count since the start
	 */
	public long allowed() {
		return this.allowed.sum();
	}

	/**
	 * Requests without TLS that were refused.
	 * @return the count since the start
	 */
	public long refused() {
		return this.refused.sum();
	}

	/**
	 * Who called without TLS, so that they can be moved.
	 * @return the addresses, who called last first; of very many those that called most
	 */
	public List<PlaintextCaller> callers() {
		return this.counts.asMap()
			.values()
			.stream()
			.map(Count::caller)
			.sorted(Comparator.comparing(PlaintextCaller::last).reversed())
			.toList();
	}

	/**
	 * Somebody who calls without TLS.
	 *
	 * @param address the address
	 * @param allowed requests that were allowed
	 * @param refused requests that were refused
	 * @param last when it called last
	 */
	public record PlaintextCaller(String address, long allowed, long refused, Instant last) {

	}

	private static final class Count {

		private final String address;

		private final LongAdder allowed = new LongAdder();

		private final LongAdder refused = new LongAdder();

		private final AtomicBoolean known = new AtomicBoolean();

		private volatile Instant last = Instant.EPOCH;

		Count(String address) {
			this.address = address;
		}

		// Whether it is the first.
		boolean add(boolean allowed, Instant now) {
			(allowed ? this.allowed : this.refused).increment();
			this.last = now;
			return this.known.compareAndSet(false, true);
		}

		PlaintextCaller caller() {
			return new PlaintextCaller(this.address, this.allowed.sum(), this.refused.sum(), this.last);
		}

	}

}
