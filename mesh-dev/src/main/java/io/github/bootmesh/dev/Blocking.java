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

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

/**
 * How long a request may be held back, and until what.
 *
 * @param index the index to get past, 0 to answer at once
 * @param hash the content hash to differ from, or {@code null}
 * @param longest how long at most
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul
 * blocking queries</a>
 */
record Blocking(long index, @Nullable String hash, Duration longest) {

	private static final Duration DEFAULT_WAIT = Duration.ofMinutes(5);

	private static final Duration MAXIMUM_WAIT = Duration.ofMinutes(10);

	static Blocking of(Request request) {
		return new Blocking(index(request.parameter("index")), request.parameter("hash"),
				limited(request.parameter("wait")));
	}

	/**
	 * The same with up to a sixteenth more, as Consul's servers spread the answers.
	 * @return the wait of a query that a server answers
	 */
	Blocking spread() {
		long most = this.longest.toMillis() / 16;
		long more = (most > 0) ? ThreadLocalRandom.current().nextLong(most) : 0;
		return new Blocking(this.index, this.hash, this.longest.plusMillis(more));
	}

	private static long index(@Nullable String text) {
		if (text == null) {
			return 0;
		}
		try {
			return Long.parseUnsignedLong(text);
		}
		catch (NumberFormatException ex) {
			throw RefusedException.badRequest("Invalid index");
		}
	}

	private static Duration limited(@Nullable String text) {
		if (text == null) {
			return DEFAULT_WAIT;
		}
		try {
			Duration wait = GoDuration.parse(text);
			if (wait.isNegative() || wait.isZero()) {
				return DEFAULT_WAIT;
			}
			return (wait.compareTo(MAXIMUM_WAIT) > 0) ? MAXIMUM_WAIT : wait;
		}
		catch (IllegalArgumentException ex) {
			throw RefusedException.badRequest("Invalid wait time");
		}
	}

}
