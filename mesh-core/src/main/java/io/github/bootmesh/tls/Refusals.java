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

package io.github.bootmesh.tls;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts refusals by reason and logs them at most once an interval and reason, so that a
 * stranger cannot fill the log. Thread-safe.
 */
final class Refusals {

	private static final Logger logger = LoggerFactory.getLogger(Refusals.class);

	private static final long LOG_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

	private static final int MAX_TEXT = 400;

	private final AtomicLongArray counts = new AtomicLongArray(Refusal.values().length);

	private final AtomicLongArray logged = new AtomicLongArray(Refusal.values().length);

	private final AtomicLong[] nextLog;

	private final String service;

	private final LongSupplier nanoTime;

	/**
	 * Makes it.
	 * @param service what the service is called in the log
	 */
	Refusals(String service) {
		this(service, System::nanoTime);
	}

	Refusals(String service, LongSupplier nanoTime) {
		this.service = service;
		this.nanoTime = nanoTime;
		long now = nanoTime.getAsLong();
		this.nextLog = Arrays.stream(Refusal.values()).map((reason) -> new AtomicLong(now)).toArray(AtomicLong[]::new);
	}

	void count(Refusal reason, @Nullable SocketAddress from, @Nullable String text) {
		long count = this.counts.incrementAndGet(reason.ordinal());
		AtomicLong next = this.nextLog[reason.ordinal()];
		long due = next.get();
		long now = this.nanoTime.getAsLong();
		if (now - due >= 0 && next.compareAndSet(due, now + LOG_INTERVAL_NANOS)) {
			long before = this.logged.getAndSet(reason.ordinal(), count);
			logger.warn("Service '{}' refused {} mesh connection(s) as {}, {} since the start; the last with {}: {}",
					this.service, count - before, reason.key(), count, from, printable(text));
		}
	}

	Map<String, Long> counts() {
		Map<String, Long> counts = new LinkedHashMap<>();
		for (Refusal reason : Refusal.values()) {
			long count = this.counts.get(reason.ordinal());
			if (count > 0) {
				counts.put(reason.key(), count);
			}
		}
		return counts;
	}

	// The text may hold what a stranger chose.
	private static String printable(@Nullable String text) {
		if (text == null) {
			return "";
		}
		String printable = text.replaceAll("[^\\x20-\\x7e]", "?");
		return (printable.length() > MAX_TEXT) ? printable.substring(0, MAX_TEXT) + "..." : printable;
	}

}
