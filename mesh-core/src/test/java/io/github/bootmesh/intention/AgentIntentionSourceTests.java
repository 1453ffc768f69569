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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.WatchSettings;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.intention.IntentionUpdate.Confirmed;
import io.github.bootmesh.intention.IntentionUpdate.Intentions;
import io.github.bootmesh.intention.IntentionUpdate.Rejected;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;
import io.github.bootmesh.testing.ScriptedAgent.Request;

import static org.assertj.core.api.Assertions.assertThat;

class AgentIntentionSourceTests {

	private static final String MATCH = "/v1/connect/intentions/match";

	private static final String LIST = "/v1/connect/intentions";

	private static final String AUTHORIZE = "/v1/agent/connect/authorize";

	private static final String VERSION = "/v1/agent/version";

	private static final String SELF = "/v1/agent/self";

	private static final DefaultPolicy CONFIGURED = new DefaultPolicy(false, "configured");

	private static final String NO_MATCH = "Default behavior configured by ACLs";

	private static final ConsulLimits LIMITS = ConsulLimits.DEFAULTS.withTimeout(Duration.ofMillis(500));

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final LoopResources loops = LoopResources.create("intentions-test", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.url(), () -> "secret-token", null, null, null, null, null, false),
			this.loops, LIMITS);

	private final Watches watches = new Watches(WatchSettings.DEFAULTS.withWaitTime(Duration.ofSeconds(2))
		.withBackoff(Duration.ofMillis(20), Duration.ofMillis(200)), LIMITS);

	private final List<IntentionUpdate> updates = new CopyOnWriteArrayList<>();

	private final Disposable.Swap subscription = Disposables.swap();

	@AfterEach
	void close() {
		this.subscription.dispose();
		this.watches.close();
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void anAgentSince19IsAskedByItsOwnIndex() {
		this.agent.answer(MATCH, match("web").index(7));
		subscribe(CONFIGURED);
		awaitAllowed("web");
		await(() -> assertThat(this.agent.blocked()).isEqualTo(1));
		this.agent.answer(MATCH, match("web", "admin").index(8));
		awaitAllowed("web", "admin");
		assertThat(this.agent.requests(LIST)).isEmpty();
		assertThat(this.agent.requests(MATCH)).extracting((request) -> request.query().get("index"))
			.startsWith(null, "7");
		assertThat(this.agent.requests()).allSatisfy((request) -> {
			assertThat(request.query()).doesNotContainKeys("cached", "stale", "ns", "partition");
			assertThat(request.query()).containsEntry("by", "destination").containsEntry("name", "api");
			assertThat(request.headers()).containsEntry("X-Consul-Token", "secret-token");
		});
	}

	@Test
	void anAgentBefore19IsAskedByTheIndexOfAllIntentionsReadBeforeThem() {
		this.agent.answer(LIST, Answer.json("[]").index(7));
		this.agent.answer(MATCH, match("web"));
		subscribe(CONFIGURED);
		await(() -> assertThat(this.agent.requests()).hasSizeGreaterThan(12));
		List<String> asked = this.agent.requests().stream().map(AgentIntentionSourceTests::shape).limit(12).toList();
		assertThat(asked.subList(0, 3)).containsExactly("match", "list", "match");
		for (int i = 3; i < 12; i += 3) {
			assertThat(asked.subList(i, i + 3)).containsExactly("match after 7", "list", "match");
		}
		assertThat(this.agent.requests()).noneMatch((request) -> request.query().containsKey("cached"));
		assertThat(this.updates.get(0)).isInstanceOf(Intentions.class);
		assertThat(this.updates.stream().skip(1)).hasOnlyElementsOfType(Confirmed.class);
	}

	@Test
	void anAgentThatComesBackAsAnotherVersionIsAskedInItsWay() {
		this.agent.answer(MATCH, match("web").index(7));
		subscribe(CONFIGURED);
		awaitAllowed("web");
		this.agent.stop();
		this.agent.answer(LIST, Answer.json("[]").index(3));
		this.agent.answer(MATCH, match("old"));
		this.agent.restart();
		awaitAllowed("old");
		await(() -> assertThat(this.agent.requests()).extracting(AgentIntentionSourceTests::shape)
			.contains("list", "match after 3"));
		this.agent.stop();
		this.agent.answer(MATCH, match("new").index(9));
		this.agent.restart();
		awaitAllowed("new");
		await(() -> assertThat(this.agent.requests()).extracting(AgentIntentionSourceTests::shape)
			.contains("match after 9"));
	}

	@Test
	void anAnswerThatChangesNothingConfirms() {
		this.agent.answer(MATCH, match("web").index(7));
		subscribe(CONFIGURED);
		awaitAllowed("web");
		this.agent.answer(MATCH,
				Answer.json(Answers.about("api", Answers.intention("web", "api", "allow").replace("30", "31")))
					.index(8));
		await(() -> assertThat(this.updates).hasSizeGreaterThan(1));
		assertThat(this.updates.get(1)).isInstanceOf(Confirmed.class);
	}

	@ParameterizedTest
	@MethodSource("faults")
	void whenTheAgentFailsNothingIsSaidUntilItIsBack(Answer fault) {
		this.agent.answer(MATCH, match("web").index(7));
		subscribe(CONFIGURED);
		awaitAllowed("web");
		await(() -> assertThat(this.agent.blocked()).isEqualTo(1));
		this.agent.answer(MATCH, fault.index(8));
		this.agent.next(MATCH, fault.index(8));
		await(() -> assertThat(status().state()).isEqualTo(WatchStatus.State.STALE));
		assertThat(news()).hasSize(1);
		this.agent.answer(MATCH, match("admin").index(8));
		awaitAllowed("admin");
		assertThat(news()).hasSize(2);
	}

	static List<Answer> faults() {
		return List.of(Answer.text(403, "Permission denied"), Answer.text(403, "ACL not found"),
				Answer.text(429, "Too Many Requests"), Answer.text(500, "No cluster leader"), Answer.json("not JSON"),
				Answer.json(Answers.about("api") + "x"), Answer.json("{\"api\": [], \"api\": null}"), Answer.garbage(),
				match("web", "admin").cut(), Answer.silence());
	}

	@Test
	void whatCannotBeReadIsRejectedAndTheNextIsRead() {
		this.agent.answer(MATCH, Answer.json(Answers.about("api", "{}")).index(7));
		subscribe(CONFIGURED);
		await(() -> assertThat(this.updates).singleElement().isInstanceOf(Rejected.class));
		this.agent.answer(MATCH, match("web").index(8));
		awaitAllowed("web");
		this.agent.answer(MATCH, Answer.json(Answers.about("api", "{}")).index(9));
		await(() -> assertThat(last()).isInstanceOf(Rejected.class));
		this.agent.answer(MATCH, match("web").index(10));
		await(() -> assertThat(last()).isInstanceOf(Confirmed.class));
	}

	@Test
	void aTokenThatMayNotReadIntentionsIsNamedByTheWatch() {
		this.agent.answer(MATCH, Answer.text(403, "Permission denied"));
		subscribe(null);
		await(() -> assertThat(status().problem()).contains("Permission denied", "intentions:read on 'api'"));
		assertThat(this.updates).isEmpty();
		assertThat(this.watches.statuses().toString()).doesNotContain("secret-token");
	}

	@Test
	void anAllowedAgeShortensTheWait() {
		this.agent.answer(MATCH, match("web").index(7));
		this.subscription.update(new AgentIntentionSource(this.consul, new Watches(), "api", CONFIGURED,
				new AuthorizerSettings(Duration.ofSeconds(10)))
			.updates()
			.subscribe(this.updates::add));
		await(() -> assertThat(this.agent.blocked()).isEqualTo(1));
		assertThat(this.agent.requests(MATCH).get(1).query()).containsEntry("wait", "5s");
	}

	@Test
	void aConfiguredDefaultIsNotAskedFor() {
		this.agent.answer(MATCH, match().index(7));
		subscribe(CONFIGURED);
		await(() -> assertThat(this.updates).containsExactly(new Intentions(List.of(), CONFIGURED)));
		assertThat(this.agent.requests(AUTHORIZE)).isEmpty();
	}

	@Test
	void theDefaultIsWhatTheAgentDecidesOnACallerThatDoesNotExist() {
		this.agent.answer(MATCH, match().index(7));
		this.agent.answer(AUTHORIZE, authorize(true, "ACLs disabled, access is allowed by default"));
		subscribe(null);
		awaitDefault(true, "ACLs disabled");
		Request asked = this.agent.requests(AUTHORIZE).get(0);
		assertThat(asked.method()).isEqualTo("POST");
		assertThat(asked.body()).contains("\"Target\":\"api\"");
		SpiffeId nobody = SpiffeId.parse(asked.body().replaceAll(".*\"(spiffe:[^\"]*)\".*", "$1"));
		assertThat(nobody.service()).matches("bootmesh-probe-[0-9a-f]{16}");
		assertThat(nobody.namespace()).isNotEqualTo("default");
		assertThat(nobody.partition()).isEqualTo("default");
	}

	@Test
	void whereAnIntentionDecidesOnEverySourceTheAclDefaultHoldsBefore118() {
		this.agent.answer(MATCH, match().index(7).header("X-Consul-Default-ACL-Policy", "allow"));
		this.agent.answer(AUTHORIZE, authorize(false, "Matched L4 intention: */* => default/api"));
		this.agent.answer(SELF, Answer.json("{\"Config\": {\"Version\": \"1.13.9\"}}"));
		subscribe(null);
		awaitDefault(true, "1.13.9");
	}

	@Test
	void theAclDefaultIsNotTakenOfANewerOrAnUnknownVersion() {
		this.agent.answer(MATCH, match().index(7).header("X-Consul-Default-ACL-Policy", "allow"));
		this.agent.answer(AUTHORIZE, Answer.text(403, "Permission denied"));
		this.agent.answer(SELF, Answer.text(403, "Permission denied"));
		subscribe(null);
		awaitDefault(false, "unknown: POST /v1/agent/connect/authorize: 403");
		for (String version : List.of("1.18.0", "2.0.1+ent", "1.180.0", "", "newest")) {
			this.agent.answer(VERSION, Answer.json("{\"HumanVersion\": \"%s\"}".formatted(version)));
			subscribe(null);
			awaitDefault(false, "unknown");
		}
		this.agent.answer(VERSION, Answer.json("{\"HumanVersion\": \"1.17.3+ent\"}"));
		subscribe(null);
		awaitDefault(true, "1.17.3+ent");
	}

	@Test
	void aReasonThatIsNotKnownIsNoDefault() {
		this.agent.answer(MATCH, match().index(7));
		this.agent.answer(AUTHORIZE, authorize(true, "Matched intention: ALLOW default/* => default/api"));
		subscribe(null);
		awaitDefault(false, "unknown: an intention decides on every source");
		this.agent.answer(AUTHORIZE, authorize(true, "Just so"));
		subscribe(null);
		awaitDefault(false, "unknown: Consul's reason is not known here: 'Just so'");
		this.agent.answer(AUTHORIZE, Answer.json("{\"Authorized\": true}"));
		subscribe(null);
		awaitDefault(false, "unknown");
		this.agent.answer(AUTHORIZE, Answer.json("{\"Reason\": \"" + NO_MATCH + "\"}"));
		subscribe(null);
		awaitDefault(false, NO_MATCH);
	}

	@Test
	void anAgentThatHasNoTimeAtFirstIsAskedForTheDefaultUntilItHas() {
		this.agent.answer(MATCH, match().index(7));
		this.agent.answer(AUTHORIZE, Answer.text(500, "No cluster leader"));
		subscribe(null);
		awaitDefault(false, "unknown: POST /v1/agent/connect/authorize: 500 No cluster leader");
		this.agent.answer(AUTHORIZE, authorize(true, NO_MATCH));
		awaitDefault(true, NO_MATCH);
	}

	@Test
	void aDefaultThatWasLearntStaysWhileTheAgentHasNoTime() {
		this.agent.answer(MATCH, match().index(7));
		this.agent.answer(AUTHORIZE, authorize(true, NO_MATCH));
		subscribe(null);
		awaitDefault(true, NO_MATCH);
		this.agent.answer(AUTHORIZE, Answer.text(500, "No cluster leader"));
		this.agent.answer(MATCH, match("web").index(8));
		await(() -> assertThat(this.agent.requests(AUTHORIZE)).hasSizeGreaterThan(1));
		awaitAllowed("web");
		assertThat(policies()).containsOnly(new DefaultPolicy(true, "Consul says: " + NO_MATCH));
	}

	@Test
	void aDefaultThatTheAgentNoLongerTellsStays() {
		this.agent.answer(MATCH, match().index(7));
		this.agent.answer(AUTHORIZE, authorize(true, NO_MATCH));
		subscribe(null);
		awaitDefault(true, NO_MATCH);
		this.agent.answer(AUTHORIZE, Answer.text(403, "Permission denied"));
		this.agent.answer(MATCH, match("web").index(8));
		await(() -> assertThat(this.agent.requests(AUTHORIZE)).hasSizeGreaterThan(1));
		awaitAllowed("web");
		assertThat(policies()).containsOnly(new DefaultPolicy(true, "Consul says: " + NO_MATCH));
	}

	@Test
	void theDefaultIsLearntAgainWhenTheAgentIsBack() {
		this.agent.answer(MATCH, match("web").index(7));
		this.agent.answer(AUTHORIZE, authorize(true, NO_MATCH));
		subscribe(null);
		awaitDefault(true, NO_MATCH);
		this.agent.stop();
		this.agent.answer(AUTHORIZE, authorize(false, NO_MATCH));
		this.agent.restart();
		awaitDefault(false, NO_MATCH);
		awaitAllowed("web");
	}

	@Test
	void aDefaultThatIsSlowToComeHoldsNoIntentionBack() {
		this.agent.answer(MATCH, match().index(7));
		this.agent.answer(AUTHORIZE, authorize(false, NO_MATCH));
		subscribe(null);
		awaitDefault(false, NO_MATCH);
		this.agent.answer(AUTHORIZE, Answer.silence());
		for (int i = 0; i < 5; i++) {
			this.agent.answer(MATCH, match("web" + i).index(8 + i));
			awaitAllowed("web" + i);
		}
		assertThat(this.agent.requests(AUTHORIZE)).hasSizeLessThan(6);
	}

	private void subscribe(@Nullable DefaultPolicy configured) {
		this.subscription.update(Disposables.disposed());
		this.updates.clear();
		this.subscription
			.update(new AgentIntentionSource(this.consul, this.watches, "api", configured, AuthorizerSettings.DEFAULTS)
				.updates()
				.subscribe(this.updates::add));
	}

	private WatchStatus status() {
		return this.watches.statuses()
			.stream()
			.filter((status) -> status.name().equals("intentions:api"))
			.findFirst()
			.orElseThrow();
	}

	private IntentionUpdate last() {
		return this.updates.get(this.updates.size() - 1);
	}

	// What was before may be confirmed at any time.
	private List<IntentionUpdate> news() {
		return this.updates.stream().filter((update) -> !(update instanceof Confirmed)).toList();
	}

	private List<DefaultPolicy> policies() {
		return this.updates.stream()
			.filter(Intentions.class::isInstance)
			.map((update) -> ((Intentions) update).defaultPolicy())
			.toList();
	}

	private void awaitAllowed(String... sources) {
		await(() -> assertThat(newest().intentions()).extracting(Intention::source).containsExactly(sources));
	}

	private void awaitDefault(boolean allow, String learnt) {
		await(() -> {
			assertThat(newest().defaultPolicy().allow()).isEqualTo(allow);
			assertThat(newest().defaultPolicy().learnt()).contains(learnt);
		});
	}

	private Intentions newest() {
		return this.updates.stream()
			.filter(Intentions.class::isInstance)
			.map(Intentions.class::cast)
			.reduce((earlier, later) -> later)
			.orElseThrow(() -> new AssertionError("no intentions yet"));
	}

	private static void await(ThrowingRunnable assertion) {
		Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(assertion);
	}

	private static String shape(Request request) {
		if (request.path().equals(LIST)) {
			return "list";
		}
		String index = request.query().get("index");
		return (index != null) ? "match after " + index : "match";
	}

	private static Answer match(String... allowed) {
		return Answer.json(Answers.about("api",
				Stream.of(allowed).map((source) -> Answers.intention(source, "api", "allow")).toArray(String[]::new)));
	}

	private static Answer authorize(boolean authorized, String reason) {
		return Answer.json("{\"Authorized\": %s, \"Reason\": \"%s\"}".formatted(authorized, reason));
	}

}
