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

package io.github.bootmesh.autoconfigure.actuate;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.autoconfigure.listener.MeshListener;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.PublicListener;
import io.github.bootmesh.relay.RelayFailure;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.OpenConnections;
import io.github.bootmesh.tls.Refusal;

/**
 * The meters of public listeners: the application's own and those of the further services
 * of this process, which are few and do not change. What is counted of the application in
 * any mode is counted of the further services under other names: meters of one name have
 * the same tags.
 */
final class ListenerMeters implements MeterBinder {

	private final @Nullable Relayed own;

	private final List<MeshListener> further;

	private final Clock clock;

	/**
	 * The meters of public listeners.
	 * @param own the application's own, or {@code null} if it has none
	 * @param further those of further services
	 */
	ListenerMeters(@Nullable Relayed own, List<MeshListener> further, Clock clock) {
		this.own = own;
		this.further = further;
		this.clock = clock;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		if (this.own != null) {
			bindRelayed(registry, this.own);
		}
		this.further.forEach((listener) -> bind(registry, listener));
	}

	private void bind(MeterRegistry registry, MeshListener listener) {
		Tags service = Tags.of(MeshMeters.SERVICE, listener.service());
		TimeGauge.builder(MeshMeters.LISTENER_IDENTITY_EXPIRY, listener, TimeUnit.SECONDS, this::secondsToExpiry)
			.description("Time until the leaf certificate of a listener's service expires, negative once it has")
			.tags(service)
			.register(registry);
		bindRelayed(registry, new Relayed(listener.service(), listener.tls(), listener::publicListener));
		for (Refusal refusal : Refusal.values()) {
			FunctionCounter
				.builder(MeshMeters.LISTENER_REFUSALS, listener,
						(counted) -> counted.tls().refusals().getOrDefault(refusal.key(), 0L))
				.description("Connections and peers that a listener's service has refused, by reason")
				.tags(service)
				.tag(MeshMeters.REASON, refusal.key())
				.register(registry);
		}
		new DecisionMeters(MeshMeters.LISTENER_DECISIONS, service, listener.decisions()).bindTo(registry);
	}

	private static void bindRelayed(MeterRegistry registry, Relayed relayed) {
		bindConnections(registry, relayed, "inbound", OpenConnections::inbound);
		bindConnections(registry, relayed, "outbound", OpenConnections::outbound);
		FunctionCounter.builder(MeshMeters.LISTENER_REVOKED, relayed.tls(), (held) -> held.connections().revoked())
			.description("Connections that a listener's service had accepted and closed because their peer may not "
					+ "call any more")
			.tag(MeshMeters.SERVICE, relayed.service())
			.register(registry);
		bindBytes(registry, relayed, "received", ListenerStatus::received);
		bindBytes(registry, relayed, "sent", ListenerStatus::sent);
		for (RelayFailure failure : PublicListener.FAILURES) {
			FunctionCounter
				.builder(MeshMeters.LISTENER_FAILURES, relayed.tls(),
						(held) -> relayed.of((status) -> status.failures().getOrDefault(failure.key(), 0L)))
				.description("Connections of the public listener of a service that were reset, by reason")
				.tag(MeshMeters.SERVICE, relayed.service())
				.tag(MeshMeters.REASON, failure.key())
				.register(registry);
		}
	}

	private static void bindConnections(MeterRegistry registry, Relayed relayed, String direction,
			ToIntFunction<OpenConnections> open) {
		Gauge.builder(MeshMeters.LISTENER_CONNECTIONS, relayed.tls(), (held) -> open.applyAsInt(held.connections()))
			.description("Open mesh connections of a listener's service")
			.tag(MeshMeters.SERVICE, relayed.service())
			.tag(MeshMeters.DIRECTION, direction)
			.register(registry);
	}

	private static void bindBytes(MeterRegistry registry, Relayed relayed, String direction,
			ToLongFunction<ListenerStatus> bytes) {
		FunctionCounter.builder(MeshMeters.LISTENER_BYTES, relayed.tls(), (held) -> relayed.of(bytes))
			.description("Bytes that came through the public listener of a service")
			.baseUnit("bytes")
			.tag(MeshMeters.SERVICE, relayed.service())
			.tag(MeshMeters.DIRECTION, direction)
			.register(registry);
	}

	private double secondsToExpiry(MeshListener listener) {
		IdentityGeneration generation = listener.identity().status().generation();
		return (generation != null) ? Duration.between(this.clock.instant(), generation.notAfter()).toSeconds()
				: Double.NaN;
	}

	/**
	 * A public listener.
	 *
	 * @param service the service behind it
	 * @param tls the connections of that service
	 * @param listener what is known of it, {@code null} before it is open
	 */
	record Relayed(String service, MeshTls tls, Supplier<@Nullable ListenerStatus> listener) {

		private double of(ToLongFunction<ListenerStatus> value) {
			ListenerStatus status = this.listener.get();
			return (status != null) ? value.applyAsLong(status) : 0;
		}

	}

}
