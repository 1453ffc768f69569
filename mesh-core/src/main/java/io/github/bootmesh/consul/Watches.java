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

import java.util.List;
import java.util.function.Function;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import io.github.bootmesh.Internal;

/**
 * Turns blocking queries into streams of values, within a budget of connections to the
 * agent. Thread-safe.
 */
@Internal
public final class Watches implements AutoCloseable {

	// With the defaults: 32 connections, 250 ms to 30 s backoff, 5 min wait.
	public Watches() {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * A watch that runs while it is subscribed to (one subscriber), emits each value that
	 * differs from the one before, never fails and never completes; cancelling it ends
	 * the query.
	 * @param <T> the type of the value
	 * @param name what is watched, for status and log
	 * @param place whether it has a place in the budget of its own
	 * @param read the question, asked again and again
	 * @return the stream of values
	 */
	public <T> Flux<ConsulAnswer<T>> watch(String name, Place place,
			Function<ConsulQuery, Mono<ConsulAnswer<T>>> read) {
		throw new UnsupportedOperationException("not built yet");
	}

	// Every running watch, ordered by name.
	public List<WatchStatus> statuses() {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
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
		SHARED

	}

}
