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

package io.github.bootmesh.intention;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;

/**
 * Decides by the current set of intentions, from memory. Until the first set has arrived,
 * and while the set is older than allowed, everything is denied. A set that cannot be
 * read leaves the one before in place. Thread-safe; deciding neither blocks nor waits.
 */
@Internal
public final class Authorizer implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Authorizer.class);

	private static final Decision NONE_YET = denied("deny all: no intentions were delivered yet");

	private static final Decision TOO_OLD = denied("deny all: the intentions are older than allowed");

	private static final Decision CLOSED = denied("deny all: the application is stopping");

	private static final int LOGGED_RULES = 10;

	private final IntentionSource source;

	private final CompletionStage<SpiffeId> self;

	private final @Nullable Duration maxStaleness;

	private final Clock clock;

	// Of one thread: sets are compiled, time passes and listeners are told in order.
	private final Scheduler scheduler;

	private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

	private final List<Runnable> onlookers = new CopyOnWriteArrayList<>();

	private final CompletableFuture<IntentionSet> ready = new CompletableFuture<>();

	private final AtomicBoolean started = new AtomicBoolean();

	private final Disposable.Swap subscription = Disposables.swap();

	private final Disposable.Swap timer = Disposables.swap();

	private volatile AuthorizerState state;

	// What listeners know.
	private volatile boolean usable;

	// Whether a decision has seen that time passed: one is enough to say so.
	private final AtomicBoolean noticed = new AtomicBoolean();

	private volatile boolean closed;

	// The newest intentions while they cannot be compiled: what is confirmed is them.
	private IntentionUpdate.@Nullable Intentions pending;

	private List<String> notUnderstood = List.of();

	/**
	 * An authorizer that asks from {@link #start()} on.
	 * @param source where the intentions come from
	 * @param self the service that is called, as soon as its trust domain is known; no
	 * set is compiled before
	 * @param settings how old they may be
	 * @param clock the clock that tells how old they are
	 */
	public Authorizer(IntentionSource source, CompletionStage<SpiffeId> self, AuthorizerSettings settings,
			Clock clock) {
		this(source, self, settings, clock, Schedulers.newSingle("bootmesh-intentions", true));
	}

	Authorizer(IntentionSource source, CompletionStage<SpiffeId> self, AuthorizerSettings settings, Clock clock,
			Scheduler scheduler) {
		this.source = source;
		this.self = self;
		this.maxStaleness = settings.maxStaleness();
		this.clock = clock;
		this.scheduler = scheduler;
		this.state = AuthorizerState.initial(clock.instant());
	}

	/**
	 * Starts asking and returns at once. A second call does nothing.
	 */
	public void start() {
		if (this.started.compareAndSet(false, true)) {
			this.subscription.update(Mono.fromFuture(this.self.toCompletableFuture(), true)
				// Without an identity there is nobody to call.
				.onErrorComplete()
				.flatMapMany((id) -> this.source.updates()
					.publishOn(this.scheduler)
					.doOnNext((update) -> receive(id, update))
					.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
						.maxBackoff(Duration.ofSeconds(30))
						.scheduler(this.scheduler)
						.doBeforeRetry((signal) -> reject(id,
								"the source ended with " + signal.failure().getClass().getName()
										+ " and is asked again"))))
				.subscribe());
		}
	}

	/**
	 * Decides on a connection whose requests are decided on too (L4).
	 * @param source who dialled
	 * @return the decision; a source that has permissions may connect
	 */
	public Decision connection(SpiffeId source) {
		IntentionSet set = usableSet();
		return (set != null) ? set.connection(source) : refusal();
	}

	/**
	 * Decides on a connection whose requests nobody looks at (L4 only).
	 * @param source who dialled
	 * @return the decision; a source that has permissions is denied
	 */
	public Decision opaqueConnection(SpiffeId source) {
		IntentionSet set = usableSet();
		return (set != null) ? set.opaqueConnection(source) : refusal();
	}

	/**
	 * Decides on a request (L4 and L7).
	 * @param source who asks
	 * @param request what it asks for
	 * @return the decision
	 */
	public Decision request(SpiffeId source, RequestFacts request) {
		IntentionSet set = usableSet();
		return (set != null) ? set.request(source, request) : refusal();
	}

	/**
	 * Decides on a request of nobody knows whom.
	 * @param request what it asks for
	 * @return the decision, to allow only what everybody may
	 */
	public Decision anonymousRequest(RequestFacts request) {
		IntentionSet set = usableSet();
		return (set != null) ? set.anonymousRequest(request) : refusal();
	}

	/**
	 * Explains the decision on a request.
	 * @param source who asks
	 * @param request what it asks for
	 * @return the decision and what led to it
	 */
	public Explanation explain(SpiffeId source, RequestFacts request) {
		IntentionSet set = usableSet();
		return (set != null) ? set.explain(source, request) : explainRefusal();
	}

	/**
	 * Explains the decision on a connection.
	 * @param source who dialled
	 * @return the decision and what led to it
	 */
	public Explanation explainConnection(SpiffeId source) {
		IntentionSet set = usableSet();
		return (set != null) ? set.explainConnection(source) : explainRefusal();
	}

	/**
	 * Explains the decision on a connection whose requests nobody looks at.
	 * @param source who dialled
	 * @return the decision and what led to it
	 */
	public Explanation explainOpaqueConnection(SpiffeId source) {
		IntentionSet set = usableSet();
		return (set != null) ? set.explainOpaqueConnection(source) : explainRefusal();
	}

	private Explanation explainRefusal() {
		Decision refusal = refusal();
		return new Explanation(refusal,
				List.of(new Explanation.Step(refusal.rule(), true, "no intention is looked at")));
	}

	/**
	 * The first set, as soon as the listeners were told of it.
	 * @return completes with it; fails when closed before
	 */
	public CompletionStage<IntentionSet> ready() {
		return this.ready.minimalCompletionStage();
	}

	/**
	 * What is known now.
	 * @return the status
	 */
	public AuthorizerStatus status() {
		return this.state.status(this.maxStaleness, this.clock.instant());
	}

	/**
	 * Calls the listener after each change of what is decided: a new set, one that has
	 * become too old, or is confirmed again. A listener does not block.
	 * @param listener the listener
	 * @return ends the calls
	 */
	public Disposable onChange(Runnable listener) {
		this.listeners.add(listener);
		return () -> this.listeners.remove(listener);
	}

	/**
	 * Calls the listener after each change of what is decided, once all listeners of
	 * {@link #onChange(Runnable)} were told: nobody who is to be cut off waits for it.
	 * @param listener the listener
	 */
	public void afterChange(Runnable listener) {
		this.onlookers.add(listener);
	}

	/**
	 * Ends asking; everything is denied from then on. Listeners are not told.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.subscription.dispose();
		this.timer.dispose();
		this.scheduler.dispose();
		this.ready
			.completeExceptionally(new IllegalStateException("Closed before the first intentions were delivered"));
	}

	private @Nullable IntentionSet usableSet() {
		if (this.closed) {
			return null;
		}
		AuthorizerState state = this.state;
		boolean usable = state.usableAt(this.clock, this.maxStaleness);
		if (usable != this.usable && this.noticed.compareAndSet(false, true)) {
			// The clock was set, or the machine slept: the timer did not notice.
			onScheduler(this::timePassed);
		}
		return usable ? state.set() : null;
	}

	private Decision refusal() {
		if (this.closed) {
			return CLOSED;
		}
		return (this.state.set() != null) ? TOO_OLD : NONE_YET;
	}

	private void receive(SpiffeId self, IntentionUpdate update) {
		boolean changed = false;
		if (update instanceof IntentionUpdate.Rejected rejected) {
			reject(self, rejected.why());
		}
		else {
			if (update instanceof IntentionUpdate.Intentions intentions) {
				this.pending = intentions.equals(this.state.origin()) ? null : intentions;
			}
			changed = acceptOrConfirm(self);
		}
		settle(changed);
	}

	private boolean acceptOrConfirm(SpiffeId self) {
		IntentionUpdate.Intentions pending = this.pending;
		if (pending != null) {
			return accept(self, pending);
		}
		confirm(self);
		return false;
	}

	private boolean accept(SpiffeId self, IntentionUpdate.Intentions intentions) {
		IntentionSet set;
		try {
			set = IntentionSet.compile(self, intentions.intentions(), intentions.defaultPolicy());
		}
		catch (RuntimeException | StackOverflowError | OutOfMemoryError ex) {
			// An error would end all hearing of intentions, and nobody would notice.
			logger.debug("The intentions cannot be compiled", ex);
			reject(self, "it cannot be compiled (" + ex.getClass().getName() + ")");
			return false;
		}
		this.pending = null;
		this.state = this.state.accepted(set, intentions, this.clock.instant());
		return true;
	}

	private void logSet(IntentionSet set) {
		int rules = set.intentions().size();
		logger.info("Intentions: {} {} for {}, default {} ({})", rules, (rules == 1) ? "rule" : "rules",
				set.self().service(), set.defaultPolicy().allow() ? "allow" : "deny",
				Words.oneLine(set.defaultPolicy().learnt()));
		warnOfNotUnderstood(set);
	}

	private void warnOfNotUnderstood(IntentionSet set) {
		List<String> rules = set.notUnderstood();
		if (!rules.isEmpty() && !rules.equals(this.notUnderstood)) {
			logger.warn("Intentions for {} that are not understood, so that what they cover is denied ({} of them): {}",
					set.self().service(), rules.size(),
					String.join("; ", rules.subList(0, Math.min(rules.size(), LOGGED_RULES))));
		}
		this.notUnderstood = rules;
	}

	private void confirm(SpiffeId self) {
		AuthorizerState before = this.state;
		if (before.set() != null) {
			this.state = before.confirmed(this.clock.instant());
			if (before.rejection() != null) {
				logger.info("Intentions for {} can be read again and have not changed", self.service());
			}
		}
	}

	private void reject(SpiffeId self, String why) {
		AuthorizerState before = this.state;
		this.state = before.rejected(why, this.clock.instant());
		if (!why.equals(before.rejection())) {
			logger.warn("Intentions for {} rejected, {}: {}", self.service(),
					(before.set() != null) ? "going on with those before" : "denying everything as there are none yet",
					Words.oneLine(why));
		}
	}

	private void timePassed() {
		this.noticed.set(false);
		settle(false);
	}

	private void settle(boolean changed) {
		AuthorizerState state = this.state;
		boolean usable = state.usableAt(this.clock, this.maxStaleness);
		boolean turned = usable != this.usable;
		this.usable = usable;
		if (turned || changed) {
			this.listeners.forEach(Authorizer::tell);
			this.onlookers.forEach(Authorizer::tell);
		}
		if (usable && state.set() != null) {
			this.ready.complete(state.set());
		}
		// Only now: writing may take its time.
		if (changed && state.set() != null) {
			logSet(state.set());
		}
		else if (turned && state.set() != null) {
			logTurn(state.set().self(), usable, state.confirmed());
		}
		if (usable && this.maxStaleness != null) {
			long millis = Duration.between(this.clock.instant(), state.expiry(this.maxStaleness)).toMillis() + 1;
			this.timer.update(this.scheduler.schedule(this::timePassed, millis, TimeUnit.MILLISECONDS));
		}
	}

	private void logTurn(SpiffeId self, boolean usable, @Nullable Instant confirmed) {
		if (usable) {
			logger.info("Intentions for {} are confirmed again and decide", self.service());
		}
		else {
			logger.warn("Intentions for {} were last confirmed at {}, longer ago than {}: everything is denied",
					self.service(), confirmed, this.maxStaleness);
		}
	}

	private static void tell(Runnable listener) {
		try {
			listener.run();
		}
		catch (RuntimeException ex) {
			logger.error("A listener of the intentions failed", ex);
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

	private static Decision denied(String rule) {
		return new Decision(Decision.Outcome.DENIED, rule);
	}

}
