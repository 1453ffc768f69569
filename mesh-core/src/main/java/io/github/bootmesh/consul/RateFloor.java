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

/**
 * A token bucket of two: the first questions go out at once, so that a change is seen
 * when it happens; only when changes do not stop coming are they spaced out. Not
 * thread-safe.
 */
final class RateFloor {

	private static final int BURST = 2;

	private final long interval;

	private long emptyUntil = Long.MIN_VALUE;

	RateFloor(Duration interval) {
		this.interval = interval.toNanos();
	}

	/**
	 * Takes a token.
	 * @param now the time in nanoseconds
	 * @return how long to wait for it
	 */
	Duration take(long now) {
		this.emptyUntil = Math.max(this.emptyUntil, now) + this.interval;
		return Duration.ofNanos(Math.max(0, this.emptyUntil - BURST * this.interval - now));
	}

}
