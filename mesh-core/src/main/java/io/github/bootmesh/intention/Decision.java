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

import io.github.bootmesh.Internal;

/**
 * Whether a connection or a request is allowed, and by what.
 *
 * @param outcome what was decided
 * @param rule the rule that decided, for the log and for operators; never for the peer
 */
@Internal
public record Decision(Outcome outcome, String rule) {

	/**
	 * Whether to go on.
	 * @return whether it is allowed
	 */
	public boolean allowed() {
		return this.outcome == Outcome.ALLOWED;
	}

	/**
	 * What was decided.
	 */
	public enum Outcome {

		/**
		 * It may go on.
		 */
		ALLOWED,

		/**
		 * It is refused: 403.
		 */
		DENIED,

		/**
		 * It can be read in two ways while rules look at paths: 400.
		 */
		AMBIGUOUS

	}

}
