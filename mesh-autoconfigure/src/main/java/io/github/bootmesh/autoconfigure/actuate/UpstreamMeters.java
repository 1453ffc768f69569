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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.autoconfigure.upstream.UpstreamStatus;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.RelayFailure;
import io.github.bootmesh.relay.Upstream;

/**
 * The meters of the upstreams that are open.
 */
final class UpstreamMeters implements MeterBinder {

	private final MeshUpstreams upstreams;

	UpstreamMeters(MeshUpstreams upstreams) {
		this.upstreams = upstreams;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Map<Upstream, List<Meter>> bound = new HashMap<>();
		this.upstreams.follow(() -> follow(registry, bound));
	}

	private void follow(MeterRegistry registry, Map<Upstream, List<Meter>> bound) {
		List<Upstream> open = this.upstreams.statuses().stream().map(UpstreamStatus::upstream).toList();
		bound.entrySet().removeIf((entry) -> {
			boolean gone = !open.contains(entry.getKey());
			if (gone) {
				entry.getValue().forEach(registry::remove);
			}
			return gone;
		});
		open.forEach((upstream) -> bound.computeIfAbsent(upstream, (added) -> bind(registry, added.name())));
	}

	private List<Meter> bind(MeterRegistry registry, String name) {
		List<Meter> meters = new ArrayList<>();
		meters.add(Gauge
			.builder(MeshMeters.UPSTREAM_CONNECTIONS, this, (source) -> source.of(name, ListenerStatus::connections))
			.description("Open connections of an upstream's local listener")
			.tag(MeshMeters.UPSTREAM, name)
			.register(registry));
		meters.add(bytes(registry, name, "received", ListenerStatus::received));
		meters.add(bytes(registry, name, "sent", ListenerStatus::sent));
		for (RelayFailure failure : RelayFailure.values()) {
			meters.add(
					FunctionCounter
						.builder(MeshMeters.UPSTREAM_FAILURES, this,
								(source) -> source.of(name,
										(status) -> status.failures().getOrDefault(failure.key(), 0L)))
						.description("Connections of an upstream's local listener that were reset, by reason")
						.tag(MeshMeters.UPSTREAM, name)
						.tag(MeshMeters.REASON, failure.key())
						.register(registry));
		}
		return meters;
	}

	private Meter bytes(MeterRegistry registry, String name, String direction, ToLongFunction<ListenerStatus> bytes) {
		return FunctionCounter.builder(MeshMeters.UPSTREAM_BYTES, this, (source) -> source.of(name, bytes))
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
