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

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.DestinationNotVisibleException;
import io.github.bootmesh.DiscoveryUnavailableException;
import io.github.bootmesh.NoHealthyInstanceException;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.WatchSettings;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class EndpointsTests {

	private static final Destination INVENTORY = Destination.service("inventory");

	private static final String PATH = "/v1/health/connect/inventory";

	private static final Duration WAIT = Duration.ofSeconds(20);

	private static final DiscoverySettings SETTINGS = new DiscoverySettings(WAIT, Duration.ofMinutes(30), 1000,
			Duration.ofSeconds(10), Duration.ofMillis(500));

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final TestCatalog catalog = new TestCatalog(this.agent);

	private final LoopResources loops = LoopResources.create("test", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false), this.loops);

	private final Watches watches = new Watches(WatchSettings.DEFAULTS.withPollInterval(Duration.ofMillis(100)),
			ConsulLimits.DEFAULTS);

	private Endpoints endpoints = endpoints(SETTINGS);

	private Endpoints endpoints(DiscoverySettings settings) {
		return new Endpoints(this.consul, this.watches, settings);
	}

	@AfterEach
	void close() {
		this.endpoints.close();
		this.watches.close();
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void whenADestinationIsUsedThenOneWatchServesItFromMemory() {
		this.catalog.add("inventory", "i1", 1001);
		List<Selection> selections = Flux.range(0, 50)
			.flatMap((i) -> this.endpoints.choose(INVENTORY, Set.of()), 50)
			.collectList()
			.block(WAIT);
		assertThat(selections).hasSize(50)
			.allSatisfy((selection) -> assertThat(selection.endpoint().instance()).isEqualTo("i1"));
		assertThat(this.agent.requests(PATH).stream().filter((request) -> !request.query().containsKey("index")))
			.hasSize(1);
		assertThat(status().inFlight()).isEqualTo(50);
		Objects.requireNonNull(selections).forEach(Selection::done);
		assertThat(status().inFlight()).isZero();
	}

	@Test
	void whenInstancesComeAndGoThenTheChoiceFollows() {
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		this.catalog.add("inventory", "i2", 1002).add("inventory", "i1", 1001, "critical");
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().size() == 1 && chosen().equals("i2"));
		this.catalog.remove("inventory", "i2");
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().isEmpty());
		assertThatExceptionOfType(NoHealthyInstanceException.class).isThrownBy(this::chosen)
			.withMessageContaining("inventory")
			.withMessageContaining("1, all critical")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("token"));
	}

	@Test
	void whenAllInstancesVanishAtOnceThenTheyAreKnownUntilTheyAreBack() {
		this.endpoints = endpoints(new DiscoverySettings(WAIT, Duration.ofMinutes(30), 1000, Duration.ofSeconds(10),
				Duration.ofMinutes(5)));
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		this.catalog.remove("inventory", "i1");
		awaitAnswerTaken(12);
		assertThat(chosen()).isEqualTo("i1");
		this.catalog.add("inventory", "i1", 1002, "critical");
		awaitAnswerTaken(13);
		assertThat(chosen()).isEqualTo("i1");
		this.catalog.add("inventory", "i1", 1003);
		Awaitility.await().atMost(WAIT).until(() -> choose(Set.of()).endpoint().address().getPort() == 1003);
		this.catalog.add("inventory", "i1", 1003, "critical");
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().isEmpty());
	}

	@Test
	void whenVanishedInstancesStayAwayThenTheyAreGivenUp() {
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		this.catalog.remove("inventory", "i1");
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().isEmpty());
		assertThatExceptionOfType(DestinationNotVisibleException.class).isThrownBy(this::chosen);
	}

	@Test
	void whenConsulListsNobodyThenTheErrorNamesTheRightsOfTheToken() {
		this.catalog.empty("inventory");
		assertThatExceptionOfType(DestinationNotVisibleException.class).isThrownBy(this::chosen)
			.withMessageContaining("service:read")
			.withMessageContaining("node:read");
	}

	@Test
	void whenAllWereTriedThenTheErrorSaysSo() {
		this.catalog.add("inventory", "i1", 1001);
		Endpoint tried = choose(Set.of()).endpoint();
		assertThatExceptionOfType(NoHealthyInstanceException.class).isThrownBy(() -> choose(Set.of(tried)))
			.withMessageContaining("could not be connected");
	}

	@Test
	void whenConsulGoesAwayThenWhatIsKnownStays() {
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		this.agent.stop();
		Awaitility.await().atMost(WAIT).until(() -> status().problem() != null);
		assertThat(chosen()).isEqualTo("i1");
		assertThat(status().problem()).contains("cannot be asked");
		this.catalog.add("inventory", "i2", 1002);
		this.agent.restart();
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().size() == 2);
		assertThat(status().problem()).isNull();
	}

	@Test
	void whenNobodyWasHealthyBeforeConsulWentAwayThenTheErrorStaysWhatItWas() {
		this.catalog.add("inventory", "i1", 1001, "critical");
		assertThatExceptionOfType(NoHealthyInstanceException.class).isThrownBy(this::chosen);
		this.agent.stop();
		Awaitility.await().atMost(WAIT).until(() -> String.valueOf(status().problem()).contains("cannot be asked"));
		assertThatExceptionOfType(NoHealthyInstanceException.class).isThrownBy(this::chosen)
			.withMessageContaining("as Consul last said");
	}

	@Test
	void whenConsulCannotBeAskedAndNothingIsKnownThenTheErrorSaysSo() {
		this.endpoints.close();
		this.endpoints = endpoints(new DiscoverySettings(Duration.ofMillis(300), Duration.ofMinutes(30), 1000,
				Duration.ofSeconds(10), Duration.ofMillis(500)));
		this.agent.answer(PATH, Answer.text(500, "No cluster leader"));
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(DiscoveryUnavailableException.class).isThrownBy(this::chosen)
				.withMessageContaining("inventory")
				.withMessageContaining("No cluster leader")
				.withCauseInstanceOf(ConsulException.Server.class);
		}
		this.catalog.add("inventory", "i1", 1001);
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().size() == 1);
		assertThat(chosen()).isEqualTo("i1");
	}

	@Test
	void whenConsulRefusesTheTokenThenTheErrorNamesTheRightsAtOnce() {
		this.agent.answer(PATH, Answer.text(403, "ACL not found"));
		assertThatExceptionOfType(DiscoveryUnavailableException.class).isThrownBy(this::chosen)
			.withMessageContaining("ACL not found")
			.withMessageContaining("service:read")
			.withCauseInstanceOf(ConsulException.Refused.class);
	}

	@Test
	void whenConsulFailsAtFirstThenTheFirstUseWaitsForTheAnswer() {
		this.catalog.add("inventory", "i1", 1001);
		this.agent.next(PATH, Answer.text(500, "No cluster leader"), Answer.garbage());
		assertThat(chosen()).isEqualTo("i1");
	}

	@Test
	void whenAnAnswerLacksWhatItMustHaveThenWhatIsKnownStays() {
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		this.agent.answer(PATH, Answer.json("[{\"Node\":{}}]").index(100));
		Awaitility.await().atMost(WAIT).until(() -> status().problem() != null);
		assertThat(chosen()).isEqualTo("i1");
	}

	@Test
	void whenADatacenterIsNamedThenConsulIsAskedForIt() {
		this.catalog.add("inventory", "i1", 1001);
		assertThatExceptionOfType(NoHealthyInstanceException.class)
			.isThrownBy(() -> this.endpoints.choose(INVENTORY.inDatacenter("dc2"), Set.of()).block(WAIT))
			.withMessageContaining("left out: 'i1' is elsewhere, in dc1");
		assertThat(this.agent.requests(PATH))
			.allSatisfy((request) -> assertThat(request.query()).containsEntry("dc", "dc2"));
	}

	@Test
	void whenConsulFailsAtFirstForAPreparedQueryThenTheFirstUseWaitsForTheAnswer() {
		Destination nearest = Destination.preparedQuery("nearest");
		String path = "/v1/query/nearest/execute";
		this.agent.answer(path, result("billing", this.catalog.add("billing", "b1", 1001)));
		this.agent.next(path, Answer.text(500, "No cluster leader"), Answer.garbage());
		this.endpoints.close();
		this.endpoints = endpoints(DiscoverySettings.DEFAULTS);
		assertThat(chosen(nearest).endpoint().instance()).isEqualTo("b1");
	}

	@Test
	void whenAPreparedQueryIsRefusedThenItsWatchTellsAndTheAgentsCacheIsNotAsked() {
		Destination nearest = Destination.preparedQuery("nearest");
		String path = "/v1/query/nearest/execute";
		this.agent.answer(path, Answer.text(403, "Permission denied"));
		assertThatExceptionOfType(DiscoveryUnavailableException.class).isThrownBy(() -> chosen(nearest));
		Awaitility.await()
			.atMost(WAIT)
			.untilAsserted(() -> assertThat(this.watches.statuses()).singleElement().satisfies((watch) -> {
				assertThat(watch.name()).isEqualTo("query:nearest");
				assertThat(watch.problem()).contains("Permission denied");
			}));
		this.agent.answer(path, result("billing", this.catalog.add("billing", "b1", 1001)));
		Awaitility.await()
			.atMost(WAIT)
			.ignoreExceptions()
			.until(() -> chosen(nearest).endpoint().instance().equals("b1"));
		int asked = this.agent.requests(path).size();
		Awaitility.await().atMost(WAIT).until(() -> this.agent.requests(path).size() > asked + 1);
		assertThat(this.agent.requests(path))
			.allSatisfy((request) -> assertThat(request.query()).doesNotContainKeys("cached", "index"));
	}

	@Test
	void whenAPreparedQueryIsUsedThenItIsAskedAgainAndAgain() {
		Destination nearest = Destination.preparedQuery("nearest");
		String path = "/v1/query/nearest/execute";
		this.agent.answer(path, result("billing", this.catalog.add("billing", "b1", 1001)));
		assertThat(chosen(nearest).endpoint().service()).isEqualTo("billing");
		this.agent.answer(path, result("ledger", this.catalog.add("ledger", "l1", 1002)));
		Awaitility.await().atMost(WAIT).until(() -> chosen(nearest).endpoint().service().equals("ledger"));
		this.agent.answer(path, Answer.text(500, "No cluster leader"));
		Awaitility.await().atMost(WAIT).until(() -> this.endpoints.statuses().get(0).problem() != null);
		assertThat(chosen(nearest).endpoint().service()).isEqualTo("ledger");
		this.agent.answer(path, Answer.text(404, "Query not found"));
		Awaitility.await().atMost(WAIT).until(() -> this.endpoints.statuses().get(0).endpoints().isEmpty());
		assertThatExceptionOfType(DestinationNotVisibleException.class).isThrownBy(() -> chosen(nearest))
			.withMessageContaining("query:read");
	}

	@Test
	void whenAQueryIsEditedToAskForAServiceWithoutInstancesThenThoseOfBeforeAreNotChosenForAMoment() {
		this.endpoints = endpoints(new DiscoverySettings(WAIT, Duration.ofMinutes(30), 1000, Duration.ofSeconds(10),
				Duration.ofMinutes(5)));
		Destination nearest = Destination.preparedQuery("nearest");
		this.catalog.add("billing", "b1", 1001).query("nearest", "billing");
		assertThat(chosen(nearest).endpoint().service()).isEqualTo("billing");
		this.catalog.query("nearest", "ledger");
		Awaitility.await().atMost(WAIT).until(() -> this.endpoints.statuses().get(0).endpoints().isEmpty());
	}

	@Test
	void whenAServiceAppearsInTheSpellingThatWasAskedForThenItIsStillTheSame() {
		Destination exact = Destination.service("Inventory");
		SpiffeId other = new SpiffeId("mesh.consul", "default", "default", "dc1", "inventory");
		this.catalog.add("inventory", "i1", 1001);
		this.agent.answer("/v1/health/connect/Inventory", Answer.json(this.catalog.json("inventory")).index(5));
		AtomicInteger changes = new AtomicInteger();
		FollowedDestination followed = this.endpoints.follow(exact, changes::incrementAndGet);
		assertThat(chosen(exact).endpoint().service()).isEqualTo("inventory");
		this.catalog.add("Inventory", "i2", 1002, "critical");
		Awaitility.await().atMost(WAIT).until(() -> status().endpoints().isEmpty());
		assertThat(followed.standsFor(other)).isTrue();
		assertThat(changes).hasValue(0);
		followed.dispose();
	}

	@Test
	void whenAQueryIsEditedThenThoseThatFollowAreToldOnceThoughOneOfThemFails() {
		Destination nearest = Destination.preparedQuery("nearest");
		SpiffeId billing = new SpiffeId("mesh.consul", "default", "default", "dc1", "billing");
		this.catalog.add("billing", "b1", 1001).add("ledger", "l1", 1002).query("nearest", "billing");
		AtomicInteger changes = new AtomicInteger();
		this.endpoints.follow(nearest, () -> {
			throw new IllegalStateException("for the test");
		});
		FollowedDestination followed = this.endpoints.follow(nearest, changes::incrementAndGet);
		assertThat(chosen(nearest).endpoint().service()).isEqualTo("billing");
		this.catalog.query("nearest", "BILLING");
		Awaitility.await().atMost(WAIT).until(() -> "BILLING".equals(followed.service()));
		assertThat(followed.standsFor(billing)).isTrue();
		assertThat(changes).hasValue(0);
		this.catalog.query("nearest", "ledger");
		Awaitility.await().atMost(WAIT).until(() -> changes.get() == 1);
		assertThat(followed.standsFor(billing)).isFalse();
		Awaitility.await().atMost(WAIT).until(() -> chosen(nearest).endpoint().service().equals("ledger"));
		assertThat(changes).hasValue(1);
		this.catalog.query("nearest", "billing");
		Awaitility.await().atMost(WAIT).until(() -> changes.get() == 2);
		assertThat(followed.standsFor(billing)).isTrue();
		followed.dispose();
	}

	private Answer result(String service, TestCatalog catalog) {
		return Answer.json("{\"Service\":\"" + service + "\",\"Nodes\":" + catalog.json(service)
				+ ",\"Datacenter\":\"dc1\",\"Failovers\":0}");
	}

	@Test
	void whenADestinationIsIdleThenItsWatchEnds() {
		this.endpoints.close();
		this.endpoints = endpoints(new DiscoverySettings(WAIT, Duration.ofMillis(200), 1000, Duration.ofSeconds(10),
				Duration.ofMillis(500)));
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		Awaitility.await().atMost(WAIT).until(() -> this.endpoints.statuses().isEmpty() && this.agent.blocked() == 0);
		assertThat(this.watches.statuses()).isEmpty();
		assertThat(chosen()).isEqualTo("i1");
	}

	@Test
	void whenTheLastOfThoseWhoKeepADestinationGivesItBackThenItIsForgotten() {
		this.endpoints.close();
		this.endpoints = endpoints(new DiscoverySettings(WAIT, Duration.ofMillis(100), 1000, Duration.ofSeconds(10),
				Duration.ofMillis(500)));
		this.catalog.add("inventory", "i1", 1001);
		Disposable one = this.endpoints.follow(INVENTORY, () -> {
		});
		Disposable two = this.endpoints.follow(INVENTORY, () -> {
		});
		one.dispose();
		one.dispose();
		Awaitility.await()
			.during(Duration.ofMillis(500))
			.atMost(WAIT)
			.until(() -> this.endpoints.statuses().size() == 1);
		two.dispose();
		Awaitility.await().atMost(WAIT).until(() -> this.endpoints.statuses().isEmpty() && this.agent.blocked() == 0);
	}

	@Test
	void whenTooManyDestinationsAreUsedThenTheLongestUnusedIsForgotten() {
		this.endpoints.close();
		this.endpoints = endpoints(
				new DiscoverySettings(WAIT, Duration.ofMinutes(30), 3, Duration.ofSeconds(10), Duration.ofMillis(500)));
		IntStream.rangeClosed(1, 5).forEach((i) -> {
			this.catalog.add("s" + i, "i" + i, 1000 + i);
			Selection selection = this.endpoints.choose(Destination.service("s" + i), Set.of()).block(WAIT);
			assertThat(selection).isNotNull();
		});
		assertThat(this.endpoints.statuses()).hasSize(3).anyMatch((status) -> status.destination().name().equals("s5"));
		Awaitility.await().atMost(WAIT).until(() -> this.watches.statuses().size() == 3);
	}

	@Test
	void whenClosedThenNothingIsWatchedOrChosen() {
		this.catalog.add("inventory", "i1", 1001);
		assertThat(chosen()).isEqualTo("i1");
		this.endpoints.close();
		assertThatExceptionOfType(DiscoveryUnavailableException.class).isThrownBy(this::chosen);
		Awaitility.await().atMost(WAIT).until(() -> this.agent.blocked() == 0);
	}

	// Who asks for what follows an answer has taken it.
	private void awaitAnswerTaken(long index) {
		Awaitility.await()
			.atMost(WAIT)
			.until(() -> this.agent.requests(PATH)
				.stream()
				.anyMatch((request) -> String.valueOf(index).equals(request.query().get("index"))));
	}

	private DestinationStatus status() {
		return this.endpoints.statuses().get(0);
	}

	private String chosen() {
		Selection selection = choose(Set.of());
		selection.done();
		return selection.endpoint().instance();
	}

	private Selection chosen(Destination destination) {
		return required(this.endpoints.choose(destination, Set.of()).block(WAIT));
	}

	private Selection choose(Set<Endpoint> tried) {
		return required(this.endpoints.choose(INVENTORY, tried).block(WAIT));
	}

	private static Selection required(@Nullable Selection selection) {
		return Objects.requireNonNull(selection);
	}

}
