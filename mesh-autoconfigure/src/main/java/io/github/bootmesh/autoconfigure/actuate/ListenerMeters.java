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
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.bootmesh.autoconfigure.listener.MeshListener;
import io.github.bootmesh.autoconfigure.listener.MeshListeners;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.RelayFailure;
import io.github.bootmesh.tls.Refusal;

/**
 * The meters of the further services of this process, which are few and do not change.
 * Their names are others than those of the application's own: meters of one name have the
 * same tags.
 */
final class ListenerMeters implements MeterBinder {

	private final MeshListeners listeners;

	private final Clock clock;

	ListenerMeters(MeshListeners listeners, Clock clock) {
		this.listeners = listeners;
		this.clock = clock;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.listeners.all().forEach((listener) -> bind(registry, listener));
	}

	private void bind(MeterRegistry registry, MeshListener listener) {
		Tags service = Tags.of(MeshMeters.SERVICE, listener.service());
		TimeGauge.builder(MeshMeters.LISTENER_IDENTITY_EXPIRY, listener, TimeUnit.SECONDS, this::secondsToExpiry)
			.description("Time until the leaf certificate of a listener's service expires, negative once it has")
			.tags(service)
			.register(registry);
		bindConnections(registry, listener, "inbound", (counted) -> counted.tls().connections().inbound());
		bindConnections(registry, listener, "outbound", (counted) -> counted.tls().connections().outbound());
		bindBytes(registry, listener, "received", ListenerStatus::received);
		bindBytes(registry, listener, "sent", ListenerStatus::sent);
		for (RelayFailure failure : RelayFailure.values()) {
			FunctionCounter
				.builder(MeshMeters.LISTENER_FAILURES, listener,
						(counted) -> of(counted, (status) -> status.failures().getOrDefault(failure.key(), 0L)))
				.description("Connections of the public listener of a service that were reset, by reason")
				.tags(service)
				.tag(MeshMeters.REASON, failure.key())
				.register(registry);
		}
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

	private static void bindConnections(MeterRegistry registry, MeshListener listener, String direction,
			ToLongFunction<MeshListener> open) {
		Gauge.builder(MeshMeters.LISTENER_CONNECTIONS, listener, open::applyAsLong)
			.description("Open mesh connections of a listener's service")
			.tag(MeshMeters.SERVICE, listener.service())
			.tag(MeshMeters.DIRECTION, direction)
			.register(registry);
	}

	private static void bindBytes(MeterRegistry registry, MeshListener listener, String direction,
			ToLongFunction<ListenerStatus> bytes) {
		FunctionCounter.builder(MeshMeters.LISTENER_BYTES, listener, (counted) -> of(counted, bytes))
			.description("Bytes that came through the public listener of a service")
			.baseUnit("bytes")
			.tag(MeshMeters.SERVICE, listener.service())
			.tag(MeshMeters.DIRECTION, direction)
			.register(registry);
	}

	private static double of(MeshListener listener, ToLongFunction<ListenerStatus> value) {
		ListenerStatus status = listener.publicListener();
		return (status != null) ? value.applyAsLong(status) : 0;
	}

	private double secondsToExpiry(MeshListener listener) {
		IdentityGeneration generation = listener.identity().status().generation();
		return (generation != null) ? Duration.between(this.clock.instant(), generation.notAfter()).toSeconds()
				: Double.NaN;
	}

}
