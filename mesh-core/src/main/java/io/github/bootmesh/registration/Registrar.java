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

package io.github.bootmesh.registration;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.AgentService;
import io.github.bootmesh.consul.CheckStatus;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * Keeps this instance registered and its TTL check true to its readiness. It works in
 * rounds, one after the other and each with one request at a time, so that nothing older
 * overtakes: look whose entry the agent holds, register when it is missing, set the check
 * to the newest readiness. A round follows a change of readiness, the time of a renewal,
 * or the pause after a failure. Thread-safe; used once, from start to stop.
 */
@Internal
public final class Registrar implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Registrar.class);

	private final AgentEntry entry;

	private final ServiceDefinition definition;

	private final RegistrationSettings settings;

	private final RegistrationJournal journal;

	// Everything below that is not volatile is touched on this one only.
	private final Scheduler.Worker lane = Schedulers.parallel().createWorker();

	private final Sinks.One<Void> started = Sinks.one();

	private final Sinks.One<Void> stopped = Sinks.one();

	private final Disposable.Swap timer = Disposables.swap();

	private final Disposable.Swap round = Disposables.swap();

	private volatile Phase phase = Phase.NEW;

	private volatile boolean stopping;

	private volatile Readiness readiness = new Readiness(false, "The application is starting");

	private @Nullable Readiness sent;

	private boolean busy;

	// Whether the agent may have an entry of ours, and whether a lost request may yet
	// make one.
	private volatile boolean asked;

	private boolean uncertain;

	private int failures;

	/**
	 * A registrar.
	 * @param consul the agent
	 * @param definition what to register
	 * @param settings the times; TTL and removal are those of the definition's check
	 * @param clock the clock for the status
	 */
	public Registrar(ConsulClient consul, ServiceDefinition definition, RegistrationSettings settings, Clock clock) {
		this.entry = new AgentEntry(consul, definition);
		this.definition = definition;
		this.settings = settings;
		this.journal = new RegistrationJournal(definition, clock);
	}

	/**
	 * Registers, critical at first, and keeps the registration from then on. While Consul
	 * does not take it, it tries on, also when nobody waits any more.
	 * @return completes when Consul has the registration and the state of the check, or
	 * when it is stopped before; fails, and ends all attempts, with
	 * {@link RegistrationConflictException} when the ID is held by a living instance at
	 * another address, or with {@link ConsulException.Invalid} when Consul takes the
	 * definition for wrong
	 */
	public Mono<Void> start() {
		return Mono.defer(() -> {
			onLane(() -> {
				if (this.phase == Phase.NEW) {
					this.phase = Phase.RUNNING;
					runRound();
				}
			});
			return this.started.asMono();
		});
	}

	/**
	 * Sets what the check follows.
	 * @param ready whether the instance takes traffic
	 * @param output what people see beside the check in Consul; holds no secret
	 */
	public void readiness(boolean ready, String output) {
		this.readiness = new Readiness(ready, output);
		onLane(() -> {
			// After a failure, the pause is kept; its end brings the newest anyway.
			if (this.failures == 0) {
				runRound();
			}
		});
	}

	/**
	 * Deregisters and ends: nothing is sent once it has completed, and what was under way
	 * does not bring the registration back.
	 * @return completes within the stop timeout; never fails. What could not be
	 * deregistered is left to the TTL
	 */
	public Mono<Void> stop() {
		return Mono.defer(() -> {
			// At once: a round under way sends nothing new from here on.
			this.stopping = true;
			onLane(this::beginStop);
			return this.stopped.asMono();
		});
	}

	/**
	 * What is known now.
	 * @return the status
	 */
	public RegistrationStatus status() {
		return this.journal.status();
	}

	/**
	 * Ends at once and sends nothing more; the registration is left to its TTL unless
	 * {@link #stop()} came before.
	 */
	@Override
	public void close() {
		this.phase = Phase.STOPPED;
		this.timer.dispose();
		this.round.dispose();
		this.lane.dispose();
		this.started.tryEmitEmpty();
		this.stopped.tryEmitEmpty();
	}

	private void runRound() {
		if (this.phase != Phase.RUNNING || this.busy) {
			return;
		}
		this.busy = true;
		this.timer.update(Disposables.disposed());
		this.round.update(round().subscribe((told) -> onLane(() -> succeeded(told)), (ex) -> onLane(() -> failed(ex)),
				() -> onLane(this::roundEnded)));
	}

	// Emits what the check was set to, or nothing when stopped on the way.
	private Mono<Readiness> round() {
		return whileRunning(this.entry::holder).flatMap(this::ensureRegistered)
			.then(update())
			.onErrorResume(ConsulException.NotFound.class, (ex) -> register().then(update()));
	}

	private Mono<Void> ensureRegistered(AgentEntry.Holder holder) {
		AgentService other = holder.other();
		if (other != null) {
			return takeOver(other);
		}
		boolean known = holder.kind() == AgentEntry.Kind.US && status().registered();
		return known ? Mono.empty() : register();
	}

	private Mono<Void> takeOver(AgentService other) {
		Mono<Void> conflict = Mono.error(() -> conflict(other));
		// Once registered, an ID that was taken is not fought for.
		return this.journal.hasSucceeded() ? conflict
				: whileRunning(() -> this.entry.isAlive(other)).flatMap((alive) -> alive ? conflict : register());
	}

	private RegistrationConflictException conflict(AgentService other) {
		int port = (other.proxiedInstance() != null) ? this.definition.meshPort() : this.definition.port();
		return new RegistrationConflictException("The instance ID '" + this.definition.id() + "' is held by "
				+ other.service() + " at " + other.address() + ":" + other.port() + ", while this instance is "
				+ this.definition.name() + " at " + this.definition.address() + ":" + port
				+ ". Give each instance an ID of its own, or stop the other one");
	}

	private Mono<Void> register() {
		return whileRunning(() -> {
			this.journal.registering();
			this.asked = true;
			return this.entry.register(firstStatus());
		}).then(whileRunning(this.entry::tidy));
	}

	// Critical until it was ready once. An entry that Consul has lost comes back as it
	// was, or callers would see everybody critical for a moment.
	private CheckStatus firstStatus() {
		boolean asBefore = status().check() == CheckStatus.PASSING && this.readiness.ready();
		return asBefore ? CheckStatus.PASSING : CheckStatus.CRITICAL;
	}

	private Mono<Readiness> update() {
		return whileRunning(() -> {
			Readiness newest = this.readiness;
			return this.entry.update(newest.check(), newest.output()).thenReturn(newest);
		});
	}

	private <T> Mono<T> whileRunning(Supplier<Mono<T>> call) {
		return Mono.defer(() -> (this.phase == Phase.RUNNING && !this.stopping) ? call.get() : Mono.empty());
	}

	private void succeeded(Readiness told) {
		this.sent = told;
		this.failures = 0;
		this.uncertain = false;
		this.journal.succeeded(told.check());
		this.started.tryEmitEmpty();
	}

	private void failed(Throwable ex) {
		boolean wrong = ex instanceof RegistrationConflictException || ex instanceof ConsulException.Invalid;
		this.failures++;
		this.uncertain = ex instanceof ConsulException.Timeout || ex instanceof ConsulException.Unreachable;
		if (wrong && !this.journal.hasSucceeded()) {
			this.phase = (this.phase == Phase.RUNNING) ? Phase.FAILED : this.phase;
			this.journal.gaveUp(ex);
			this.started.tryEmitError(ex);
		}
		else {
			this.journal.failed(ex);
		}
		roundEnded();
	}

	private void roundEnded() {
		if (!this.busy) {
			return;
		}
		this.busy = false;
		if (this.phase == Phase.STOPPING) {
			deregister();
		}
		else if (this.phase == Phase.RUNNING && this.failures == 0 && !this.readiness.equals(this.sent)) {
			runRound();
		}
		else if (this.phase == Phase.RUNNING) {
			after((this.failures > 0) ? backoff() : renewal(), this::runRound);
		}
	}

	private Duration renewal() {
		return RegistrationSettings.renewal(this.definition.check().ttl());
	}

	// Full jitter, and never so long that the TTL runs out once Consul answers again.
	private Duration backoff() {
		long bound = this.settings.firstBackoff().toMillis() << Math.min(this.failures - 1, 20);
		return Duration.ofMillis(ThreadLocalRandom.current().nextLong(Math.min(bound, renewal().toMillis()) + 1));
	}

	private void after(Duration delay, Runnable task) {
		this.timer.update(this.lane.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS));
	}

	private void beginStop() {
		if (this.phase == Phase.STOPPING || this.phase == Phase.STOPPED) {
			return;
		}
		this.phase = Phase.STOPPING;
		long millis = this.settings.stopTimeout().toMillis();
		this.lane.schedule(this::giveUp, millis, TimeUnit.MILLISECONDS);
		if (this.busy) {
			// A request under way is awaited: cut off, it could take effect after the
			// deregistration.
			after(Duration.ofMillis(millis / 3), this::cutOff);
		}
		else {
			deregister();
		}
	}

	private void cutOff() {
		this.uncertain = true;
		this.round.update(Disposables.disposed());
		roundEnded();
	}

	private void deregister() {
		this.timer.update(Disposables.disposed());
		Duration pause = this.settings.stopTimeout().dividedBy(10);
		Mono<Void> remove = this.asked ? this.entry.remove() : Mono.empty();
		Mono<Void> twice = this.uncertain ? remove.then(Mono.delay(pause)).then(remove) : remove;
		this.round.update(
				twice
					.retryWhen(Retry.backoff(Long.MAX_VALUE, pause.dividedBy(5))
						.maxBackoff(pause)
						.filter((ex) -> !(ex instanceof ConsulException.Refused
								|| ex instanceof ConsulException.Invalid)))
					.subscribe(null, (ex) -> onLane(this::giveUp), () -> onLane(this::removed)));
	}

	private void removed() {
		this.journal.removed();
		close();
	}

	private void giveUp() {
		if (this.phase == Phase.STOPPING) {
			this.journal.notRemoved();
			close();
		}
	}

	private void onLane(Runnable task) {
		try {
			this.lane.schedule(task);
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The registrar of {} is closed", this.definition.id());
		}
	}

	/**
	 * How far a registrar has come.
	 */
	private enum Phase {

		NEW, RUNNING, FAILED, STOPPING, STOPPED

	}

}
