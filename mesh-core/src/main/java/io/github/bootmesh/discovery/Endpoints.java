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

package io.github.bootmesh.discovery;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import io.github.bootmesh.Destination;
import io.github.bootmesh.DiscoveryUnavailableException;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;

/**
 * The endpoints of every destination that was asked for, each kept fresh by a watch of
 * its own while it is in use. What is known stays when Consul is away. Thread-safe.
 */
public final class Endpoints implements AutoCloseable {

	private final ConsulClient consul;

	private final Watches watches;

	private final DiscoverySettings settings;

	private final Map<Destination, WatchedDestination> destinations = new ConcurrentHashMap<>();

	// By how many.
	private final Map<Destination, Integer> kept = new ConcurrentHashMap<>();

	private final Disposable sweep;

	private boolean closed;

	/**
	 * Creates the cache, empty; Consul is first asked when a destination is.
	 * @param consul the agent
	 * @param watches the budget that watches are taken from
	 * @param settings how destinations are kept
	 */
	public Endpoints(ConsulClient consul, Watches watches, DiscoverySettings settings) {
		this.consul = consul;
		this.watches = watches;
		this.settings = settings;
		long period = Math.max(settings.idle().toMillis() / 4, 1);
		this.sweep = Schedulers.parallel().schedulePeriodically(this::dropIdle, period, period, TimeUnit.MILLISECONDS);
	}

	/**
	 * Chooses an endpoint, at once when the destination is known, else as soon as Consul
	 * has answered. Never blocks.
	 * @param destination what is dialled
	 * @param tried endpoints that failed for this exchange already, not to be chosen
	 * again
	 * @return the selection, which must be told when the exchange is over; errors are
	 * {@link io.github.bootmesh.NoHealthyInstanceException},
	 * {@link io.github.bootmesh.DestinationNotVisibleException} and
	 * {@link DiscoveryUnavailableException}
	 */
	public Mono<Selection> choose(Destination destination, Set<Endpoint> tried) {
		return choose(destination, tried, ChoicePolicy.WEIGHTED);
	}

	/**
	 * Chooses an endpoint by another policy.
	 * @param destination what is dialled
	 * @param tried endpoints that failed for this exchange already, not to be chosen
	 * again
	 * @param policy how to choose
	 * @return the selection, as above
	 */
	public Mono<Selection> choose(Destination destination, Set<Endpoint> tried, ChoicePolicy policy) {
		return Mono.defer(() -> watched(destination).choose(tried, policy));
	}

	/**
	 * Follows a destination from now on, whether it is used or not.
	 * @param destination what will be dialled
	 * @param onChange told each time that it stands for somebody else, by a thread that
	 * must not wait; what it throws is logged
	 * @return what is known of it, and the end of it
	 */
	public synchronized FollowedDestination follow(Destination destination, Runnable onChange) {
		WatchedDestination watched = watched(destination);
		watched.follow(onChange);
		this.kept.merge(destination, 1, Integer::sum);
		// Disposed of once, however often it is asked for.
		return new FollowedDestination(watched, Disposables.composite(() -> {
			watched.unfollow(onChange);
			this.kept.computeIfPresent(destination, (kept, users) -> (users > 1) ? users - 1 : null);
		}));
	}

	private WatchedDestination watched(Destination destination) {
		WatchedDestination watched = this.destinations.get(destination);
		return (watched != null) ? watched : watch(destination);
	}

	private synchronized WatchedDestination watch(Destination destination) {
		if (this.closed) {
			throw new DiscoveryUnavailableException(
					"The application is being closed: no endpoint of '" + destination + "' is chosen any more");
		}
		WatchedDestination watched = this.destinations.get(destination);
		if (watched == null) {
			while (this.destinations.size() >= this.settings.maxDestinations() + this.kept.size()) {
				dropLongestIdle();
			}
			watched = new WatchedDestination(destination, this.consul, this.watches, this.settings, System::nanoTime);
			this.destinations.put(destination, watched);
		}
		return watched;
	}

	private void dropLongestIdle() {
		this.destinations.entrySet()
			.stream()
			.filter((entry) -> !this.kept.containsKey(entry.getKey()))
			.max(Comparator.comparing((entry) -> entry.getValue().idle()))
			.ifPresent((entry) -> drop(entry.getKey()));
	}

	private synchronized void dropIdle() {
		Duration limit = this.settings.idle();
		this.destinations.forEach((destination, watched) -> {
			if (watched.idle().compareTo(limit) > 0 && !this.kept.containsKey(destination)) {
				drop(destination);
			}
		});
	}

	private void drop(Destination destination) {
		WatchedDestination dropped = this.destinations.remove(destination);
		if (dropped != null) {
			dropped.stop();
		}
	}

	/**
	 * What is known of each destination now.
	 * @return the destinations in use, ordered by name
	 */
	public List<DestinationStatus> statuses() {
		return this.destinations.values()
			.stream()
			.map(WatchedDestination::status)
			.sorted(Comparator.comparing((status) -> status.destination().toString()))
			.toList();
	}

	/**
	 * Ends every watch. Nothing is chosen any more.
	 */
	@Override
	public synchronized void close() {
		this.closed = true;
		this.sweep.dispose();
		this.destinations.keySet().forEach(this::drop);
	}

}
