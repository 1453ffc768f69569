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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.testing.Conformance;
import io.github.bootmesh.testing.Conformance.Call;
import io.github.bootmesh.testing.Conformance.Case;

import static org.assertj.core.api.Assertions.assertThat;

class ConformanceTests {

	private static final SpiffeId API = service("api");

	private static SpiffeId service(String name) {
		return new SpiffeId("11111111-2222-3333-4444-555555555555.consul", "default", "default", "dc1", name);
	}

	static List<Case> cases() {
		return Conformance.cases();
	}

	@Test
	void allDecisionsAreThere() {
		assertThat(cases().stream().mapToInt((one) -> one.calls().size()).sum()).isEqualTo(1558);
	}

	@ParameterizedTest
	@MethodSource("cases")
	void everyDecisionIsTheOneThatIsDue(Case one) {
		for (Call call : one.calls()) {
			if (!call.ambiguous()) {
				assertThat(status(one, call, call.path())).as("%s", call).isEqualTo(call.status());
			}
		}
	}

	@ParameterizedTest
	@MethodSource("cases")
	void anAmbiguousPathIsRefusedOrDecidedAsTheNormalizedOne(Case one) {
		for (Call call : one.calls()) {
			if (call.ambiguous()) {
				boolean allowed = Naive.allows(API, one.intentions(), one.defaultAllow(), service(call.source()),
						call.facts(call.normalizedPath()));
				assertThat(status(one, call, call.path())).as("%s", call).isIn(400, allowed ? 200 : 403);
			}
		}
	}

	@ParameterizedTest
	@MethodSource("cases")
	void everyDecisionIsExplained(Case one) {
		IntentionSet set = set(one);
		for (Call call : one.calls()) {
			RequestFacts request = call.facts(call.path());
			Explanation explanation = set.explain(service(call.source()), request);
			assertThat(explanation.decision()).isEqualTo(set.request(service(call.source()), request));
			assertThat(explanation.steps()).last()
				.satisfies((step) -> assertThat(step.rule()).isEqualTo(explanation.decision().rule()));
		}
	}

	private static IntentionSet set(Case one) {
		return IntentionSet.compile(API, one.intentions(), new DefaultPolicy(one.defaultAllow(), "the case"));
	}

	private static int status(Case one, Call call, String path) {
		Decision decision = set(one).request(service(call.source()), call.facts(path));
		return switch (decision.outcome()) {
			case ALLOWED -> 200;
			case DENIED -> 403;
			case AMBIGUOUS -> 400;
		};
	}

}
