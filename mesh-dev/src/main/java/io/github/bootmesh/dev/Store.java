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

package io.github.bootmesh.dev;

import java.util.function.Predicate;
import java.util.function.ToLongFunction;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Holds the state and swaps it whole. Readers never wait, writers take turns.
 */
final class Store {

	private final Sinks.Many<State> states = Sinks.many().replay().latest();

	private final Scheduler timer;

	private volatile State current;

	Store(State initial, Scheduler timer) {
		this.current = initial;
		this.timer = timer;
		this.states.tryEmitNext(initial);
	}

	State current() {
		return this.current;
	}

	/**
	 * The current state and all that follow.
	 * @return the states
	 */
	Flux<State> states() {
		return this.states.asFlux();
	}

	/**
	 * Swaps the state.
	 * @param change makes the next state from this one and the next index
	 * @return the next state
	 */
	synchronized State update(Change change) {
		State next = change.apply(this.current, this.current.index() + 1);
		this.current = next;
		this.states.emitNext(next, Sinks.EmitFailureHandler.FAIL_FAST);
		return next;
	}

	/**
	 * The state as soon as it has an index past the one asked for, or after the wait.
	 * @param blocking what is asked for
	 * @param index reads the index
	 * @return the state
	 */
	Mono<State> await(Blocking blocking, ToLongFunction<State> index) {
		if (blocking.index() == 0) {
			return Mono.fromSupplier(this::current);
		}
		return awaitThat(blocking, (state) -> Long.compareUnsigned(index.applyAsLong(state), blocking.index()) > 0);
	}

	/**
	 * The state as soon as something holds of it, or after the wait.
	 * @param blocking how long to wait
	 * @param condition what is to hold
	 * @return the state
	 */
	Mono<State> awaitThat(Blocking blocking, Predicate<State> condition) {
		return states().filter(condition)
			.next()
			.timeout(blocking.longest(), Mono.fromSupplier(this::current), this.timer);
	}

	/**
	 * Makes the next state.
	 */
	interface Change {

		State apply(State state, long index);

	}

}
