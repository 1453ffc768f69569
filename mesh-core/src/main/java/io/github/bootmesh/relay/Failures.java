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

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the failures of a listener, and logs when its state changes, but the same change
 * at most once an interval: at a limit it changes with each connection. Thread-safe.
 */
final class Failures {

	private static final Logger logger = LoggerFactory.getLogger(Failures.class);

	private static final long LOG_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

	private static final int MAX_TEXT = 400;

	private final String listener;

	private final LongSupplier nanoTime;

	private final AtomicLongArray counts = new AtomicLongArray(RelayFailure.values().length);

	private final AtomicReference<@Nullable RelayFailure> state = new AtomicReference<>();

	private final AtomicLongArray nextLog = new AtomicLongArray(RelayFailure.values().length);

	private volatile @Nullable String problem;

	/**
	 * Makes it.
	 * @param listener what the listener is called in the log
	 */
	Failures(String listener) {
		this(listener, System::nanoTime);
	}

	Failures(String listener, LongSupplier nanoTime) {
		this.listener = listener;
		this.nanoTime = nanoTime;
		for (int i = 0; i < this.nextLog.length(); i++) {
			this.nextLog.set(i, nanoTime.getAsLong());
		}
	}

	void count(RelayFailure failure, @Nullable String why) {
		this.counts.incrementAndGet(failure.ordinal());
		String problem = failure.key() + ((why != null) ? ": " + printable(why) : "");
		this.problem = problem;
		if (this.state.get() != failure && mayLog(failure)) {
			this.state.set(failure);
			logger.warn("{} fails connections: {}", this.listener, problem);
		}
	}

	/**
	 * Counts a connection that worked and is ended, with others perhaps.
	 */
	void ended(RelayFailure failure, String why) {
		this.counts.incrementAndGet(failure.ordinal());
		this.problem = failure.key() + ": " + printable(why);
	}

	/**
	 * Logs that connections were ended together, each time.
	 */
	void tellEnded(int connections, RelayFailure failure, String why) {
		logger.warn("{} has {} connection(s) reset: {}: {}", this.listener, connections, failure.key(), printable(why));
	}

	private boolean mayLog(RelayFailure failure) {
		long due = this.nextLog.get(failure.ordinal());
		long now = this.nanoTime.getAsLong();
		return now - due >= 0 && this.nextLog.compareAndSet(failure.ordinal(), due, now + LOG_INTERVAL_NANOS);
	}

	// It may hold what a stranger chose, in a certificate for example.
	private static String printable(String text) {
		String printable = text.replaceAll("[^\\x20-\\x7e]", "?");
		return (printable.length() > MAX_TEXT) ? printable.substring(0, MAX_TEXT) + "..." : printable;
	}

	/**
	 * A connection was made and is good.
	 */
	void works() {
		if (this.problem != null) {
			this.problem = null;
		}
		if (this.state.get() != null && this.state.getAndSet(null) != null) {
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
