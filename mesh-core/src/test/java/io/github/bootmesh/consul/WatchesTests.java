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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import io.github.bootmesh.consul.WatchStatus.State;
import io.github.bootmesh.consul.Watches.Place;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How a watch asks, in virtual time.
 */
class WatchesTests {

	private static final Duration WAIT = WatchSettings.DEFAULTS.waitTime();

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Watches watches = new Watches(WatchSettings.DEFAULTS, ConsulLimits.DEFAULTS, this.time);

	private final Question question = new Question();

	private final List<String> values = new CopyOnWriteArrayList<>();

	private Disposable watch(Place place) {
		return this.watches.watch("thing", place, this.question).subscribe((answer) -> this.values.add(answer.body()));
	}

	private void pass(Duration duration) {
		this.time.advanceTimeBy(duration);
	}

	private WatchStatus status() {
		assertThat(this.watches.statuses()).hasSize(1);
		return this.watches.statuses().get(0);
	}

	private static ConsulAnswer<String> answer(String value, long index) {
		return new ConsulAnswer<>(value, index, null, null);
	}

	private static ConsulException failure() {
		return new ConsulException.Server("GET /v1/thing: 500 No cluster leader");
	}

	@Test
	void asksAtOnceAndThenBlocksOnTheIndex() {
		watch(Place.RESERVED);
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.NOW);
		this.question.give(answer("a", 5));
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.after(5, WAIT));
		this.question.give(answer("b", 9));
		assertThat(this.values).containsExactly("a", "b");
	}

	@Test
	void blocksOnTheHashWhereThereIsOne() {
		watch(Place.RESERVED);
		this.question.give(new ConsulAnswer<>("a", 0, "h1", null));
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.afterHash("h1", WAIT));
		this.question.give(new ConsulAnswer<>("b", 0, "h2", null));
		pass(WatchSettings.DEFAULTS.reservedFloor());
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.afterHash("h2", WAIT));
		assertThat(this.values).containsExactly("a", "b");
	}

	@Test
	void anIndexThatGoesBackwardsIsForgotten() {
		watch(Place.RESERVED);
		this.question.give(answer("a", 50));
		this.question.give(answer("b", 3));
		pass(WatchSettings.DEFAULTS.reservedFloor());
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.NOW);
		this.question.give(answer("b", 3));
		pass(WatchSettings.DEFAULTS.reservedFloor());
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.after(3, WAIT));
		assertThat(this.values).containsExactly("a", "b");
	}

	@Test
	void anAnswerWithoutAChangeIsNotEmitted() {
		watch(Place.RESERVED);
		this.question.give(answer("a", 5));
		this.question.give(answer("a", 6));
		pass(WatchSettings.DEFAULTS.reservedFloor());
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.after(6, WAIT));
		this.question.give(new ConsulAnswer<>("a", 6, null, "deny"));
		assertThat(this.values).as("another default policy is a change").containsExactly("a", "a");
	}

	@Test
	void aFailureKeepsTheValueAndStartsOver() {
		watch(Place.RESERVED);
		this.question.give(answer("a", 50));
		this.question.fail(failure());
		pass(Duration.ofMillis(250));
		assertThat(this.question.pending()).as("a restarted agent counts anew").isEqualTo(ConsulQuery.NOW);
		this.question.give(answer("a", 2));
		assertThat(this.values).containsExactly("a");
		this.question.give(answer("b", 3));
		assertThat(this.values).containsExactly("a", "b");
	}

	@Test
	void backsOffWithFullJitterUpTo30SecondsAndStartsAnewAfterSuccess() {
		watch(Place.RESERVED);
		long[] bounds = { 250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
		boolean jittered = false;
		for (long bound : bounds) {
			this.question.fail(failure());
			Instant failed = now();
			while (!this.question.isPending()) {
				pass(Duration.ofMillis(10));
			}
			Duration pause = Duration.between(failed, now());
			assertThat(pause).isLessThanOrEqualTo(Duration.ofMillis(bound + 10));
			jittered |= pause.toMillis() < bound / 2;
		}
		assertThat(jittered).as("some pause below half its bound").isTrue();
		this.question.give(answer("a", 1));
		this.question.fail(failure());
		pass(Duration.ofMillis(250));
		assertThat(this.question.isPending()).isTrue();
	}

	private Instant now() {
		return Instant.ofEpochMilli(this.time.now(TimeUnit.MILLISECONDS));
	}

	@Test
	void neverFailsWhateverTheQuestionDoes() {
		watch(Place.RESERVED);
		this.question.fail(new IllegalStateException("secret"));
		pass(Duration.ofMillis(250));
		assertThat(status().problem()).isEqualTo("java.lang.IllegalStateException");
		this.question.complete();
		pass(Duration.ofMillis(500));
		this.question.broken = true;
		this.question.fail(failure());
		pass(Duration.ofMinutes(1));
		this.question.broken = false;
		pass(Duration.ofMinutes(1));
		this.question.give(answer("a", 1));
		assertThat(this.values).containsExactly("a");
		assertThat(status().state()).isEqualTo(State.CURRENT);
	}

	@Test
	void theFirstChangesAreSeenAtOnceAndOnlyChurnIsSlowedDown() {
		watch(Place.RESERVED);
		this.question.give(answer("v0", 1));
		int asked = 0;
		Duration second = Duration.ofSeconds(1);
		for (Duration passed = Duration.ZERO; passed.compareTo(second) < 0; passed = passed.plusMillis(1)) {
			if (this.question.isPending()) {
				asked++;
				this.question.give(answer("v" + asked, 1 + asked));
				assertThat(this.values).last().isEqualTo("v" + asked);
			}
			pass(Duration.ofMillis(1));
		}
		assertThat(asked).isBetween(18, 22);
	}

	@Test
	void aRotationEvery100MillisecondsIsNeverDelayed() {
		watch(Place.RESERVED);
		for (int i = 1; i < 100; i++) {
			assertThat(this.question.isPending()).isTrue();
			this.question.give(answer("v" + i, i));
			pass(Duration.ofMillis(100));
		}
		assertThat(this.values).hasSize(99);
	}

	@Test
	void tellsItsStateAndSinceWhen() {
		pass(Duration.ofSeconds(100));
		watch(Place.RESERVED);
		assertThat(status())
			.isEqualTo(new WatchStatus("thing", State.STARTING, Instant.ofEpochSecond(100), null, null));
		pass(Duration.ofSeconds(10));
		this.question.give(answer("a", 5));
		assertThat(status()).isEqualTo(
				new WatchStatus("thing", State.CURRENT, Instant.ofEpochSecond(110), Instant.ofEpochSecond(110), null));
		pass(Duration.ofSeconds(10));
		this.question.give(answer("b", 6));
		assertThat(status()).isEqualTo(
				new WatchStatus("thing", State.CURRENT, Instant.ofEpochSecond(110), Instant.ofEpochSecond(120), null));
		pass(Duration.ofSeconds(10));
		this.question.fail(failure());
		WatchStatus stale = new WatchStatus("thing", State.STALE, Instant.ofEpochSecond(130),
				Instant.ofEpochSecond(120), failure().getMessage());
		assertThat(status()).isEqualTo(stale);
		pass(Duration.ofSeconds(10));
		this.question.fail(failure());
		assertThat(status()).isEqualTo(stale);
	}

	@Test
	void cancellingEndsTheQuestionAndTheStatus() {
		Disposable running = watch(Place.SHARED);
		this.question.give(answer("a", 5));
		running.dispose();
		assertThat(this.question.isPending()).isFalse();
		assertThat(this.watches.statuses()).isEmpty();
	}

	@Test
	void closingCompletesEveryStream() {
		StepVerifier.create(this.watches.watch("thing", Place.RESERVED, this.question))
			.then(() -> this.question.give(answer("a", 5)))
			.expectNextCount(1)
			.then(this.watches::close)
			.verifyComplete();
		assertThat(this.watches.statuses()).isEmpty();
		StepVerifier.create(this.watches.watch("thing", Place.RESERVED, this.question)).verifyComplete();
	}

	@Test
	void aSlowSubscriberGetsTheLatestValue() {
		StepVerifier.create(this.watches.watch("thing", Place.RESERVED, this.question), 0).then(() -> {
			for (int i = 1; i < 9; i++) {
				this.question.give(answer("v" + i, i));
				pass(Duration.ofMillis(50));
			}
		}).thenRequest(1).expectNextMatches((answer) -> answer.body().equals("v8")).thenCancel().verify();
	}

	@Test
	void whatDoesNotBlockIsPolled() {
		watch(Place.SHARED);
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.NOW);
		this.question.give(answer("a", 0));
		pass(Duration.ofSeconds(4));
		assertThat(this.question.isPending()).isFalse();
		pass(Duration.ofSeconds(6));
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.CACHED);
		this.question.give(answer("b", 0));
		assertThat(this.values).containsExactly("a", "b");
	}

	@Test
	void reservedWatchesNeverAskTheCache() {
		watch(Place.RESERVED);
		this.question.give(answer("a", 0));
		pass(Duration.ofSeconds(10));
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.NOW);
	}

	@Test
	void polledWatchesTakeNoPlaceNotEvenWhenTheyFailAndNeverAskTheCache() {
		ConsulLimits limits = ConsulLimits.DEFAULTS.withConnections(11);
		Watches few = new Watches(WatchSettings.DEFAULTS, limits, this.time);
		few.watch("query", Place.POLLED, this.question).subscribe();
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.NOW);
		this.question.fail(failure());
		Question destination = new Question();
		few.watch("endpoints", Place.SHARED, destination).subscribe();
		destination.give(answer("a", 5));
		assertThat(destination.pending()).as("the only shared place").isEqualTo(ConsulQuery.after(5, WAIT));
		pass(Duration.ofMillis(500));
		this.question.give(answer("a", 0));
		pass(Duration.ofSeconds(10));
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.NOW);
		few.close();
	}

	@Test
	void sharedWatchesBeyondThePlacesTakeTurnsWithPollsAndReservedOnesAlwaysBlock() {
		ConsulLimits limits = ConsulLimits.DEFAULTS.withConnections(12);
		int shared = limits.places() - limits.reserved();
		Watches few = new Watches(WatchSettings.DEFAULTS, limits, this.time);
		List<Question> destinations = new ArrayList<>();
		List<Disposable> running = new ArrayList<>();
		for (int i = 0; i < shared + 3; i++) {
			Question destination = new Question();
			destinations.add(destination);
			running.add(few.watch("endpoints:" + i, Place.SHARED, destination).subscribe());
			destination.give(answer("a", 5));
		}
		assertThat(destinations.subList(0, shared))
			.allSatisfy((holder) -> assertThat(holder.pending()).isEqualTo(ConsulQuery.after(5, WAIT)));
		pass(Duration.ofSeconds(10));
		assertThat(destinations.subList(shared, shared + 3)).allSatisfy((poller) -> {
			assertThat(poller.pending()).isEqualTo(ConsulQuery.CACHED);
			poller.give(answer("b", 6));
		});
		for (int i = 0; i < limits.reserved(); i++) {
			Question identity = new Question();
			few.watch("identity:" + i, Place.RESERVED, identity).subscribe();
			identity.give(answer("a", 5));
			assertThat(identity.pending()).isEqualTo(ConsulQuery.after(5, WAIT));
		}
		running.get(0).dispose();
		pass(Duration.ofSeconds(10));
		assertThat(destinations.subList(shared, shared + 3)).as("a place that is free is taken")
			.extracting(Question::pending)
			.containsOnlyOnce(ConsulQuery.after(6, WAIT));
		few.close();
	}

	@Test
	void moreReservedWatchesThanReservedPlacesTakeThoseOfSharedOnes() {
		ConsulLimits limits = ConsulLimits.DEFAULTS.withConnections(11);
		Watches few = new Watches(WatchSettings.DEFAULTS, limits, this.time);
		few.watch("endpoints", Place.SHARED, this.question).subscribe();
		this.question.give(answer("a", 5));
		assertThat(this.question.pending().blocks()).isTrue();
		for (int i = 0; i < limits.reserved() + 1; i++) {
			few.watch("identity:" + i, Place.RESERVED, new Question()).subscribe();
		}
		this.question.give(answer("b", 6));
		pass(Duration.ofSeconds(10));
		assertThat(this.question.pending()).isEqualTo(ConsulQuery.CACHED);
		few.close();
	}

	/**
	 * A question that a test answers by hand.
	 */
	private static final class Question implements Function<ConsulQuery, Mono<ConsulAnswer<String>>> {

		private final Deque<ConsulQuery> queries = new ArrayDeque<>();

		private Sinks.@Nullable One<ConsulAnswer<String>> open;

		private boolean broken;

		@Override
		public Mono<ConsulAnswer<String>> apply(ConsulQuery query) {
			if (this.broken) {
				throw new IllegalStateException("broken");
			}
			assertThat(this.open).as("one question at a time").isNull();
			this.queries.add(query);
			Sinks.One<ConsulAnswer<String>> sink = Sinks.one();
			this.open = sink;
			return sink.asMono().doOnCancel(() -> this.open = null);
		}

		boolean isPending() {
			return this.open != null;
		}

		ConsulQuery pending() {
			assertThat(isPending()).as("asked").isTrue();
			return this.queries.getLast();
		}

		void give(ConsulAnswer<String> answer) {
			taken().tryEmitValue(answer).orThrow();
		}

		void fail(Throwable ex) {
			taken().tryEmitError(ex).orThrow();
		}

		void complete() {
			taken().tryEmitEmpty().orThrow();
		}

		private Sinks.One<ConsulAnswer<String>> taken() {
			Sinks.One<ConsulAnswer<String>> sink = this.open;
			if (sink == null) {
				throw new AssertionError("not asked");
			}
			this.open = null;
			return sink;
		}

	}

}
