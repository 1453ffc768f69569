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

import io.github.bootmesh.Internal;

/**
 * How watches ask.
 *
 * @param waitTime how long Consul may hold an answer back; a dead connection is noticed
 * that much later
 * @param firstBackoff upper bound of the pause after the first failure; doubled with each
 * further one
 * @param maxBackoff upper bound of any pause after a failure
 * @param pollInterval longest pause between questions that do not block
 * @param reservedFloor mean time between questions of a reserved watch under churn
 * @param sharedFloor mean time between questions of a shared watch under churn
 */
@Internal
public record WatchSettings(Duration waitTime, Duration firstBackoff, Duration maxBackoff, Duration pollInterval,
		Duration reservedFloor, Duration sharedFloor) {

	/**
	 * A minute's wait costs an agent one question a minute, and a connection that died
	 * without a sign is found within 74 seconds instead of the five minutes of Consul's
	 * default. Questions about identity and intentions are small, served by the agent,
	 * and urgent: twenty a second at most. A list of instances can be large: two a
	 * second.
	 */
	public static final WatchSettings DEFAULTS = new WatchSettings(Duration.ofMinutes(1), Duration.ofMillis(250),
			Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofMillis(50), Duration.ofMillis(500));

	public WatchSettings {
		if (waitTime.toMillis() < 1 || firstBackoff.toMillis() < 1 || firstBackoff.compareTo(maxBackoff) > 0) {
			throw new IllegalArgumentException("A watch needs a wait and a first backoff of at least 1 ms, the latter "
					+ "not above the greatest backoff: " + waitTime + ", " + firstBackoff + ", " + maxBackoff);
		}
	}

	/**
	 * The same settings with another wait.
	 * @param waitTime how long Consul may hold an answer back
	 * @return the settings
	 */
	public WatchSettings withWaitTime(Duration waitTime) {
		return new WatchSettings(waitTime, this.firstBackoff, this.maxBackoff, this.pollInterval, this.reservedFloor,
				this.sharedFloor);
	}

	/**
	 * The same settings with another backoff.
	 * @param firstBackoff upper bound of the pause after the first failure
	 * @param maxBackoff upper bound of any pause after a failure
	 * @return the settings
	 */
	public WatchSettings withBackoff(Duration firstBackoff, Duration maxBackoff) {
		return new WatchSettings(this.waitTime, firstBackoff, maxBackoff, this.pollInterval, this.reservedFloor,
				this.sharedFloor);
	}

	/**
	 * The same settings with another interval of polls.
	 * @param pollInterval longest pause between questions that do not block
	 * @return the settings
	 */
	public WatchSettings withPollInterval(Duration pollInterval) {
		return new WatchSettings(this.waitTime, this.firstBackoff, this.maxBackoff, pollInterval, this.reservedFloor,
				this.sharedFloor);
	}

}
