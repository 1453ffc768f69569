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

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Intentions from a real Consul, whose match has no index.
 */
class AgentIntentionIT {

	// Far less than the wait of a question that missed an update.
	private static final Duration SOON = Duration.ofSeconds(15);

	private final LoopResources loops = LoopResources.create("intention-it", 1, true);

	private final Watches watches = new Watches();

	private final AtomicInteger changes = new AtomicInteger();

	private @Nullable ConsulAgent agent;

	private @Nullable ConsulClient consul;

	private @Nullable Authorizer authorizer;

	private String trustDomain = "";

	@AfterEach
	void close() {
		if (this.authorizer != null) {
			this.authorizer.close();
		}
		this.watches.close();
		if (this.consul != null) {
			this.consul.close();
		}
		if (this.agent != null) {
			this.agent.close();
		}
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void withoutAclsTheDefaultIsToAllowAlsoWhereAWildcardDenies() {
		ConsulAgent agent = agent(ConsulAgent.Options::dev);
		String id = create(agent, "*", "api", "deny");
		start(null);
		awaitSet((set) -> {
			assertThat(set.defaultPolicy())
				.isEqualTo(new DefaultPolicy(true, "Consul says: ACLs disabled, access is allowed by default"));
			assertThat(set.intentions()).hasSize(1);
		});
		assertThat(allowed("web")).isFalse();
		agent.delete("/v1/connect/intentions/" + id);
		await(() -> assertThat(allowed("web")).isTrue());
	}

	@Test
	void withAclsThatDenyTheDefaultIsLearntWithAServicesToken() {
		ConsulAgent agent = agent(ConsulAgent.Options::acls);
		start(agent.serviceToken("api"));
		awaitSet((set) -> assertThat(set.defaultPolicy())
			.isEqualTo(new DefaultPolicy(false, "Consul says: Default behavior configured by ACLs")));
		assertThat(allowed("web")).isFalse();
		agent.allow("web", "api");
		await(() -> assertThat(allowed("web")).isTrue());
	}

	@Test
	void withAclsThatAllowTheDefaultIsLearntToo() {
		ConsulAgent agent = agent((options) -> options.acls().config("{\"acl\": {\"default_policy\": \"allow\"}}"));
		start(agent.serviceToken("api"));
		awaitSet((set) -> assertThat(set.defaultPolicy().allow()).isTrue());
	}

	@Test
	void aTokenThatMayReadIntentionsOnlyGetsThemAndDeniesByDefault() {
		ConsulAgent agent = agent(ConsulAgent.Options::acls);
		agent.allow("web", "api");
		start(agent.policyToken("service \"api\" { policy = \"read\" }"));
		awaitSet((set) -> assertThat(set.defaultPolicy().learnt()).contains("authorize: 403 Permission denied"));
		assertThat(allowed("web")).isTrue();
		assertThat(allowed("other")).isFalse();
	}

	@Test
	void aTokenThatMayNotReadIntentionsDeniesEverythingAndIsNamed() {
		ConsulAgent agent = agent(ConsulAgent.Options::acls);
		agent.allow("web", "api");
		start(agent.policyToken("service \"other\" { policy = \"read\" }"));
		await(() -> assertThat(watch().problem()).contains("Permission denied", "intentions:read on 'api'"));
		assertThat(allowed("web")).isFalse();
		assertThat(authorizer().ready().toCompletableFuture()).isNotDone();
	}

	// Consul reads them back from its log, and answers meanwhile.
	@Test
	void whenConsulStartsAgainThenItIsNeverTakenForAllThatItHasReadBackSoFar() {
		ConsulAgent agent = agent((options) -> options);
		int all = 300;
		for (int i = 0; i < all; i++) {
			create(agent, "caller-" + i, "api", "deny");
		}
		start(null);
		awaitSet((set) -> assertThat(set.intentions()).hasSize(all));
		Set<Integer> sizes = ConcurrentHashMap.newKeySet();
		authorizer().onChange(() -> sizes.add(Objects.requireNonNull(authorizer().status().set()).intentions().size()));
		for (int i = 1; i <= 3; i++) {
			agent.kill();
			agent.startAgain();
			create(agent, "later-" + i, "api", "deny");
			int expected = all + i;
			awaitSet((set) -> assertThat(set.intentions()).hasSize(expected));
		}
		assertThat(sizes).isSubsetOf(all, all + 1, all + 2, all + 3);
	}

	@Test
	void whenIntentionsAreMadeChangedAndTakenAwayDecisionsFollow() {
		ConsulAgent agent = agent(ConsulAgent.Options::acls);
		start(agent.serviceToken("api"));
		awaitSet((set) -> assertThat(set.intentions()).isEmpty());
		// Once this is told of a change, the change is counted.
		AtomicBoolean told = new AtomicBoolean();
		authorizer().onChange(() -> told.set(allowed("web")));
		String id = create(agent, "web", "api", "allow");
		await(() -> assertThat(allowed("web")).isTrue());
		agent.put("/v1/connect/intentions/" + id, body("web", "api", "deny"));
		await(() -> assertThat(allowed("web")).isFalse());
		String any = create(agent, "*", "*", "allow");
		await(() -> assertThat(allowed("other")).isTrue());
		assertThat(allowed("web")).isFalse();
		agent.delete("/v1/connect/intentions/" + id);
		await(() -> assertThat(told).isTrue());
		agent.delete("/v1/connect/intentions/" + any);
		await(() -> assertThat(told).isFalse());
		int before = this.changes.get();
		create(agent, "web", "another", "allow");
		create(agent, "web", "api", "allow");
		await(() -> {
			assertThat(allowed("web")).isTrue();
			assertThat(this.changes).hasValue(before + 1);
		});
	}

	@Test
	void fiftyUpdatesInARowAreAllSeenInTheEndAndEachByItself() {
		ConsulAgent agent = agent(ConsulAgent.Options::dev);
		start(null);
		awaitSet((set) -> assertThat(set.intentions()).isEmpty());
		List<String> sources = IntStream.range(0, 50).mapToObj((i) -> "source-" + i).toList();
		List<String> ids = new ArrayList<>();
		sources.forEach((source) -> ids.add(create(agent, source, "api", "deny")));
		awaitSet((set) -> assertThat(set.intentions()).extracting(Intention::source)
			.containsExactlyInAnyOrderElementsOf(sources));
		for (int i = 0; i < 50; i++) {
			String source = sources.get(i);
			agent.put("/v1/connect/intentions/" + ids.get(i), body(source, "api", "allow"));
			await(() -> assertThat(allowed(source)).isTrue());
		}
	}

	@Test
	void whileTheAgentIsAwayDecisionsGoOnAndWhatChangedMeanwhileIsSeenAfterwards() {
		ConsulAgent agent = agent(ConsulAgent.Options::acls);
		String id = create(agent, "web", "api", "allow");
		start(agent.serviceToken("api"));
		await(() -> assertThat(allowed("web")).isTrue());
		agent.kill();
		await(() -> assertThat(watch().state()).isEqualTo(WatchStatus.State.STALE));
		assertThat(allowed("web")).isTrue();
		assertThat(allowed("other")).isFalse();
		agent.startAgain();
		agent.put("/v1/connect/intentions/" + id, body("web", "api", "deny"));
		Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !allowed("web"));
		agent.put("/v1/connect/intentions/" + id, body("web", "api", "allow"));
		await(() -> assertThat(allowed("web")).isTrue());
	}

	private ConsulAgent agent(UnaryOperator<ConsulAgent.Options> wishes) {
		ConsulAgent agent = ConsulAgent.start(wishes);
		this.agent = agent;
		return agent;
	}

	private void start(@Nullable String token) {
		ConsulAgent agent = Objects.requireNonNull(this.agent);
		this.consul = new ConsulClient(
				new ConsulConnection(agent.uri(), () -> token, null, null, null, null, null, false), this.loops);
		this.trustDomain = agent.trustDomain();
		this.authorizer = new Authorizer(
				new AgentIntentionSource(this.consul, this.watches, "api", null, AuthorizerSettings.DEFAULTS),
				CompletableFuture.completedFuture(id("api")), AuthorizerSettings.DEFAULTS, Clock.systemUTC());
		this.authorizer.onChange(this.changes::incrementAndGet);
		this.authorizer.start();
	}

	private SpiffeId id(String service) {
		return new SpiffeId(this.trustDomain, SpiffeId.DEFAULT, SpiffeId.DEFAULT, "dc1", service);
	}

	private Authorizer authorizer() {
		return Objects.requireNonNull(this.authorizer);
	}

	private boolean allowed(String source) {
		return authorizer().connection(id(source)).allowed();
	}

	private WatchStatus watch() {
		return this.watches.statuses().get(0);
	}

	private static String create(ConsulAgent agent, String source, String destination, String action) {
		return agent.post("/v1/connect/intentions", body(source, destination, action)).get("ID").asString();
	}

	private static Map<String, String> body(String source, String destination, String action) {
		return Map.of("SourceName", source, "DestinationName", destination, "Action", action);
	}

	private void awaitSet(Consumer<IntentionSet> assertion) {
		await(() -> {
			IntentionSet set = authorizer().status().set();
			assertThat(set).isNotNull();
			assertion.accept(Objects.requireNonNull(set));
		});
	}

	private static void await(ThrowingRunnable assertion) {
		Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(20)).untilAsserted(assertion);
	}

}
