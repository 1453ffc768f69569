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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.SpiffeId;

/**
 * Finds the intention that decides about a source: by service, then by namespace, each
 * either the source's or any. What is left to look through is one intention a partition,
 * peer and destination.
 */
final class SourceIndex {

	private final Map<String, Map<String, List<CompiledIntention>>> intentions = new HashMap<>();

	SourceIndex(List<CompiledIntention> ordered) {
		for (CompiledIntention compiled : ordered) {
			Intention intention = compiled.intention();
			this.intentions.computeIfAbsent(intention.source(), (name) -> new HashMap<>())
				.computeIfAbsent(intention.sourceNamespace(), (namespace) -> new ArrayList<>())
				.add(compiled);
		}
	}

	/**
	 * Finds the first intention that matches a source.
	 * @param source a source of our trust domain
	 * @return the intention, or {@code null} if none matches
	 */
	@Nullable CompiledIntention find(SpiffeId source) {
		CompiledIntention found = find(this.intentions.get(source.service()), source, null);
		return find(this.intentions.get(Intention.ANY), source, found);
	}

	private static @Nullable CompiledIntention find(@Nullable Map<String, List<CompiledIntention>> byNamespace,
			SpiffeId source, @Nullable CompiledIntention before) {
		if (byNamespace == null) {
			return before;
		}
		CompiledIntention found = first(byNamespace.get(source.namespace()), source, before);
		return first(byNamespace.get(Intention.ANY), source, found);
	}

	private static @Nullable CompiledIntention first(@Nullable List<CompiledIntention> candidates, SpiffeId source,
			@Nullable CompiledIntention before) {
		for (int i = 0; candidates != null && i < candidates.size(); i++) {
			CompiledIntention candidate = candidates.get(i);
			if (candidate.mismatch(source) == null) {
				return candidate.precedes(before) ? candidate : before;
			}
		}
		return before;
	}

}
