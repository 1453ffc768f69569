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

import java.util.function.ToLongFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.autoconfigure.upstream.UpstreamStatus;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.RelayFailure;

/**
 * The meters of the declared upstreams, which are few and do not change.
 */
final class UpstreamMeters implements MeterBinder {

	private final MeshUpstreams upstreams;

	UpstreamMeters(MeshUpstreams upstreams) {
		this.upstreams = upstreams;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.upstreams.statuses().forEach((status) -> bind(registry, status.upstream().name()));
	}

	private void bind(MeterRegistry registry, String name) {
		Gauge.builder(MeshMeters.UPSTREAM_CONNECTIONS, this, (meters) -> meters.of(name, ListenerStatus::connections))
			.description("Open connections of an upstream's local listener")
			.tag(MeshMeters.UPSTREAM, name)
			.register(registry);
		bindBytes(registry, name, "received", ListenerStatus::received);
		bindBytes(registry, name, "sent", ListenerStatus::sent);
		for (RelayFailure failure : RelayFailure.values()) {
			FunctionCounter
				.builder(MeshMeters.UPSTREAM_FAILURES, this,
						(meters) -> meters.of(name, (status) -> status.failures().getOrDefault(failure.key(), 0L)))
				.description("Connections of an upstream's local listener that were reset, by reason")
				.tag(MeshMeters.UPSTREAM, name)
				.tag(MeshMeters.REASON, failure.key())
				.register(registry);
		}
	}

	private void bindBytes(MeterRegistry registry, String name, String direction,
			ToLongFunction<ListenerStatus> bytes) {
		FunctionCounter.builder(MeshMeters.UPSTREAM_BYTES, this, (meters) -> meters.of(name, bytes))
			.description("Bytes that came through an upstream's local listener")
			.baseUnit("bytes")
			.tag(MeshMeters.UPSTREAM, name)
			.tag(MeshMeters.DIRECTION, direction)
			.register(registry);
	}

	private double of(String name, ToLongFunction<ListenerStatus> value) {
		return this.upstreams.statuses()
			.stream()
			.filter((status) -> status.upstream().name().equals(name))
			.map(UpstreamStatus::listener)
			.mapToLong(value)
			.sum();
	}

}
