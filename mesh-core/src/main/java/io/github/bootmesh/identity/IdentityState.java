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

package io.github.bootmesh.identity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * Everything that is known of the identity, immutable: what does not depend on the time
 * of asking.
 *
 * @param generation the newest accepted generation, or {@code null}
 * @param rejection why the newest material was rejected, or {@code null} if it was not
 * @param since when the first material was asked for or the series of rejections began
 * @param rejections count of rejected material by reason
 */
record IdentityState(@Nullable IdentityGeneration generation, IdentityUpdate.@Nullable Rejected rejection,
		Instant since, Map<String, Long> rejections) {

	static IdentityState initial(Instant now) {
		return new IdentityState(null, null, now, Map.of());
	}

	IdentityState accepted(IdentityGeneration generation, Instant now) {
		return new IdentityState(generation, null, now, this.rejections);
	}

	IdentityState rejected(IdentityUpdate.Rejected rejection, Instant now) {
		Map<String, Long> counts = new TreeMap<>(this.rejections);
		counts.merge(rejection.reason().label(), 1L, Long::sum);
		return new IdentityState(this.generation, rejection, (this.rejection != null) ? this.since : now,
				Collections.unmodifiableMap(counts));
	}

	boolean usableAt(Instant now) {
		return this.generation != null && this.generation.validAt(now);
	}

	IdentityStatus statusAt(Instant now) {
		List<String> problems = new ArrayList<>();
		Instant begin = this.since;
		if (this.generation == null) {
			problems.add("no identity was delivered yet");
		}
		else if (now.isBefore(this.generation.notBefore())) {
			problems.add("this machine's clock says " + now + ", which is before the leaf's validity from "
					+ this.generation.notBefore());
		}
		else if (now.isAfter(this.generation.notAfter())) {
			problems.add("the leaf expired at " + this.generation.notAfter() + " and no new one came");
			begin = this.generation.notAfter();
		}
		else if (now.isAfter(this.generation.overdueAt())) {
			problems.add("no new leaf came though the current one expires at " + this.generation.notAfter());
			begin = this.generation.overdueAt();
		}
		if (this.rejection != null) {
			problems.add("rejected (" + this.rejection.reason().label() + "): " + this.rejection.detail());
			begin = (begin.isBefore(this.since)) ? begin : this.since;
		}
		return problems.isEmpty() ? new IdentityStatus(this.generation, true, null, null, this.rejections)
				: new IdentityStatus(this.generation, usableAt(now), String.join("; ", problems), begin,
						this.rejections);
	}

}
