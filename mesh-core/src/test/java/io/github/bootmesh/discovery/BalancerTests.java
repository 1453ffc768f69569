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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BalancerTests {

	// The source of nanoseconds begins anywhere and may overflow.
	private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(5).toNanos());

	private final Balancer balancer = new Balancer(this.now::get, Duration.ofSeconds(10));

	@Test
	void whenNothingIsInFlightThenWeightsDecide() {
		this.balancer.update(List.of(endpoint(1, 1), endpoint(2, 3)));
		Map<String, Long> counts = choose(40_000);
		assertThat(counts.getOrDefault("i2", 0L)).isCloseTo(30_000L, Offset.offset(1000L));
	}

	@Test
	void whenAnInstanceIsSlowThenItGetsFewerRequests() {
		this.balancer.update(List.of(endpoint(1, 1), endpoint(2, 1), endpoint(3, 1)));
		Selection slow = chooseUntil("i1");
		for (int i = 0; i < 1000; i++) {
			Selection selection = take(Set.of());
			// Two draws hold two different instances: the busy one always meets an idle
			// one.
			assertThat(selection.endpoint().instance()).isNotEqualTo("i1");
			selection.done();
		}
		slow.done();
		assertThat(this.balancer.inFlight()).isZero();
	}

	@Test
	void whenRequestsPileUpThenTheyDoSoInProportionToWeights() {
		this.balancer.update(List.of(endpoint(1, 1), endpoint(2, 3)));
		Map<String, Long> held = IntStream.range(0, 400)
			.mapToObj((i) -> take(Set.of()).endpoint().instance())
			.collect(Collectors.groupingBy((instance) -> instance, Collectors.counting()));
		assertThat(held).containsEntry("i1", 100L).containsEntry("i2", 300L);
	}

	@Test
	void whenOneIsAlwaysInFlightThenWeightsStillDecide() {
		this.balancer.update(List.of(endpoint(1, 1), endpoint(2, 100)));
		Selection before = take(Set.of());
		int light = 0;
		for (int i = 0; i < 1000; i++) {
			Selection next = take(Set.of());
			light += next.endpoint().instance().equals("i1") ? 1 : 0;
			before.done();
			before = next;
		}
		assertThat(light).isLessThan(50);
	}

	@Test
	void whenAConnectFailedThenTheEndpointIsAvoidedForAWhile() {
		this.balancer.update(List.of(endpoint(1, 128), endpoint(2, 1)));
		chooseUntil("i1").connectFailed();
		assertThat(choose(1000)).containsOnlyKeys("i2");
		this.now.addAndGet(Duration.ofSeconds(9).toNanos());
		assertThat(choose(1000)).containsOnlyKeys("i2");
		this.now.addAndGet(Duration.ofSeconds(1).toNanos());
		assertThat(choose(1000)).containsKeys("i1", "i2");
	}

	@Test
	void whenConnectsFailAgainAndAgainThenTheEndpointIsAvoidedForLonger() {
		this.balancer.update(List.of(endpoint(1, 128), endpoint(2, 1)));
		for (int seconds : List.of(10, 20, 40, 80, 160, 300, 300)) {
			chooseUntil("i1").connectFailed();
			this.now.addAndGet(Duration.ofSeconds(seconds - 1).toNanos());
			assertThat(choose(1000)).as("%d s", seconds).containsOnlyKeys("i2");
			this.now.addAndGet(Duration.ofSeconds(1).toNanos());
			assertThat(choose(1000)).as("%d s", seconds).containsKeys("i1");
		}
		this.now.addAndGet(Duration.ofSeconds(300).toNanos());
		chooseUntil("i1").connectFailed();
		this.now.addAndGet(Duration.ofSeconds(10).toNanos());
		assertThat(choose(1000)).containsKeys("i1");
	}

	@Test
	void whenManyConnectsFailThenAtMostHalfAreAvoided() {
		this.balancer.update(IntStream.rangeClosed(1, 5).mapToObj((i) -> endpoint(i, 1)).toList());
		IntStream.rangeClosed(1, 5).forEach((i) -> chooseOnly("i" + i).connectFailed());
		assertThat(choose(1000)).containsOnlyKeys("i4", "i5");
	}

	@Test
	void whenMostOfTheOthersAreGoneThenNobodyIsAvoided() {
		this.balancer.update(IntStream.rangeClosed(1, 5).mapToObj((i) -> endpoint(i, 1)).toList());
		IntStream.rangeClosed(1, 3).forEach((i) -> chooseOnly("i" + i).connectFailed());
		this.balancer.update(List.of(endpoint(1, 1), endpoint(2, 1), endpoint(3, 1), endpoint(4, 1)));
		assertThat(choose(1000)).containsOnlyKeys("i1", "i2", "i3", "i4");
	}

	@Test
	void whenTheSameIsWantedThenItIsUntilItIsGoneOrCannotBeConnected() {
		List<Endpoint> endpoints = List.of(endpoint(3, 128), endpoint(1, 1), endpoint(2, 1));
		this.balancer.update(endpoints);
		List<Selection> busy = IntStream.range(0, 100).mapToObj((i) -> first(Set.of())).toList();
		assertThat(busy).allSatisfy((selection) -> assertThat(selection.endpoint().instance()).isEqualTo("i1"));
		assertThat(first(Set.of(endpoint(1, 1))).endpoint().instance()).isEqualTo("i2");
		assertThat(first(Set.of()).endpoint().instance()).isEqualTo("i1");
		busy.get(0).connectFailed();
		assertThat(first(Set.of()).endpoint().instance()).isEqualTo("i2");
		this.now.addAndGet(Duration.ofSeconds(60).toNanos());
		assertThat(first(Set.of()).endpoint().instance()).as("it stays").isEqualTo("i2");
		this.balancer.update(List.of(endpoint(3, 128), endpoint(1, 1)));
		assertThat(first(Set.of()).endpoint().instance()).isEqualTo("i1");
		this.balancer.update(List.of(endpoint(0, 1), endpoint(1, 7)));
		assertThat(first(Set.of()).endpoint().instance()).as("its weight does not matter").isEqualTo("i1");
	}

	@Test
	void whenEveryConnectFailedThenNoneIsEjected() {
		this.balancer.update(List.of(endpoint(1, 1), endpoint(2, 1)));
		chooseUntil("i1").connectFailed();
		chooseUntil("i2").connectFailed();
		assertThat(take(Set.of())).isNotNull();
		this.balancer.update(List.of(endpoint(1, 1)));
		assertThat(take(Set.of())).isNotNull();
	}

	@Test
	void whenAnEndpointWasTriedThenItIsNotChosenAgain() {
		List<Endpoint> endpoints = List.of(endpoint(1, 1), endpoint(2, 1), endpoint(3, 1));
		this.balancer.update(endpoints);
		for (int i = 0; i < 100; i++) {
			assertThat(take(Set.copyOf(endpoints.subList(0, 2))).endpoint()).isEqualTo(endpoints.get(2));
		}
		assertThat(this.balancer.choose(Set.copyOf(endpoints), ChoicePolicy.WEIGHTED)).isNull();
	}

	@Test
	void whenTheWeightChangesThenWhatIsInFlightStaysCounted() {
		this.balancer.update(List.of(endpoint(1, 1)));
		Selection selection = take(Set.of());
		this.balancer.update(List.of(endpoint(1, 2), endpoint(2, 1)));
		assertThat(this.balancer.inFlight()).isEqualTo(1);
		selection.done();
		selection.done();
		selection.connectFailed();
		assertThat(this.balancer.inFlight()).isZero();
	}

	private Selection take(Set<Endpoint> tried) {
		return Objects.requireNonNull(this.balancer.choose(tried, ChoicePolicy.WEIGHTED));
	}

	private Selection first(Set<Endpoint> tried) {
		return Objects.requireNonNull(this.balancer.choose(tried, ChoicePolicy.FIRST));
	}

	// Also one that is avoided.
	private Selection chooseOnly(String instance) {
		Set<Endpoint> others = IntStream.rangeClosed(1, 5)
			.mapToObj((i) -> endpoint(i, 1))
			.filter((endpoint) -> !endpoint.instance().equals(instance))
			.collect(Collectors.toSet());
		return take(others);
	}

	private Selection chooseUntil(String instance) {
		List<Selection> others = new ArrayList<>();
		Selection selection = take(Set.of());
		while (!selection.endpoint().instance().equals(instance)) {
			others.add(selection);
			selection = take(Set.of());
		}
		others.forEach(Selection::done);
		return selection;
	}

	private Map<String, Long> choose(int times) {
		return IntStream.range(0, times).mapToObj((i) -> {
			Selection selection = take(Set.of());
			selection.done();
			return selection.endpoint().instance();
		}).collect(Collectors.groupingBy((instance) -> instance, Collectors.counting()));
	}

	private static Endpoint endpoint(int number, int weight) {
		return new Endpoint("i" + number, new InetSocketAddress("127.0.0.1", 1000 + number), weight, "inventory",
				"default", "default", "dc1");
	}

}
