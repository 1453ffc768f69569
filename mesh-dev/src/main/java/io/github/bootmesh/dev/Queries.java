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

import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * All prepared queries. Immutable.
 *
 * @param byId the queries by ID
 * @param index the index of the last change
 */
record Queries(Map<String, PreparedQuery> byId, long index) {

	Queries create(PreparedQuery wanted, long next) {
		if (wanted.id() != null && !wanted.id().isEmpty()) {
			throw RefusedException.failed("ID must be empty when creating a new prepared query");
		}
		return with(wanted.stored(UUID.randomUUID().toString(), next, next), next);
	}

	Queries update(String id, PreparedQuery wanted, long next) {
		PreparedQuery before = existing(id);
		return with(wanted.stored(id, before.createIndex(), next), next);
	}

	Queries delete(String id, long next) {
		existing(id);
		Map<String, PreparedQuery> others = new TreeMap<>(this.byId);
		others.remove(id);
		return new Queries(others, next);
	}

	private PreparedQuery existing(String id) {
		PreparedQuery query = this.byId.get(id);
		if (query == null) {
			throw RefusedException.failed("Cannot modify non-existent prepared query: '" + id + "'");
		}
		return query;
	}

	private Queries with(PreparedQuery query, long next) {
		String name = query.name();
		if (name != null && !name.isEmpty()
				&& this.byId.values()
					.stream()
					.anyMatch((other) -> name.equals(other.name()) && !String.valueOf(other.id()).equals(query.id()))) {
			throw RefusedException.failed("name '" + name + "' aliases an existing query name");
		}
		Map<String, PreparedQuery> all = new TreeMap<>(this.byId);
		all.put(String.valueOf(query.id()), query);
		return new Queries(all, next);
	}

	/**
	 * The query of an ID or a name.
	 * @param idOrName the ID or the name
	 * @return the query or {@code null}
	 */
	@Nullable PreparedQuery find(String idOrName) {
		PreparedQuery query = this.byId.get(idOrName);
		if (query != null) {
			return query;
		}
		return this.byId.values().stream().filter((other) -> idOrName.equals(other.name())).findFirst().orElse(null);
	}

	Queries at(long low) {
		Map<String, PreparedQuery> all = new TreeMap<>();
		this.byId.forEach((id, query) -> all.put(id, query.at(low)));
		return new Queries(all, low);
	}

}
