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

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

import reactor.core.publisher.Mono;

/**
 * The agent's cache as far as a client sees it: its headers. What an answer holds is
 * always current, as it is while a real agent is connected.
 */
final class AgentCache {

	// Parameters that say how to answer, not what.
	private static final Set<String> HOW = Set.of("cached", "index", "wait", "pretty", "token");

	private final Store store;

	private final Set<String> seen = ConcurrentHashMap.newKeySet();

	AgentCache(Store store) {
		this.store = store;
	}

	/**
	 * Answers through the cache.
	 * @param key what is asked for
	 * @param request the request
	 * @param index reads the index of what is asked for
	 * @param answer makes the answer
	 * @return the answer with {@code X-Cache} and, on a hit, {@code Age}
	 */
	Mono<Answer> answer(String key, Request request, ToLongFunction<State> index, Function<State, Answer> answer) {
		Blocking blocking = Blocking.of(request);
		boolean known = !this.seen.add(key);
		boolean hit = known && (blocking.index() == 0
				|| Long.compareUnsigned(index.applyAsLong(this.store.current()), blocking.index()) > 0);
		return this.store.await(blocking, index)
			.map(answer)
			.map((given) -> hit ? given.header("Age", "0").header("X-Cache", "HIT") : given.header("X-Cache", "MISS"));
	}

	/**
	 * Answers through the cache if the request opts in by {@code ?cached}, else from the
	 * server.
	 * @param request the request
	 * @param index reads the index of what is asked for
	 * @param answer makes the answer
	 * @return the answer
	 */
	Mono<Answer> optional(Request request, ToLongFunction<State> index, Function<State, Answer> answer) {
		if (request.has("cached")) {
			Map<String, List<String>> key = new TreeMap<>(request.parameters());
			key.keySet().removeAll(HOW);
			return answer(request.path() + key, request, index, answer);
		}
		return this.store.await(Blocking.of(request).spread(), index).map(answer);
	}

}
