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

package io.github.bootmesh.dev;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Go writes them: {@code 90s}, {@code 1h30m}, {@code 1.5s}.
 */
final class GoDuration {

	private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

	private static final Map<String, Long> NANOS = Map.of("ns", 1L, "us", 1_000L, "µs", 1_000L, "ms", 1_000_000L, "s",
			1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L);

	private GoDuration() {
	}

	/**
	 * Parses a duration.
	 * @param text the text, such as {@code 1h30m}
	 * @return the duration
	 * @throws IllegalArgumentException with Go's message if it is none
	 */
	static Duration parse(String text) {
		boolean negative = text.startsWith("-");
		String unsigned = (negative || text.startsWith("+")) ? text.substring(1) : text;
		if (unsigned.equals("0")) {
			return Duration.ZERO;
		}
		Matcher part = PART.matcher(unsigned);
		BigDecimal nanos = BigDecimal.ZERO;
		int end = 0;
		while (end < unsigned.length() && part.find(end) && part.start() == end) {
			long unit = NANOS.getOrDefault(part.group(2), 0L);
			nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
			end = part.end();
		}
		if (unsigned.isEmpty() || end < unsigned.length()) {
			throw new IllegalArgumentException("time: invalid duration \"" + text + "\"");
		}
		Duration duration = Duration.ofNanos(nanos.longValue());
		return negative ? duration.negated() : duration;
	}

}
