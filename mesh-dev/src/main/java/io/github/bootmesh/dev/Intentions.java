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

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * All intentions, in the order in which they are evaluated. Immutable.
 *
 * @param all the intentions
 * @param index the index of the last change
 */
record Intentions(List<Intention> all, long index) {

	@Nullable Intention byId(String id) {
		return this.all.stream().filter((intention) -> id.equals(intention.id())).findFirst().orElse(null);
	}

	Intentions create(Intention wanted, Instant now, long next) {
		if (wanted.id() != null && !wanted.id().isEmpty()) {
			throw RefusedException.failed("ID must be empty when creating a new intention");
		}
		return with(null, wanted.stored(UUID.randomUUID().toString(), now, next, now, next), next);
	}

	Intentions update(String id, Intention wanted, Instant now, long next) {
		Intention before = byId(id);
		if (before == null) {
			throw RefusedException.failed("Cannot modify non-existent intention: '" + id + "'");
		}
		Instant created = Objects.requireNonNullElse(before.createdAt(), now);
		return with(before, wanted.stored(id, created, before.createIndex(), now, next), next);
	}

	Intentions delete(String id, long next) {
		Intention before = byId(id);
		if (before == null) {
			throw RefusedException.failed("Cannot delete non-existent intention: '" + id + "'");
		}
		List<Intention> others = new ArrayList<>(this.all);
		others.remove(before);
		return new Intentions(List.copyOf(others), next);
	}

	private Intentions with(@Nullable Intention before, Intention after, long next) {
		List<Intention> others = new ArrayList<>(this.all);
		others.remove(before);
		others.stream().filter(after::samePair).findFirst().ifPresent((same) -> {
			throw RefusedException.failed("duplicate intention found: " + same.words());
		});
		others.add(after);
		others.sort(Intention.EVALUATION);
		return new Intentions(List.copyOf(others), next);
	}

	List<Intention> forSource(String namespace, String name) {
		return this.all.stream().filter((intention) -> intention.matchesSource(namespace, name)).toList();
	}

	List<Intention> forDestination(String namespace, String name) {
		return this.all.stream().filter((intention) -> intention.matchesDestination(namespace, name)).toList();
	}

	/**
	 * The intention that decides, the first that matches.
	 * @param sourceNs the source's namespace
	 * @param source the source
	 * @param destinationNs the destination's namespace
	 * @param destination the destination
	 * @return the intention, or {@code null} if the default decides, which is to allow
	 */
	@Nullable Intention deciding(String sourceNs, String source, String destinationNs, String destination) {
		return forDestination(destinationNs, destination).stream()
			.filter((intention) -> intention.matchesSource(sourceNs, source))
			.findFirst()
			.orElse(null);
	}

	Intentions at(long low) {
		return new Intentions(this.all.stream().map((intention) -> intention.at(low)).toList(), low);
	}

}
