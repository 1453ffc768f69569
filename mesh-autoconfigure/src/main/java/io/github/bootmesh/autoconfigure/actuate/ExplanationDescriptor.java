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

package io.github.bootmesh.autoconfigure.actuate;

import java.util.List;
import java.util.Locale;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Explanation;

/**
 * Why a request is decided as it is.
 *
 * @param source who would send it
 * @param decision {@code allowed}, {@code denied} or {@code ambiguous}
 * @param rule the rule that decided
 * @param steps the rules looked at, in order
 * @param text the same for people
 */
record ExplanationDescriptor(String source, String decision, String rule, List<StepDescriptor> steps,
		String text) implements OperationResponseBody {

	static ExplanationDescriptor of(SpiffeId source, Explanation explanation) {
		return new ExplanationDescriptor(source.toString(),
				explanation.decision().outcome().name().toLowerCase(Locale.ROOT), explanation.decision().rule(),
				explanation.steps()
					.stream()
					.map((step) -> StepDescriptor.of(step, explanation.decision().rule()))
					.toList(),
				explanation.toString());
	}

	/**
	 * A rule that was looked at.
	 *
	 * @param rule what it is called
	 * @param matched whether it matched
	 * @param decided whether it is the one that decided
	 * @param why why it matched or did not
	 */
	record StepDescriptor(String rule, boolean matched, boolean decided, String why) {

		static StepDescriptor of(Explanation.Step step, String rule) {
			return new StepDescriptor(step.rule(), step.matched(), step.rule().equals(rule), step.why());
		}

	}

}
