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

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that the Consul knows, at one moment. Immutable.
 *
 * @param authority the CA
 * @param leaves the agent's leaf certificates by service
 * @param catalog services and checks
 * @param intentions the intentions
 * @param queries the prepared queries
 */
record State(Authority authority, Map<String, Leaf> leaves, Catalog catalog, Intentions intentions, Queries queries) {

	long index() {
		long index = Math.max(Math.max(this.authority.modifyIndex(), this.catalog.index()),
				Math.max(this.intentions.index(), this.queries.index()));
		return this.leaves.values().stream().mapToLong(Leaf::modifyIndex).reduce(index, Math::max);
	}

	State with(Authority next) {
		return new State(next, this.leaves, this.catalog, this.intentions, this.queries);
	}

	State with(Catalog next) {
		return new State(this.authority, this.leaves, next, this.intentions, this.queries);
	}

	State with(Intentions next) {
		return new State(this.authority, this.leaves, this.catalog, next, this.queries);
	}

	State with(Queries next) {
		return new State(this.authority, this.leaves, this.catalog, this.intentions, next);
	}

	State with(Leaf leaf) {
		Map<String, Leaf> next = new HashMap<>(this.leaves);
		next.put(leaf.service(), leaf);
		return withLeaves(next);
	}

	State withLeaves(Map<String, Leaf> next) {
		return new State(this.authority, Map.copyOf(next), this.catalog, this.intentions, this.queries);
	}

	/**
	 * The same content at a low index, as after a restored snapshot.
	 * @param index the index
	 * @return the state
	 */
	State at(long index) {
		Map<String, Leaf> lower = new TreeMap<>();
		this.leaves.forEach((service, leaf) -> lower.put(service, leaf.at(index)));
		return new State(this.authority.at(index), lower, this.catalog.at(index), this.intentions.at(index),
				this.queries.at(index));
	}

}
