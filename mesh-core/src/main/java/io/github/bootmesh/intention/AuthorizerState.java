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
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * All that an {@link Authorizer} knows, swapped in one step.
 *
 * @param set the current set
 * @param origin what it was compiled from
 * @param since since when it is the current one
 * @param confirmed when the source last said that it still is
 * @param rejection what is wrong with the newest answer, if anything is
 * @param problemSince since when there was no set, or something was wrong with it
 * @param rejections how many answers were of no use
 */
record AuthorizerState(@Nullable IntentionSet set, IntentionUpdate.@Nullable Intentions origin, Instant since,
		Instant confirmed, @Nullable String rejection, Instant problemSince, long rejections) {

	static AuthorizerState initial(Instant now) {
		return new AuthorizerState(null, null, now, now, null, now, 0);
	}

	AuthorizerState accepted(IntentionSet set, IntentionUpdate.Intentions origin, Instant now) {
		return new AuthorizerState(set, origin, now, now, null, now, this.rejections);
	}

	AuthorizerState confirmed(Instant now) {
		return new AuthorizerState(this.set, this.origin, this.since, now, null, this.problemSince, this.rejections);
	}

	AuthorizerState rejected(String why, Instant now) {
		boolean first = this.set != null && this.rejection == null;
		return new AuthorizerState(this.set, this.origin, this.since, this.confirmed, why,
				first ? now : this.problemSince, this.rejections + 1);
	}

	/**
	 * Whether there is a set that is not too old. Asked for each decision.
	 */
	boolean usableAt(Clock clock, @Nullable Duration maxStaleness) {
		return this.set != null
				&& (maxStaleness == null || clock.millis() - this.confirmed.toEpochMilli() <= maxStaleness.toMillis());
	}

	/**
	 * From when on the set is too old.
	 */
	Instant expiry(Duration maxStaleness) {
		return this.confirmed.plus(maxStaleness);
	}

	AuthorizerStatus status(@Nullable Duration maxStaleness, Instant now) {
		List<String> problems = new ArrayList<>();
		Instant begin = this.problemSince;
		boolean stale = false;
		if (this.set == null) {
			problems.add("no intentions were delivered yet");
		}
		else if (maxStaleness != null && now.isAfter(expiry(maxStaleness))) {
			stale = true;
			problems.add("the intentions were last confirmed at " + this.confirmed + ", longer ago than the "
					+ maxStaleness + " that are allowed");
			begin = expiry(maxStaleness);
		}
		if (this.rejection != null) {
			problems.add("the newest answer was rejected: " + this.rejection);
			begin = begin.isBefore(this.problemSince) ? begin : this.problemSince;
		}
		String problem = problems.isEmpty() ? null : String.join("; ", problems);
		boolean known = this.set != null;
		Duration age = Duration.between(this.confirmed, now);
		return new AuthorizerStatus(this.set, known ? this.since : null,
				known ? (age.isNegative() ? Duration.ZERO : age) : null, known && !stale, problem,
				(problem != null) ? begin : null, this.rejections);
	}

}
