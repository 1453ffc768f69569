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

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.bootmesh.intention.Decisions;

/**
 * The meters of decisions. They come and go with the names in the intentions.
 */
final class DecisionMeters implements MeterBinder {

	private final String name;

	private final Tags tags;

	private final Decisions decisions;

	/**
	 * The meters of this application's decisions.
	 */
	DecisionMeters(Decisions decisions) {
		this(MeshMeters.DECISIONS, Tags.empty(), decisions);
	}

	/**
	 * The meters of somebody's decisions.
	 */
	DecisionMeters(String name, Tags tags, Decisions decisions) {
		this.name = name;
		this.tags = tags;
		this.decisions = decisions;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Registered registered = new Registered(registry);
		this.decisions.onChange(() -> registered.update(this.decisions));
		registered.update(this.decisions);
	}

	/**
	 * What is registered in one registry.
	 */
	private final class Registered {

		private final MeterRegistry registry;

		private final Map<Decisions.Count, Meter> meters = new HashMap<>();

		Registered(MeterRegistry registry) {
			this.registry = registry;
		}

		synchronized void update(Decisions decisions) {
			Set<Decisions.Count> counts = new HashSet<>(decisions.counts());
			this.meters.entrySet().removeIf((entry) -> {
				boolean gone = !counts.contains(entry.getKey());
				if (gone) {
					this.registry.remove(entry.getValue());
				}
				return gone;
			});
			counts.forEach((count) -> this.meters.computeIfAbsent(count, this::register));
		}

		private Meter register(Decisions.Count count) {
			return FunctionCounter.builder(DecisionMeters.this.name, count, (counted) -> counted.value().sum())
				.description("Decisions by intentions: on connections also those made again after a change, "
						+ "on requests those at their headers and refusals of what filters made of them")
				.tags(DecisionMeters.this.tags)
				.tag(MeshMeters.SOURCE, count.source())
				.tag(MeshMeters.LAYER, count.layer().name().toLowerCase(Locale.ROOT))
				.tag(MeshMeters.OUTCOME, count.outcome().name().toLowerCase(Locale.ROOT))
				.register(this.registry);
		}

	}

}
