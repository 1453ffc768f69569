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

import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Rotates the root: everybody learns it at once, each leaf follows within a while.
 */
final class Rotation {

	private final Duration longestDelay;

	Rotation(Duration longestDelay) {
		this.longestDelay = longestDelay;
	}

	State rotate(State state, KeyPair keys, boolean crossSigned, long index) {
		Authority next = state.authority().rotate(keys, crossSigned, index);
		Map<String, Leaf> leaves = new HashMap<>();
		state.leaves().forEach((service, leaf) -> leaves.put(service, leaf.renewAt(soon())));
		return state.with(next).withLeaves(leaves);
	}

	private Instant soon() {
		long most = this.longestDelay.toMillis();
		return Instant.now().plusMillis((most > 0) ? ThreadLocalRandom.current().nextLong(most) : 0);
	}

}
