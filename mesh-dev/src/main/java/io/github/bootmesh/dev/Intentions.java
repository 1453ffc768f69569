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

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * All intentions. Immutable.
 *
 * @param written the intentions, those of a destination in the order in which they were
 * written
 * @param index the index of the last change
 */
record Intentions(List<Intention> written, long index) {

	/**
	 * All, in the order in which they are evaluated.
	 * @return the intentions
	 */
	List<Intention> all() {
		return this.written.stream().sorted(Intention.EVALUATION).toList();
	}

	@Nullable Intention byId(String id) {
		return this.written.stream().filter((intention) -> id.equals(intention.id())).findFirst().orElse(null);
	}

	/**
	 * The intention that is written for a source and a destination.
	 * @param source the source or {@code *}
	 * @param destination the destination or {@code *}
	 * @return the intention or {@code null} if there is none for just these
	 */
	@Nullable Intention exact(String source, String destination) {
		return this.written.stream()
			.filter((intention) -> source.equals(intention.sourceName())
					&& destination.equals(intention.destinationName()))
			.findFirst()
			.orElse(null);
	}

	List<Intention> forSource(String namespace, String name) {
		return all().stream().filter((intention) -> intention.matchesSource(namespace, name)).toList();
	}

	List<Intention> forDestination(String namespace, String name) {
		return all().stream().filter((intention) -> intention.matchesDestination(namespace, name)).toList();
	}

	/**
	 * The intention that decides, the first that matches.
	 * @param sourceNs the source's namespace
	 * @param source the source
	 * @param destinationNs the destination's namespace
	 * @param destination the destination
	 * @return the intention, or {@code null} if the default decides
	 */
	@Nullable Intention deciding(String sourceNs, String source, String destinationNs, String destination) {
		return forDestination(destinationNs, destination).stream()
			.filter((intention) -> intention.matchesSource(sourceNs, source))
			.findFirst()
			.orElse(null);
	}

	Intentions at(long low) {
		return new Intentions(this.written.stream().map((intention) -> intention.at(low)).toList(), low);
	}

}
