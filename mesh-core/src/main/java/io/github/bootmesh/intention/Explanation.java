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
import java.util.stream.Collectors;

import io.github.bootmesh.Internal;

/**
 * Why a request or a connection is decided on as it is, for operators and the log. Of
 * headers it holds the names and no value, neither of the request nor of a rule.
 *
 * @param decision the decision
 * @param steps the rules looked at, in order; the last one decided
 */
@Internal
public record Explanation(Decision decision, List<Step> steps) {

	public Explanation {
		steps = List.copyOf(steps);
	}

	/**
	 * One line a rule, and the decision.
	 * @return the text
	 */
	@Override
	public String toString() {
		return this.steps.stream().map(Step::toString).collect(Collectors.joining("\n")) + "\n"
				+ this.decision.outcome() + ": " + this.decision.rule();
	}

	/**
	 * The text for the log of a decision that was made shortly before.
	 * @param made that decision
	 * @return the text, unless the intentions have changed so that it explains another
	 * decision
	 */
	public String textFor(Decision made) {
		return this.decision.equals(made) ? toString() : "the intentions have changed since";
	}

	/**
	 * A rule that was looked at.
	 *
	 * @param rule what it is called
	 * @param matched whether it matched
	 * @param why why it did or did not
	 */
	public record Step(String rule, boolean matched, String why) {

		@Override
		public String toString() {
			return (this.matched ? "match:    " : "no match: ") + this.rule + ": " + this.why;
		}

	}

}
