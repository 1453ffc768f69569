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

package io.github.bootmesh.autoconfigure;

import java.time.Duration;
import java.util.Locale;

import io.github.bootmesh.Internal;

/**
 * Durations in messages, as they are written in configuration.
 */
@Internal
public final class DurationText {

	private DurationText() {
	}

	/**
	 * The duration in its own units, such as {@code 1m30s}.
	 * @param duration the duration
	 * @return the text
	 */
	public static String of(Duration duration) {
		return duration.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
	}

}
