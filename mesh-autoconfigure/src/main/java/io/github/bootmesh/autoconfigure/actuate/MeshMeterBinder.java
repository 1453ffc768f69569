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
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.bootmesh.autoconfigure.server.PlaintextCallers;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.tls.Refusal;

/**
 * The meters of the mesh whose tags are known beforehand: no destination and no peer is
 * one.
 */
final class MeshMeterBinder implements MeterBinder {

	private final MeshState state;

	private final Clock clock;

	MeshMeterBinder(MeshState state, Clock clock) {
		this.state = state;
		this.clock = clock;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		TimeGauge.builder(MeshMeters.IDENTITY_EXPIRY, this, TimeUnit.SECONDS, MeshMeterBinder::secondsToExpiry)
			.description("Time until the leaf certificate expires, negative once it has")
			.register(registry);
		Gauge.builder(MeshMeters.IDENTITY_GENERATION, this, MeshMeterBinder::generation)
			.description("Number of the current identity generation, 0 before the first")
			.register(registry);
		bindConnections(registry, "inbound", (binder) -> binder.state.tls().connections().inbound());
		bindConnections(registry, "outbound", (binder) -> binder.state.tls().connections().outbound());
		FunctionCounter.builder(MeshMeters.REVOKED, this, (binder) -> binder.state.tls().connections().revoked())
			.description("Accepted connections that were closed because their peer may not call any more")
			.register(registry);
		PlaintextCallers plaintext = this.state.plaintext();
		if (plaintext != null) {
			bindPlaintext(registry, plaintext, "allowed", PlaintextCallers::allowed);
			bindPlaintext(registry, plaintext, "refused", PlaintextCallers::refused);
		}
		for (Refusal refusal : Refusal.values()) {
			FunctionCounter.builder(MeshMeters.REFUSALS, this, (binder) -> binder.refused(refusal))
				.description("Refused connections and peers by reason")
				.tag(MeshMeters.REASON, refusal.key())
				.register(registry);
		}
		for (WatchStatus.State watched : WatchStatus.State.values()) {
			Gauge.builder(MeshMeters.WATCHES, this, (binder) -> binder.watches(watched))
				.description("Watches on Consul by state")
				.tag(MeshMeters.STATE, watched.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

	private void bindConnections(MeterRegistry registry, String direction, ToDoubleFunction<MeshMeterBinder> open) {
		Gauge.builder(MeshMeters.CONNECTIONS, this, open)
			.description("Open mesh connections")
			.tag(MeshMeters.DIRECTION, direction)
			.register(registry);
	}

	private static void bindPlaintext(MeterRegistry registry, PlaintextCallers plaintext, String outcome,
			ToDoubleFunction<PlaintextCallers> count) {
		FunctionCounter.builder(MeshMeters.PLAINTEXT, plaintext, count)
			.description("Requests of callers that do without TLS, refused also where filters had made others of them")
			.tag(MeshMeters.OUTCOME, outcome)
			.register(registry);
	}

	private double secondsToExpiry() {
		IdentityGeneration generation = this.state.identity().generation();
		return (generation != null) ? Duration.between(this.clock.instant(), generation.notAfter()).toSeconds()
				: Double.NaN;
	}

	private double generation() {
		IdentityGeneration generation = this.state.identity().generation();
		return (generation != null) ? generation.number() : 0;
	}

	private double refused(Refusal refusal) {
		return this.state.tls().refusals().getOrDefault(refusal.key(), 0L);
	}

	private long watches(WatchStatus.State watched) {
		return this.state.watches().stream().filter((watch) -> watch.state() == watched).count();
	}

}
