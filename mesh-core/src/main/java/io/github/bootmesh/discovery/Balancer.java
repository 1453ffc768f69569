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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses among the endpoints of one destination: draws two at random, as often as their
 * weights say, and takes the one with fewer exchanges in flight for its weight. An
 * endpoint that could not be connected is passed over for a while, unless all were.
 *
 * @see <a href=
 * "https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf">Mitzenmacher et
 * al., The Power of Two Random Choices</a>
 */
final class Balancer {

	private static final Logger logger = LoggerFactory.getLogger(Balancer.class);

	private final LongSupplier nanoTime;

	private final Duration avoidance;

	private volatile Candidates candidates = new Candidates(new Candidate[0]);

	Balancer(LongSupplier nanoTime, Duration avoidance) {
		this.nanoTime = nanoTime;
		this.avoidance = avoidance;
	}

	/**
	 * Swaps the endpoints. Those that stay keep their exchanges in flight and their
	 * avoidance. Not to be called by two threads at once.
	 */
	void update(List<Endpoint> endpoints) {
		long now = this.nanoTime.getAsLong();
		Map<Place, Load> loads = new HashMap<>();
		for (Candidate candidate : this.candidates.all) {
			loads.put(Place.of(candidate.endpoint), candidate.load);
		}
		this.candidates = new Candidates(endpoints.stream()
			.map((endpoint) -> new Candidate(endpoint,
					loads.computeIfAbsent(Place.of(endpoint), (place) -> new Load(now))))
			.toArray(Candidate[]::new));
	}

	/**
	 * Chooses an endpoint that was not tried yet.
	 * @param tried the endpoints not to be chosen
	 * @return the selection, or {@code null} if there is no other endpoint
	 */
	@Nullable Selection choose(Set<Endpoint> tried) {
		Candidates current = this.candidates;
		long now = this.nanoTime.getAsLong();
		Candidate chosen = current.drawTwo(tried, now);
		if (chosen == null) {
			chosen = current.leastLoaded(tried, now);
		}
		return (chosen != null) ? new Exchange(chosen) : null;
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

		private volatile long avoidedUntil;

		Load(long now) {
			this.avoidedUntil = now;
		}

	}

	private record Candidate(Endpoint endpoint, Load load) {

		boolean isAvoided(long now) {
			return now - this.load.avoidedUntil < 0;
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
						&& (best == null || isBetter(candidate, candidate.isAvoided(now), best, best.isAvoided(now)))) {
					best = candidate;
				}
			}
			return best;
		}

		private static boolean isBetter(Candidate one, boolean oneAvoided, Candidate two, boolean twoAvoided) {
			return (oneAvoided != twoAvoided) ? twoAvoided : one.isLessLoadedThan(two);
		}

		private @Nullable Candidate usable(int index, Set<Endpoint> tried, long now) {
			Candidate candidate = this.all[index];
			return (candidate.isAvoided(now) || tried.contains(candidate.endpoint)) ? null : candidate;
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
			long now = Balancer.this.nanoTime.getAsLong();
			if (!this.candidate.isAvoided(now)) {
				logger.warn("'{}' of '{}' at {} cannot be connected and is avoided for {} s",
						this.candidate.endpoint.instance(), this.candidate.endpoint.service(),
						this.candidate.endpoint.address(), Balancer.this.avoidance.toSeconds());
			}
			this.candidate.load.avoidedUntil = now + Balancer.this.avoidance.toNanos();
			done();
		}

	}

}
