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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * How an {@link Authorizer} decides while the source is away.
 *
 * @param maxStaleness how long ago the source may have confirmed a set before everything
 * is denied, at least 10 s, or {@code null} for any time
 */
@Internal
public record AuthorizerSettings(@Nullable Duration maxStaleness) {

	/**
	 * A set is good until the next one: the mesh goes on while Consul is away.
	 */
	public static final AuthorizerSettings DEFAULTS = new AuthorizerSettings(null);

	// The source confirms at half of it; what is left is for one answer that fails.
	private static final Duration SHORTEST = Duration.ofSeconds(10);

	public AuthorizerSettings {
		if (maxStaleness != null && maxStaleness.compareTo(SHORTEST) < 0) {
			throw new IllegalArgumentException("Intentions are confirmed every few seconds at best: a max-staleness of "
					+ maxStaleness + " would deny everything in between. Set " + SHORTEST + " or more, or none");
		}
	}

}
