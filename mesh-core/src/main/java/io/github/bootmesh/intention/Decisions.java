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
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;

/**
 * Counts the decisions. Sources that an intention names are counted each by itself, all
 * others together: no caller can make a count of its own. Counting neither blocks nor
 * waits. Thread-safe.
 */
@Internal
public final class Decisions {

	/**
	 * What the sources are called that no intention names, and those whose text another
	 * one has.
	 */
	public static final String OTHER = "other";

	// Each has a meter for each layer and outcome.
	private static final int MOST_NAMED = 100;

	private final Authorizer authorizer;

	private final Counts others = new Counts(OTHER);

	private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

	private volatile Named named = new Named("", Map.of());

	/**
	 * Begins to count.
	 * @param authorizer whose set tells the names
	 */
	public Decisions(Authorizer authorizer) {
		this.authorizer = authorizer;
		authorizer.afterChange(this::setChanged);
		setChanged();
	}

	/**
	 * Counts a decision.
	 * @param layer what was decided on
	 * @param source who dialled or asked
	 * @param decision the decision
	 */
	public void count(Layer layer, SpiffeId source, Decision decision) {
		this.named.find(source, this.others).of(layer, decision.outcome()).increment();
	}

	/**
	 * All counts that there are now.
	 * @return the counts
	 */
	public List<Count> counts() {
		List<Count> counts = new ArrayList<>(this.others.counts());
		this.named.sources().values().forEach((source) -> counts.addAll(source.counts()));
		return counts;
	}

	/**
	 * Calls the listener after other sources are counted by themselves than before.
	 * @param listener the listener
	 */
	public void onChange(Runnable listener) {
		this.listeners.add(listener);
	}

	private synchronized void setChanged() {
		IntentionSet set = this.authorizer.status().set();
		Named before = this.named;
		Named now = (set != null) ? before.following(set) : before;
		if (!now.sources().keySet().equals(before.sources().keySet())
				|| !now.trustDomain().equals(before.trustDomain())) {
			this.named = now;
			this.listeners.forEach(Runnable::run);
		}
	}

	/**
	 * What is decided on.
	 */
	public enum Layer {

		/**
		 * A connection (L4).
		 */
		CONNECTION,

		/**
		 * A request (L7).
		 */
		REQUEST

	}

	/**
	 * A count since the source is named.
	 *
	 * @param source the source, with its partition and namespace where they are not the
	 * default ones
	 * @param layer what was decided on
	 * @param outcome what was decided
	 * @param value the count
	 */
	public record Count(String source, Layer layer, Decision.Outcome outcome, LongAdder value) {

	}

	/**
	 * The sources that the current set names.
	 *
	 * @param trustDomain the trust domain that they are of
	 * @param sources their counts
	 */
	private record Named(String trustDomain, Map<Source, Counts> sources) {

		Counts find(SpiffeId id, Counts others) {
			return id.trustDomain().equals(this.trustDomain)
					? this.sources.getOrDefault(new Source(id.partition(), id.namespace(), id.service()), others)
					: others;
		}

		Named following(IntentionSet set) {
			Map<Source, Counts> sources = new LinkedHashMap<>();
			// A service may be called as we call the others, and long names end alike.
			Set<String> taken = new HashSet<>(Set.of(OTHER));
			for (Intention intention : set.intentions()) {
				Source source = Source.of(intention);
				if (sources.size() < MOST_NAMED && source.isExact() && intention.sourcePeer().isEmpty()
						&& taken.add(source.text())) {
					Counts before = this.sources.get(source);
					sources.put(source, (before != null) ? before : new Counts(source.text()));
				}
			}
			return new Named(set.self().trustDomain(), Map.copyOf(sources));
		}

	}

	/**
	 * A source as an intention names it.
	 */
	private record Source(String partition, String namespace, String service) {

		static Source of(Intention intention) {
			return new Source(intention.sourcePartition(), intention.sourceNamespace(), intention.source());
		}

		boolean isExact() {
			return !this.namespace.equals(Intention.ANY) && !this.service.equals(Intention.ANY);
		}

		String text() {
			return Words.oneLine(Words.service(this.partition, this.namespace, this.service));
		}

	}

	/**
	 * The counts of one source.
	 */
	private static final class Counts {

		private static final Decision.Outcome[] OUTCOMES = Decision.Outcome.values();

		private final List<Count> counts;

		Counts(String source) {
			this.counts = Arrays.stream(Layer.values())
				.flatMap((layer) -> Arrays.stream(OUTCOMES)
					.map((outcome) -> new Count(source, layer, outcome, new LongAdder())))
				.toList();
		}

		LongAdder of(Layer layer, Decision.Outcome outcome) {
			return this.counts.get(layer.ordinal() * OUTCOMES.length + outcome.ordinal()).value();
		}

		List<Count> counts() {
			return this.counts;
		}

	}

}
