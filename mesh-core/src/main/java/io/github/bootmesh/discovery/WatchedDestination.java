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
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import io.github.bootmesh.Destination;
import io.github.bootmesh.DestinationNotVisibleException;
import io.github.bootmesh.DiscoveryUnavailableException;
import io.github.bootmesh.MeshException;
import io.github.bootmesh.NoHealthyInstanceException;
import io.github.bootmesh.consul.ConsulAnswer;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.QueryResult;
import io.github.bootmesh.consul.Watches;

/**
 * One destination in use: what Consul last said of it, and whether Consul can be asked.
 * The two are kept apart: "nobody is healthy" is an answer, "cannot ask" is none.
 */
final class WatchedDestination {

	private static final Logger logger = LoggerFactory.getLogger(WatchedDestination.class);

	private final Destination destination;

	private final String rights;

	private final LongSupplier nanoTime;

	private final Balancer balancer;

	private final Duration doubt;

	private final long firstAnswerDeadline;

	private final Sinks.Empty<Void> decided = Sinks.empty();

	private final List<Runnable> followers = new CopyOnWriteArrayList<>();

	private final Disposable watch;

	private volatile long lastUsed;

	private volatile @Nullable Instances known;

	// The last that an answer has named.
	private volatile @Nullable String service;

	private volatile @Nullable Throwable failure;

	// Read and written where answers arrive, one after the other.
	private @Nullable Long doubtedUntil;

	WatchedDestination(Destination destination, ConsulClient consul, Watches watches, DiscoverySettings settings,
			LongSupplier nanoTime) {
		this.destination = destination;
		this.rights = ((destination.kind() == Destination.Kind.PREPARED_QUERY) ? "query:read, " : "")
				+ "service:read for it (and for its sidecar) and node:read";
		this.nanoTime = nanoTime;
		this.balancer = new Balancer(nanoTime, settings.avoidance());
		this.doubt = settings.doubt();
		this.lastUsed = nanoTime.getAsLong();
		this.firstAnswerDeadline = this.lastUsed + settings.firstAnswerTimeout().toNanos();
		Flux<ConsulAnswer<Instances>> answers = (destination.kind() == Destination.Kind.SERVICE)
				? watchedService(consul, watches) : watchedQuery(consul, watches);
		this.watch = answers.map(ConsulAnswer::body).switchMap(this::believed).subscribe(this::accept);
	}

	private Mono<Instances> believed(Instances now) {
		Duration doubt = doubt(now);
		return doubt.isZero() ? Mono.just(now) : Mono.just(now).delaySubscription(doubt);
	}

	/**
	 * How long to wait for a better answer before this one is believed. All instances
	 * gone at once, without having been critical, is what it looks like when Consul has
	 * lost registrations that will be made again, critical at first.
	 */
	private Duration doubt(Instances now) {
		Instances before = this.known;
		if (!now.healthy().isEmpty() || before == null || before.healthy().isEmpty() || isSomebodyElse(now)) {
			this.doubtedUntil = null;
			return Duration.ZERO;
		}
		Long until = this.doubtedUntil;
		if (until == null && now.none()) {
			until = this.nanoTime.getAsLong() + this.doubt.toNanos();
			this.doubtedUntil = until;
			logger.warn("Consul suddenly lists no instance of '{}', going on with what is known for {}",
					this.destination, this.doubt);
		}
		return (until != null) ? Duration.ofNanos(Math.max(0, until - this.nanoTime.getAsLong())) : Duration.ZERO;
	}

	// A prepared query that was edited: those of before are not to be dialled any more.
	private boolean isSomebodyElse(Instances now) {
		String before = this.service;
		return before != null && now.service() != null && !now.service().equalsIgnoreCase(before);
	}

	private Flux<ConsulAnswer<Instances>> watchedService(ConsulClient consul, Watches watches) {
		return watches.watch("endpoints:" + this.destination, Watches.Place.SHARED,
				(query) -> read(consul.connectInstances(this.destination, query),
						(entries) -> Instances.read(this.destination, this.destination.name(), entries)));
	}

	// Consul does not hold the answer to a prepared query back until it changes, and its
	// agent may answer from its cache for days.
	private Flux<ConsulAnswer<Instances>> watchedQuery(ConsulClient consul, Watches watches) {
		ConsulAnswer<QueryResult> noQuery = new ConsulAnswer<>(new QueryResult("", List.of(), ""), 0, null, null);
		return watches.watch(this.destination.toString(), Watches.Place.POLLED,
				(query) -> read(
						consul.executeQuery(this.destination, query)
							.onErrorReturn(ConsulException.NotFound.class, noQuery),
						(result) -> Instances.read(this.destination, result.service(), result.nodes())));
	}

	private <T> Mono<ConsulAnswer<Instances>> read(Mono<ConsulAnswer<T>> question, Function<T, Instances> reader) {
		return question
			.map((answer) -> new ConsulAnswer<>(reader.apply(answer.body()), answer.index(), answer.hash(),
					answer.defaultAclPolicy()))
			.onErrorMap((ex) -> !(ex instanceof ConsulException),
					(ex) -> new ConsulException.Unreadable(
							"Consul's answer about '" + this.destination + "' lacks what every instance has", ex))
			.doOnNext((answer) -> this.failure = null)
			.doOnError(this::failed);
	}

	private void failed(Throwable ex) {
		this.failure = ex;
		if (isFinal(ex)) {
			this.decided.tryEmitEmpty();
		}
	}

	// Asking again soon will not help: those who wait are told at once.
	private static boolean isFinal(@Nullable Throwable ex) {
		return ex instanceof ConsulException.Refused || ex instanceof ConsulException.Invalid;
	}

	private void accept(Instances now) {
		Instances before = this.known;
		// Before anybody can choose one of them.
		boolean changed = isSomebodyElse(now);
		if (now.service() != null) {
			this.service = now.service();
		}
		this.balancer.update(now.healthy());
		this.known = now;
		this.decided.tryEmitEmpty();
		if (now.healthy().isEmpty() && (before == null || !before.healthy().isEmpty())) {
			logger.warn("{}", none(now));
		}
		else if (now.leftOut() != null && (before == null || !now.leftOut().equals(before.leftOut()))) {
			logger.warn("Left out of '{}': {}", this.destination, now.leftOut());
		}
		if (before != null && before.healthy().isEmpty() && !now.healthy().isEmpty()) {
			logger.info("'{}' has healthy instances again: {}", this.destination, now.healthy().size());
		}
		if (changed) {
			this.followers.forEach(this::tell);
		}
	}

	// What one fails by must end neither the watch nor what the others are told.
	private void tell(Runnable follower) {
		try {
			follower.run();
		}
		catch (RuntimeException ex) {
			logger.error("What follows '{}' could not be told that it is another service now", this.destination, ex);
		}
	}

	/**
	 * The service that it stands for, as Consul last said; {@code null} before it has.
	 */
	@Nullable String service() {
		return this.service;
	}

	/**
	 * Has somebody told each time that it stands for somebody else.
	 * @param follower told where answers arrive, once {@link #service()} says it
	 */
	void follow(Runnable follower) {
		this.followers.add(follower);
	}

	void unfollow(Runnable follower) {
		this.followers.remove(follower);
	}

	Mono<Selection> choose(Set<Endpoint> tried, ChoicePolicy policy) {
		this.lastUsed = this.nanoTime.getAsLong();
		if (this.known != null) {
			return Mono.fromCallable(() -> select(tried, policy));
		}
		long patience = this.firstAnswerDeadline - this.lastUsed;
		Mono<Void> wait = (patience > 0 && !isFinal(this.failure))
				? this.decided.asMono().timeout(Duration.ofNanos(patience), Mono.empty()) : Mono.empty();
		return wait.then(Mono.fromCallable(() -> select(tried, policy)));
	}

	private Selection select(Set<Endpoint> tried, ChoicePolicy policy) {
		Instances instances = this.known;
		if (instances == null) {
			throw unavailable();
		}
		Selection selection = this.balancer.choose(tried, policy);
		if (selection == null) {
			throw noChoice(instances, tried);
		}
		return selection;
	}

	private MeshException noChoice(Instances instances, Set<Endpoint> tried) {
		if (instances.none()) {
			return new DestinationNotVisibleException(none(instances));
		}
		return new NoHealthyInstanceException(
				instances.healthy().isEmpty() ? none(instances) : "No other healthy instance of '" + this.destination
						+ "': " + tried.size() + " could not be connected");
	}

	private DiscoveryUnavailableException unavailable() {
		Throwable cause = this.failure;
		StringBuilder text = new StringBuilder("Consul could not be asked for '").append(this.destination)
			.append("' and nothing is known of it from earlier: ")
			.append((cause != null) ? cause.getMessage() : "no answer yet");
		if (cause instanceof ConsulException.Refused) {
			text.append("; the token needs ").append(this.rights);
		}
		return new DiscoveryUnavailableException(text.toString(), cause);
	}

	private String none(Instances instances) {
		StringBuilder text = new StringBuilder("No healthy instance of '").append(this.destination).append("': ");
		if (instances.critical() > 0) {
			text.append("Consul lists ").append(instances.critical()).append(", all critical");
		}
		else if (instances.leftOut() == null) {
			boolean query = this.destination.kind() == Destination.Kind.PREPARED_QUERY;
			text.append("Consul lists none. ")
				.append(query ? "The query does not exist, none" : "None")
				.append(" is registered as mesh-native or behind a proxy, or the token cannot see them, for Consul leaves "
						+ "out silently what a token cannot read: it needs ")
				.append(this.rights);
		}
		if (instances.leftOut() != null) {
			text.append((instances.critical() > 0) ? "; " : "").append("left out: ").append(instances.leftOut());
		}
		return text.append(outdated()).toString();
	}

	private String outdated() {
		Throwable cause = this.failure;
		return (cause != null) ? " (as Consul last said; now it cannot be asked: " + cause.getMessage() + ")" : "";
	}

	DestinationStatus status() {
		Instances instances = this.known;
		if (instances == null) {
			return new DestinationStatus(this.destination, List.of(), 0, unavailable().getMessage());
		}
		String problem = instances.healthy().isEmpty() ? none(instances)
				: Objects.requireNonNullElse(instances.leftOut(), "") + outdated();
		return new DestinationStatus(this.destination, instances.healthy(), this.balancer.inFlight(),
				problem.isEmpty() ? null : problem.strip());
	}

	Duration idle() {
		return Duration.ofNanos(this.nanoTime.getAsLong() - this.lastUsed);
	}

	void stop() {
		this.watch.dispose();
		this.decided.tryEmitEmpty();
	}

}
