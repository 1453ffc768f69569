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
 * Writes intentions as Consul did before 1.9: each is kept for itself.
 */
final class SingleIntentions implements IntentionWrites {

	@Override
	public Intentions create(Intentions all, String id, Intention wanted, Instant now, long next) {
		return with(all, null, wanted.stored(id, now, next, now, next), next);
	}

	@Override
	public Intentions update(Intentions all, String id, Intention wanted, Instant now, long next) {
		Intention before = all.byId(id);
		if (before == null) {
			throw RefusedException.failed("Cannot modify non-existent intention: '" + id + "'");
		}
		Instant created = Objects.requireNonNullElse(before.createdAt(), now);
		return with(all, before, wanted.stored(id, created, before.createIndex(), now, next), next);
	}

	@Override
	public Intentions delete(Intentions all, String id, long next) {
		Intention before = all.byId(id);
		if (before == null) {
			throw RefusedException.failed("Cannot delete non-existent intention: '" + id + "'");
		}
		return without(all, before, next);
	}

	@Override
	public Intentions upsert(Intentions all, Intention wanted, Instant now, long next) {
		Intention before = all.exact(String.valueOf(wanted.sourceName()), String.valueOf(wanted.destinationName()));
		return (before != null) ? update(all, String.valueOf(before.id()), wanted, now, next)
				: create(all, UUID.randomUUID().toString(), wanted, now, next);
	}

	@Override
	public Intentions delete(Intentions all, String source, String destination, long next) {
		Intention before = all.exact(source, destination);
		return (before != null) ? without(all, before, next) : all;
	}

	private static Intentions without(Intentions all, Intention intention, long next) {
		List<Intention> others = new ArrayList<>(all.written());
		others.remove(intention);
		return new Intentions(List.copyOf(others), next);
	}

	private static Intentions with(Intentions all, @Nullable Intention before, Intention after, long next) {
		List<Intention> others = new ArrayList<>(all.written());
		others.remove(before);
		others.stream().filter(after::samePair).findFirst().ifPresent((same) -> {
			throw RefusedException.failed("duplicate intention found: " + same.words(ConsulVersion.V1_8));
		});
		others.add(after);
		return new Intentions(List.copyOf(others), next);
	}

}
