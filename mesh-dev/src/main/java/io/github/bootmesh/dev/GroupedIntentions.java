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
import java.util.Map;
import java.util.Objects;

/**
 * Writes intentions as Consul does since 1.9: those of a destination are kept together,
 * in one config entry. What is written one by one, with an ID, and what is not cannot be
 * in the same entry.
 */
final class GroupedIntentions implements IntentionWrites {

	@Override
	public Intentions create(Intentions all, String id, Intention wanted, Instant now, long next) {
		// Only for the refusals.
		wanted.stored(id, now, next, now, next);
		ServiceIntentions entry = entry(all, destination(wanted));
		return put(all, entry.plus(legacy(id, wanted, now, now)), true, next);
	}

	@Override
	public Intentions update(Intentions all, String id, Intention wanted, Instant now, long next) {
		Intention before = all.byId(id);
		if (before == null) {
			throw RefusedException.failed("Cannot modify non-existent intention: '" + id + "'");
		}
		if (!String.valueOf(before.destinationName()).equals(wanted.destinationName())) {
			throw RefusedException
				.failed("Cannot modify Destination partition/namespace/name for an intention once it exists.");
		}
		wanted.stored(id, now, next, now, next);
		ServiceIntentions entry = entry(all, destination(before));
		SourceIntention source = Objects.requireNonNull(entry.source((other) -> id.equals(other.legacyId())));
		Instant created = Objects.requireNonNullElse(before.createdAt(), now);
		return put(all, entry.replacing(source, legacy(id, wanted, created, now)), true, next);
	}

	private static SourceIntention legacy(String id, Intention wanted, Instant created, Instant updated) {
		return SourceIntention.of(wanted)
			.withId(id, Objects.requireNonNullElse(wanted.meta(), Map.of()), created, updated);
	}

	@Override
	public Intentions delete(Intentions all, String id, long next) {
		Intention before = all.byId(id);
		if (before == null) {
			throw RefusedException.failed("Cannot delete non-existent intention: '" + id + "'");
		}
		return delete(all, String.valueOf(before.sourceName()), destination(before), next);
	}

	@Override
	public Intentions upsert(Intentions all, Intention wanted, Instant now, long next) {
		ServiceIntentions entry = entry(all, destination(wanted));
		Map<String, String> meta = Objects.requireNonNullElse(wanted.meta(), Map.of());
		if (!meta.isEmpty() && !meta.equals(entry.meta())) {
			throw RefusedException.failed(entry.isEmpty() ? "Meta must not be specified"
					: "Meta must not be specified, or should be unchanged during an update.");
		}
		SourceIntention after = SourceIntention.of(wanted);
		SourceIntention before = entry.source((other) -> Objects.equals(other.name(), after.name()));
		return put(all, (before != null) ? entry.replacing(before, after) : entry.plus(after), false, next);
	}

	@Override
	public Intentions delete(Intentions all, String source, String destination, long next) {
		ServiceIntentions entry = entry(all, destination);
		SourceIntention before = entry.source((other) -> source.equals(other.name()));
		if (before == null) {
			return all;
		}
		ServiceIntentions after = entry.without(before);
		return after.isEmpty() ? remove(all, destination, next) : put(all, after, before.legacyId() != null, next);
	}

	/**
	 * Writes a whole entry in place of the one that is there.
	 * @param all all intentions
	 * @param wanted the entry
	 * @param next the index of the change
	 * @return all intentions
	 */
	Intentions put(Intentions all, ServiceIntentions wanted, long next) {
		ServiceIntentions before = entry(all, String.valueOf(wanted.name()));
		return put(all, new ServiceIntentions(ServiceIntentions.KIND, wanted.name(), wanted.sources(), wanted.meta(),
				before.createIndex(), 0), false, next);
	}

	private static Intentions put(Intentions all, ServiceIntentions entry, boolean legacy, long next) {
		ServiceIntentions stored = entry.stored(legacy, next);
		return replaced(all, String.valueOf(stored.name()), stored.intentions(), next);
	}

	/**
	 * Takes away a whole entry, if it is there.
	 * @param all all intentions
	 * @param destination its destination
	 * @param next the index of the change
	 * @return all intentions, the same if there was none
	 */
	Intentions remove(Intentions all, String destination, long next) {
		return (ServiceIntentions.find(all, destination) != null) ? replaced(all, destination, List.of(), next) : all;
	}

	private static Intentions replaced(Intentions all, String destination, List<Intention> after, long next) {
		List<Intention> written = new ArrayList<>(all.written());
		written.removeIf((intention) -> destination.equals(intention.destinationName()));
		written.addAll(after);
		return new Intentions(List.copyOf(written), next);
	}

	private static ServiceIntentions entry(Intentions all, String destination) {
		return Objects.requireNonNullElseGet(ServiceIntentions.find(all, destination),
				() -> ServiceIntentions.none(destination));
	}

	private static String destination(Intention intention) {
		return Objects.requireNonNullElse(intention.destinationName(), "");
	}

}
