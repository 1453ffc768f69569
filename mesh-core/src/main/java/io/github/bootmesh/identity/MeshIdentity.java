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

package io.github.bootmesh.identity;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.SpiffeId;

/**
 * The identity of this service while it runs: judges what the source delivers, holds the
 * current generation and tells listeners of each new one. What is rejected is counted and
 * shown in the status, and the generation before stays. After expiry it recovers by
 * itself as soon as the source delivers again. Thread-safe.
 */
public final class MeshIdentity implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(MeshIdentity.class);

	// How soon a clock that was set right is noticed.
	private static final Duration CLOCK_CHECK = Duration.ofSeconds(30);

	private final IdentitySource source;

	private final String service;

	private final IdentityJudge judge;

	private final Clock clock;

	// Of one thread: material is judged, time passes and listeners are told in order.
	private final Scheduler scheduler;

	private final Listeners<IdentityGeneration> generationListeners = new Listeners<>();

	private final Listeners<Boolean> usableListeners = new Listeners<>();

	private final CompletableFuture<IdentityGeneration> ready = new CompletableFuture<>();

	private final AtomicBoolean started = new AtomicBoolean();

	private final Disposable.Swap subscription = Disposables.swap();

	private final Disposable.Swap timer = Disposables.swap();

	private volatile IdentityState state;

	private volatile boolean usable;

	private volatile boolean closed;

	private @Nullable SpiffeId first;

	private @Nullable IdentityMaterial outOfTime;

	private long overdueGeneration;

	/**
	 * An identity that is fetched from {@link #start()} on.
	 * @param source where it comes from
	 * @param expectation whose it has to be
	 * @param clock the clock that decides what is valid
	 */
	public MeshIdentity(IdentitySource source, IdentityExpectation expectation, Clock clock) {
		this(source, expectation, clock, Schedulers.newSingle("bootmesh-identity", true));
	}

	MeshIdentity(IdentitySource source, IdentityExpectation expectation, Clock clock, Scheduler scheduler) {
		this.source = source;
		this.service = expectation.service();
		this.judge = new IdentityJudge(expectation);
		this.clock = clock;
		this.scheduler = scheduler;
		this.state = IdentityState.initial(clock.instant());
	}

	/**
	 * Starts fetching and returns at once. A second call does nothing.
	 */
	public void start() {
		if (this.started.compareAndSet(false, true)) {
			this.subscription.update(this.source.updates()
				.publishOn(this.scheduler)
				.doOnNext(this::receive)
				.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
					.maxBackoff(Duration.ofSeconds(30))
					.scheduler(this.scheduler)
					.doBeforeRetry((signal) -> reject(new IdentityUpdate.Rejected(RejectionReason.SOURCE_FAILED,
							"the source ended with " + signal.failure().getClass().getName() + " and is asked again"))))
				.subscribe());
		}
	}

	/**
	 * The current generation.
	 * @return the generation, valid now
	 * @throws MeshIdentityUnavailableException if there is none or it has expired
	 */
	public IdentityGeneration current() {
		IdentityState state = this.state;
		Instant now = this.clock.instant();
		boolean usable = state.usableAt(now) && !this.closed;
		if (usable != this.usable && !this.closed) {
			// The clock was set, or the machine slept: timers did not notice.
			onScheduler(this::timePassed);
		}
		IdentityGeneration generation = state.generation();
		if (!usable || generation == null) {
			throw new MeshIdentityUnavailableException("No usable mesh identity for service '" + this.service + "': "
					+ (this.closed ? "it was closed" : state.statusAt(now).problem()));
		}
		return generation;
	}

	/**
	 * The service that it is of, also before it is there.
	 * @return the service's name in Consul
	 */
	public String service() {
		return this.service;
	}

	/**
	 * Who this service is, also when its certificate has expired.
	 * @return the SPIFFE ID, or {@code null} before the first generation
	 */
	public @Nullable SpiffeId spiffeId() {
		IdentityGeneration generation = this.state.generation();
		return (generation != null) ? generation.spiffeId() : null;
	}

	/**
	 * The first generation, as soon as the listeners were told of it.
	 * @return completes with it; fails with {@link MeshIdentityUnavailableException} when
	 * closed before
	 */
	public CompletionStage<IdentityGeneration> ready() {
		return this.ready.minimalCompletionStage();
	}

	/**
	 * Calls the listener with the current generation, if there is one (by the calling
	 * thread, before this returns), and with each later one, one after the other. A
	 * listener does not block and takes no lock that is held while it is added.
	 * @param listener the listener
	 * @return disposed of to end it
	 */
	public Disposable onGeneration(Consumer<IdentityGeneration> listener) {
		return this.generationListeners.add(listener);
	}

	/**
	 * Calls the listener when usability changes: with {@code true} at the first identity
	 * (at once if that was before) and at recovery, with {@code false} at the moment of
	 * expiry. The rules of {@link #onGeneration(Consumer)} hold.
	 * @param listener the listener
	 * @return disposed of to end it
	 */
	public Disposable onUsable(Consumer<Boolean> listener) {
		return this.usableListeners.add(listener);
	}

	/**
	 * What is known now.
	 * @return the status
	 */
	public IdentityStatus status() {
		return this.state.statusAt(this.clock.instant());
	}

	/**
	 * Ends fetching; there is no identity from then on. Listeners are not told.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.subscription.dispose();
		this.timer.dispose();
		this.scheduler.dispose();
		this.ready.completeExceptionally(new MeshIdentityUnavailableException(
				"The mesh identity for service '" + this.service + "' was closed before there was one"));
	}

	private void receive(IdentityUpdate update) {
		this.outOfTime = null;
		if (update instanceof IdentityMaterial material) {
			judge(material);
		}
		else if (update instanceof IdentityUpdate.Rejected rejected) {
			reject(rejected);
		}
		timePassed();
	}

	private void judge(IdentityMaterial material) {
		try {
			IdentityJudge.Accepted accepted = this.judge.judge(material, this.first, this.clock.instant());
			this.outOfTime = null;
			accept(accepted, material);
		}
		catch (IdentityRejectedException ex) {
			RejectionReason reason = ex.rejection().reason();
			if (reason == RejectionReason.NOT_YET_VALID || reason == RejectionReason.EXPIRED) {
				boolean again = material.equals(this.outOfTime);
				this.outOfTime = material;
				if (again) {
					return;
				}
			}
			reject(ex.rejection());
		}
	}

	private void accept(IdentityJudge.Accepted accepted, IdentityMaterial material) {
		IdentityGeneration before = this.state.generation();
		boolean unchanged = before != null && before.sameAs(accepted.chain(), material.roots());
		IdentityGeneration generation = (before != null && unchanged) ? before
				: new IdentityGeneration((before != null) ? before.number() + 1 : 1, accepted.spiffeId(),
						accepted.chain(), material.key(), material.roots());
		this.first = generation.spiffeId();
		this.state = this.state.accepted(generation, this.clock.instant());
		if (!unchanged) {
			logger.info("Mesh identity: {}", generation);
			this.generationListeners.tell(generation);
		}
	}

	private void reject(IdentityUpdate.Rejected rejection) {
		IdentityState before = this.state;
		this.state = before.rejected(rejection, this.clock.instant());
		if (before.rejection() == null || before.rejection().reason() != rejection.reason()) {
			logger.warn("Mesh identity for service '{}' rejected ({}): {}. {}", this.service,
					rejection.reason().label(), rejection.detail(),
					(before.generation() != null) ? "Still in use: " + before.generation() : "There is none yet");
		}
	}

	private void timePassed() {
		IdentityMaterial waiting = this.outOfTime;
		if (waiting != null) {
			judge(waiting);
		}
		Instant now = this.clock.instant();
		IdentityGeneration generation = this.state.generation();
		if (generation != null) {
			announce(generation, this.state.usableAt(now));
			warnWhenOverdue(generation, now);
		}
		wakeUpAt(Stream.of(nextMoments(generation, now)).filter(now::isBefore).min(Instant::compareTo).orElse(null),
				now);
	}

	private void announce(IdentityGeneration generation, boolean usable) {
		if (usable != this.usable) {
			this.usable = usable;
			if (!usable) {
				logger.warn("Mesh identity is not usable any more, no new mesh connections: {}", generation);
			}
			this.usableListeners.tell(usable);
		}
		if (usable) {
			this.ready.complete(generation);
		}
	}

	// A new request would add nothing: the source's watch asks again every few minutes.
	private void warnWhenOverdue(IdentityGeneration generation, Instant now) {
		if (now.isAfter(generation.overdueAt()) && this.overdueGeneration != generation.number()) {
			this.overdueGeneration = generation.number();
			logger.warn("Mesh identity was not renewed though 90 % of its lifetime are over: {}", generation);
		}
	}

	private Instant[] nextMoments(@Nullable IdentityGeneration generation, Instant now) {
		Stream<Instant> ofGeneration = (generation != null)
				? Stream.of(generation.overdueAt().plusMillis(1), generation.notAfter().plusMillis(1)) : Stream.empty();
		Stream<Instant> ofWaiting = (this.outOfTime != null)
				? Stream.of(now.plus(CLOCK_CHECK), this.outOfTime.chain().get(0).getNotBefore().toInstant())
				: Stream.empty();
		return Stream.concat(ofGeneration, ofWaiting).toArray(Instant[]::new);
	}

	private void wakeUpAt(@Nullable Instant moment, Instant now) {
		if (moment != null) {
			long millis = Duration.between(now, moment).plusNanos(999_999).toMillis();
			this.timer.update(this.scheduler.schedule(this::timePassed, millis, TimeUnit.MILLISECONDS));
		}
	}

	private void onScheduler(Runnable task) {
		try {
			this.scheduler.schedule(task);
		}
		catch (RejectedExecutionException ex) {
			logger.debug("Closed meanwhile", ex);
		}
	}

}
