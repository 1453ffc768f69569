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

package io.github.bootmesh.discovery;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses among the endpoints of one destination: draws two at random, as often as their
 * weights say, and takes the one with fewer exchanges in flight for its weight; or takes
 * always the same. An endpoint that could not be connected is ejected for a while, longer
 * each time: but no more than half of them at once, and never the only one. Those that
 * are ejected are chosen all the same when no other is left.
 *
 * @see <a href=
 * "https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf">Mitzenmacher et
 * al., The Power of Two Random Choices</a>
 */
final class Balancer {

	private static final Logger logger = LoggerFactory.getLogger(Balancer.class);

	// 5 minutes for the default of 10 s, which is Envoy's max_ejection_time.
	private static final int LONGEST_EJECTION = 30;

	private final LongSupplier nanoTime;

	private final long ejectionNanos;

	private volatile Candidates candidates = new Candidates(new Candidate[0]);

	private volatile @Nullable Place first;

	/**
	 * Makes one that knows no endpoint yet.
	 * @param ejection how long an endpoint is ejected the first time
	 */
	Balancer(LongSupplier nanoTime, Duration ejection) {
		this.nanoTime = nanoTime;
		this.ejectionNanos = ejection.toNanos();
	}

	/**
	 * Swaps the endpoints. Those that stay keep their exchanges in flight, and they stay
	 * ejected, unless those are too many of the ones that are left: then the fault is not
	 * theirs.
	 */
	synchronized void update(List<Endpoint> endpoints) {
		long now = this.nanoTime.getAsLong();
		Map<Place, Load> loads = new HashMap<>();
		for (Candidate candidate : this.candidates.all) {
			loads.put(Place.of(candidate.endpoint), candidate.load);
		}
		this.candidates = new Candidates(endpoints.stream()
			.map((endpoint) -> new Candidate(endpoint,
					loads.computeIfAbsent(Place.of(endpoint), (place) -> new Load(now))))
			.toArray(Candidate[]::new));
		if (this.candidates.ejected(now) > this.candidates.maxEjected()) {
			for (Candidate candidate : this.candidates.all) {
				candidate.load.ejectedUntil = now;
			}
		}
	}

	/**
	 * Chooses an endpoint that was not tried yet.
	 * @param tried the endpoints not to be chosen
	 * @return the selection, or {@code null} if there is no other endpoint
	 */
	@Nullable Selection choose(Set<Endpoint> tried, ChoicePolicy policy) {
		Candidates current = this.candidates;
		long now = this.nanoTime.getAsLong();
		Candidate chosen = (policy == ChoicePolicy.FIRST) ? first(current, tried, now) : current.drawTwo(tried, now);
		if (chosen == null) {
			chosen = current.leastLoaded(tried, now);
		}
		return (chosen != null) ? new Exchange(chosen) : null;
	}

	private @Nullable Candidate first(Candidates current, Set<Endpoint> tried, long now) {
		Candidate chosen = current.first(this.first, tried, now);
		// What is chosen in place of one that failed is so for this exchange: others may
		// still reach that one.
		if (chosen != null && tried.isEmpty()) {
			this.first = Place.of(chosen.endpoint);
		}
		return chosen;
	}

	private synchronized void eject(Candidate candidate) {
		Candidates current = this.candidates;
		Load load = candidate.load;
		long now = this.nanoTime.getAsLong();
		if (candidate.isEjected(now) || current.ejected(now) >= current.maxEjected()) {
			return;
		}
		boolean again = now - load.ejectedUntil < load.ejectedNanos;
		load.ejectedNanos = again ? Math.min(2 * load.ejectedNanos, LONGEST_EJECTION * this.ejectionNanos)
				: this.ejectionNanos;
		load.ejectedUntil = now + load.ejectedNanos;
		logger.warn("'{}' of '{}' at {} cannot be connected and is avoided for {} s", candidate.endpoint.instance(),
				candidate.endpoint.service(), candidate.endpoint.address(),
				TimeUnit.NANOSECONDS.toSeconds(load.ejectedNanos));
	}

	int inFlight() {
		return Arrays.stream(this.candidates.all).mapToInt((candidate) -> candidate.load.inFlight.get()).sum();
	}

	/**
	 * What stays of an endpoint when its weight changes. The ID alone is unique only on
	 * its agent.
	 */
	private record Place(String instance, InetSocketAddress address) {

		static Place of(Endpoint endpoint) {
			return new Place(endpoint.instance(), endpoint.address());
		}

	}

	private static final class Load {

		private final AtomicInteger inFlight = new AtomicInteger();

		private volatile long ejectedUntil;

		// For how long it was the last time, 0 for never.
		private long ejectedNanos;

		Load(long now) {
			this.ejectedUntil = now;
		}

	}

	private record Candidate(Endpoint endpoint, Load load) {

		boolean isEjected(long now) {
			return now - this.load.ejectedUntil < 0;
		}

		// In an order that is the same everywhere.
		boolean isBefore(Candidate other) {
			int order = this.endpoint.instance().compareTo(other.endpoint.instance());
			return (order != 0) ? order < 0
					: this.endpoint.address().toString().compareTo(other.endpoint.address().toString()) < 0;
		}

		// Counts the one that is to come: else an endpoint of little weight would get
		// every exchange that comes while it has none and the other has one.
		boolean isLessLoadedThan(Candidate other) {
			return (this.load.inFlight.get() + 1L) * other.endpoint.weight() <= (long) other.load.inFlight.get()
					* this.endpoint.weight();
		}

	}

	private static final class Candidates {

		private final Candidate[] all;

		// Where each candidate's share of the sum of weights ends.
		private final int[] ends;

		Candidates(Candidate[] all) {
			this.all = all;
			this.ends = new int[all.length];
			int end = 0;
			for (int i = 0; i < all.length; i++) {
				end += all[i].endpoint.weight();
				this.ends[i] = end;
			}
		}

		int ejected(long now) {
			return (int) Arrays.stream(this.all).filter((candidate) -> candidate.isEjected(now)).count();
		}

		// Half of them, rounded up, but never the last.
		int maxEjected() {
			return Math.min((this.all.length + 1) / 2, this.all.length - 1);
		}

		@Nullable Candidate first(@Nullable Place preferred, Set<Endpoint> tried, long now) {
			Candidate best = null;
			for (int i = 0; i < this.all.length; i++) {
				Candidate candidate = usable(i, tried, now);
				if (candidate != null && Place.of(candidate.endpoint).equals(preferred)) {
					return candidate;
				}
				if (candidate != null && (best == null || candidate.isBefore(best))) {
					best = candidate;
				}
			}
			return best;
		}

		@Nullable Candidate drawTwo(Set<Endpoint> tried, long now) {
			if (this.all.length < 2) {
				return null;
			}
			ThreadLocalRandom random = ThreadLocalRandom.current();
			int total = this.ends[this.ends.length - 1];
			int first = at(random.nextInt(total));
			int weight = this.all[first].endpoint.weight();
			// The first one's share is cut out, so that the second is another.
			int ticket = random.nextInt(total - weight);
			int second = at((ticket < this.ends[first] - weight) ? ticket : ticket + weight);
			Candidate one = usable(first, tried, now);
			Candidate two = usable(second, tried, now);
			if (one == null || two == null) {
				return (one != null) ? one : two;
			}
			return two.isLessLoadedThan(one) ? two : one;
		}

		@Nullable Candidate leastLoaded(Set<Endpoint> tried, long now) {
			Candidate best = null;
			for (Candidate candidate : this.all) {
				if (!tried.contains(candidate.endpoint)
						&& (best == null || isBetter(candidate, candidate.isEjected(now), best, best.isEjected(now)))) {
					best = candidate;
				}
			}
			return best;
		}

		private static boolean isBetter(Candidate one, boolean oneEjected, Candidate two, boolean twoEjected) {
			return (oneEjected != twoEjected) ? twoEjected : one.isLessLoadedThan(two);
		}

		private @Nullable Candidate usable(int index, Set<Endpoint> tried, long now) {
			Candidate candidate = this.all[index];
			return (candidate.isEjected(now) || tried.contains(candidate.endpoint)) ? null : candidate;
		}

		private int at(int ticket) {
			int index = Arrays.binarySearch(this.ends, ticket);
			return (index < 0) ? -(index + 1) : index + 1;
		}

	}

	private final class Exchange implements Selection {

		private final Candidate candidate;

		private final AtomicBoolean done = new AtomicBoolean();

		Exchange(Candidate candidate) {
			this.candidate = candidate;
			candidate.load.inFlight.incrementAndGet();
		}

		@Override
		public Endpoint endpoint() {
			return this.candidate.endpoint;
		}

		@Override
		public void done() {
			if (this.done.compareAndSet(false, true)) {
				this.candidate.load.inFlight.decrementAndGet();
			}
		}

		@Override
		public void connectFailed() {
			eject(this.candidate);
			done();
		}

	}

}
