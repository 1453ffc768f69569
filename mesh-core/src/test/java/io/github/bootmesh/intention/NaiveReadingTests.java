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

import java.util.List;

import org.junit.jupiter.api.Test;

import io.github.bootmesh.SpiffeId;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The compiled set against a naive reading of Consul's rules, on sets that are random but
 * the same in every run: a failure names the seed that makes it again.
 */
class NaiveReadingTests {

	private static final int SETS = 100_000;

	@Test
	void theCompiledSetDecidesAsANaiveReadingDoes() {
		int allowed = 0;
		int perRequest = 0;
		for (int seed = 0; seed < SETS; seed++) {
			RandomSets random = new RandomSets(seed);
			SpiffeId self = random.self();
			List<Intention> intentions = random.intentions();
			boolean defaultAllow = random.flip();
			IntentionSet set = IntentionSet.compile(self, intentions, new DefaultPolicy(defaultAllow, "test"));
			for (int i = 0; i < 3; i++) {
				SpiffeId source = random.source();
				RequestFacts request = random.request();
				boolean connects = Naive.connects(self, intentions, defaultAllow, source, false);
				boolean opaque = Naive.connects(self, intentions, defaultAllow, source, true);
				boolean allows = Naive.allows(self, intentions, defaultAllow, source, request);
				if (set.connection(source).allowed() != connects || set.opaqueConnection(source).allowed() != opaque
						|| set.request(source, request).allowed() != allows) {
					assertThat(set.explain(source, request).toString())
						.as("seed %d: %s => %s %s, %s, default allow %s", seed, source, self, request, intentions,
								defaultAllow)
						.isEqualTo("connects %s, opaque %s, allows %s", connects, opaque, allows);
				}
				allowed += allows ? 1 : 0;
				perRequest += (connects != opaque) ? 1 : 0;
			}
		}
		// Both answers, and permissions, must have been met often to mean anything.
		assertThat(allowed).isBetween(SETS / 2, SETS * 5 / 2);
		assertThat(perRequest).isGreaterThan(SETS / 10);
	}

	@Test
	void anExplanationComesToTheDecision() {
		for (int seed = 0; seed < SETS / 10; seed++) {
			RandomSets random = new RandomSets(seed);
			IntentionSet set = IntentionSet.compile(random.self(), random.intentions(),
					new DefaultPolicy(random.flip(), "test"));
			SpiffeId source = random.source();
			RequestFacts request = random.request();
			Explanation explanation = set.explain(source, request);
			assertThat(explanation.decision()).as("seed %d", seed).isEqualTo(set.request(source, request));
			assertThat(explanation.steps()).as("seed %d", seed).isNotEmpty();
			Explanation.Step last = explanation.steps().get(explanation.steps().size() - 1);
			assertThat(last.rule()).as("seed %d", seed).isEqualTo(explanation.decision().rule());
			assertThat(last.matched()).as("seed %d", seed).isTrue();
		}
	}

}
