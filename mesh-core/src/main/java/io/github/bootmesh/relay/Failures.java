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

package io.github.bootmesh.relay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the failures of a listener, and logs when its state changes. Thread-safe.
 */
final class Failures {

	private static final Logger logger = LoggerFactory.getLogger(Failures.class);

	private final String listener;

	private final AtomicLongArray counts = new AtomicLongArray(RelayFailure.values().length);

	private final AtomicReference<@Nullable RelayFailure> state = new AtomicReference<>();

	private volatile @Nullable String problem;

	/**
	 * Makes it.
	 * @param listener what the listener is called in the log
	 */
	Failures(String listener) {
		this.listener = listener;
	}

	void count(RelayFailure failure, @Nullable String why) {
		this.counts.incrementAndGet(failure.ordinal());
		String problem = failure.key() + ((why != null) ? ": " + why : "");
		this.problem = problem;
		if (this.state.getAndSet(failure) != failure) {
			logger.warn("{} fails connections: {}", this.listener, problem);
		}
	}

	/**
	 * A connection was made and is good.
	 */
	void works() {
		if (this.state.get() != null && this.state.getAndSet(null) != null) {
			this.problem = null;
			logger.info("{} connects again", this.listener);
		}
	}

	/**
	 * Why the last connection failed, or {@code null} if it did not.
	 */
	@Nullable String problem() {
		return this.problem;
	}

	Map<String, Long> counts() {
		Map<String, Long> counts = new LinkedHashMap<>();
		for (RelayFailure failure : RelayFailure.values()) {
			long count = this.counts.get(failure.ordinal());
			if (count > 0) {
				counts.put(failure.key(), count);
			}
		}
		return counts;
	}

}
