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

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import io.github.bootmesh.Internal;

/**
 * Turns blocking queries into streams of values, within a budget of connections to the
 * agent. Thread-safe.
 */
@Internal
public final class Watches implements AutoCloseable {

	private final WatchSettings settings;

	private final Places places;

	private final Scheduler scheduler;

	private final Set<Watch<?>> running = ConcurrentHashMap.newKeySet();

	private final Sinks.Empty<Void> closed = Sinks.empty();

	/**
	 * Watches with the default settings and limits.
	 */
	public Watches() {
		this(WatchSettings.DEFAULTS, ConsulLimits.DEFAULTS);
	}

	/**
	 * Watches.
	 * @param settings how they ask
	 * @param limits the bounds, the same that the {@link ConsulClient} has
	 */
	public Watches(WatchSettings settings, ConsulLimits limits) {
		this(settings, limits, Schedulers.parallel());
	}

	/**
	 * Watches with a time of their own.
	 * @param settings how they ask
	 * @param limits the bounds, the same that the {@link ConsulClient} has
	 * @param scheduler clock and timer
	 */
	public Watches(WatchSettings settings, ConsulLimits limits, Scheduler scheduler) {
		this.settings = settings;
		this.places = new Places(limits);
		this.scheduler = scheduler;
	}

	/**
	 * A watch that runs while it is subscribed to (each subscription is one of its own),
	 * emits each value that differs from the one before, never fails, and completes only
	 * when the watches are closed; cancelling it ends the query. A subscriber that is
	 * slower than Consul gets the latest value. An answer that has neither index nor hash
	 * is asked for at the poll interval.
	 * @param <T> the type of the value, compared with {@code equals}
	 * @param name what is watched, for status and log
	 * @param place whether it has a place in the budget of its own
	 * @param read the question, asked again and again
	 * @return the stream of values
	 */
	public <T> Flux<ConsulAnswer<T>> watch(String name, Place place,
			Function<ConsulQuery, Mono<ConsulAnswer<T>>> read) {
		return Flux.defer(() -> {
			Watch<T> watch = new Watch<>(name, read, this.places.claim(place), this.settings, this.scheduler);
			this.running.add(watch);
			return watch.values().doFinally((signal) -> this.running.remove(watch));
		}).takeUntilOther(this.closed.asMono()).onBackpressureLatest();
	}

	/**
	 * What is known of every running watch.
	 * @return the statuses, ordered by name
	 */
	public List<WatchStatus> statuses() {
		return this.running.stream().map(Watch::status).sorted(Comparator.comparing(WatchStatus::name)).toList();
	}

	/**
	 * Ends all watches; their streams complete.
	 */
	@Override
	public void close() {
		this.closed.tryEmitEmpty();
	}

	/**
	 * A watch's claim on the budget of connections.
	 */
	public enum Place {

		/**
		 * Always holds a connection: identity, intentions.
		 */
		RESERVED,

		/**
		 * Holds a connection while there are enough, takes turns with cheap polls of the
		 * agent's cache beyond.
		 */
		SHARED,

		/**
		 * Holds none: for what Consul always answers at once, and what its cache would
		 * not keep fresh.
		 */
		POLLED

	}

}
