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

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * What is known of a watch at a moment.
 *
 * @param name what is watched, such as {@code ca-roots} or {@code endpoints:inventory}
 * @param state whether its value is current
 * @param since when it came into this state
 * @param lastAnswer when Consul last answered, or {@code null} for never
 * @param problem why it is not current, without secrets, or {@code null}
 */
@Internal
public record WatchStatus(String name, State state, Instant since, @Nullable Instant lastAnswer,
		@Nullable String problem) {

	/**
	 * Whether a watch's value is current.
	 */
	public enum State {

		/**
		 * No answer yet.
		 */
		STARTING,

		/**
		 * The last question was answered.
		 */
		CURRENT,

		/**
		 * Consul does not answer; the last value, if any, stays.
		 */
		STALE

	}

}
