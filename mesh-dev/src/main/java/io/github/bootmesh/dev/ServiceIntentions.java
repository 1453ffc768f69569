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

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A {@code service-intentions} config entry: all intentions of one destination, written
 * together. Since Consul 1.9 intentions are kept so, and share the indices of the entry.
 *
 * @param kind always {@code service-intentions}
 * @param name the destination or {@code *}
 * @param sources what holds for which source
 * @param meta the metadata
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change
 * @see <a href=
 * "https://developer.hashicorp.com/consul/docs/connect/config-entries/service-intentions">Service
 * intentions</a>
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
record ServiceIntentions(@Nullable String kind, @Nullable String name, @Nullable List<SourceIntention> sources,
		@Nullable Map<String, String> meta, long createIndex, long modifyIndex) {

	static final String KIND = "service-intentions";

	private static final String ANY = "*";

	/**
	 * The entry of a destination.
	 * @param all all intentions
	 * @param destination the destination
	 * @return the entry or {@code null} if nothing is written for it
	 */
	static @Nullable ServiceIntentions find(Intentions all, String destination) {
		List<Intention> found = all.written()
			.stream()
			.filter((intention) -> destination.equals(intention.destinationName()))
			.toList();
		if (found.isEmpty()) {
			return null;
		}
		Intention first = found.get(0);
		return new ServiceIntentions(KIND, destination, found.stream().map(SourceIntention::of).toList(),
				(first.id() == null) ? first.meta() : null, first.createIndex(), first.modifyIndex());
	}

	static ServiceIntentions none(String destination) {
		return new ServiceIntentions(KIND, destination, List.of(), null, 0, 0);
	}

	static void requireExactOrAny(String name, String where) {
		if (name.contains(ANY) && !name.equals(ANY)) {
			throw RefusedException.failed(where + "Name: wildcard character '*' cannot be used with partial values");
		}
	}

	private List<SourceIntention> given() {
		return Objects.requireNonNullElse(this.sources, List.of());
	}

	@Nullable SourceIntention source(Predicate<SourceIntention> which) {
		return given().stream().filter(which).findFirst().orElse(null);
	}

	ServiceIntentions plus(SourceIntention source) {
		List<SourceIntention> more = new ArrayList<>(given());
		more.add(source);
		return withSources(more);
	}

	ServiceIntentions replacing(SourceIntention before, SourceIntention after) {
		return withSources(given().stream().map((source) -> (source == before) ? after : source).toList());
	}

	ServiceIntentions without(SourceIntention source) {
		return withSources(given().stream().filter((other) -> other != source).toList());
	}

	private ServiceIntentions withSources(List<SourceIntention> next) {
		return new ServiceIntentions(KIND, this.name, next, this.meta, this.createIndex, this.modifyIndex);
	}

	boolean isEmpty() {
		return given().isEmpty();
	}

	/**
	 * The entry as Consul keeps it, or the refusal that it gives.
	 * @param legacy whether its intentions are written one by one
	 * @param next the index of the change
	 * @return the entry
	 */
	ServiceIntentions stored(boolean legacy, long next) {
		String destination = String.valueOf(this.name);
		List<SourceIntention> ordered = given().stream()
			.map((source) -> source.normalized(destination, legacy))
			.sorted(Comparator.comparingInt(SourceIntention::precedence).reversed())
			.toList();
		if (this.name == null || this.name.isEmpty()) {
			throw RefusedException.failed("Name is required");
		}
		requireExactOrAny(this.name, "");
		Map<String, String> pairs = (this.meta == null || this.meta.isEmpty()) ? null : this.meta;
		if (legacy && pairs != null) {
			throw RefusedException.failed("Meta must be omitted for legacy intention writes");
		}
		if (ordered.isEmpty()) {
			throw RefusedException.failed("At least one source is required");
		}
		Set<String> seen = new HashSet<>();
		for (int i = 0; i < ordered.size(); i++) {
			SourceIntention source = ordered.get(i);
			source.validate("Sources[" + i + "]", this.name.equals(ANY), legacy);
			if (!seen.add(String.valueOf(source.name()))) {
				throw RefusedException.failed("Sources[" + i + "] defines \"" + source.name() + "\" more than once");
			}
		}
		return new ServiceIntentions(KIND, this.name, ordered, pairs, (this.createIndex != 0) ? this.createIndex : next,
				next);
	}

	/**
	 * Its intentions.
	 * @return one for each source
	 */
	List<Intention> intentions() {
		return given().stream().map(this::intention).toList();
	}

	private Intention intention(SourceIntention source) {
		String id = source.legacyId();
		Map<String, String> pairs = (id != null) ? source.legacyMeta() : this.meta;
		return new Intention(id, source.description(), "default", source.name(), "default", this.name, source.type(),
				source.action(), source.permissions(), null, null, (pairs == null || pairs.isEmpty()) ? null : pairs,
				source.precedence(), source.legacyCreateTime(), source.legacyUpdateTime(),
				(id != null) ? Intention.hash(id + this.name + source) : null, this.createIndex, this.modifyIndex);
	}

}
