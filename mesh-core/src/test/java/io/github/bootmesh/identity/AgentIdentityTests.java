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

package io.github.bootmesh.identity;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.WatchSettings;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The way from the agent's HTTP to the identity in use.
 */
class AgentIdentityTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	private static final String ROOTS = "/v1/agent/connect/ca/roots";

	private static final String LEAF = "/v1/agent/connect/ca/leaf/orders";

	private static final ConsulLimits LIMITS = ConsulLimits.DEFAULTS.withTimeout(Duration.ofSeconds(1));

	private final LoopResources loops = LoopResources.create("identity-test", 1, true);

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false), this.loops,
			LIMITS);

	private final Watches watches = new Watches(
			WatchSettings.DEFAULTS.withBackoff(Duration.ofMillis(20), Duration.ofMillis(100))
				.withWaitTime(Duration.ofSeconds(1)),
			LIMITS);

	private final MeshIdentity identity = new MeshIdentity(new AgentIdentitySource(this.consul, this.watches, "orders"),
			TestIdentities.expectation("orders"), Clock.systemUTC());

	private TestCa ca = TestCa.create(TRUST_DOMAIN);

	private final List<TestCa> roots = new ArrayList<>(List.of(this.ca));

	private long index = 10;

	@AfterEach
	void close() {
		this.identity.close();
		assertThat(this.watches.statuses()).isEmpty();
		this.watches.close();
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void theIdentityComesFromTheAgent() {
		join();
		assertThat(this.identity.current().spiffeId()).hasToString(this.ca.uri("orders"));
		assertThat(this.identity.status().problem()).isNull();
		assertThat(this.watches.statuses()).extracting(WatchStatus::name).containsExactly("ca-roots", "leaf:orders");
	}

	@Test
	void anAgentThatComesLateIsWaitedFor() {
		this.agent.stop();
		this.identity.start();
		awaitTrue(() -> this.watches.statuses().stream().anyMatch((watch) -> watch.state() == WatchStatus.State.STALE));
		assertThat(this.identity.status().usable()).isFalse();
		answerRoots();
		answerLeaf(this.ca.leaf("orders"));
		this.agent.restart();
		awaitGeneration(1);
	}

	@Test
	void leafAndRootRotationsMakeNewGenerations() {
		join();
		answerLeaf(this.ca.leaf("orders"));
		awaitGeneration(2);
		this.ca = this.ca.rotate();
		this.roots.add(this.ca);
		answerRoots();
		awaitGeneration(3);
		answerLeaf(this.ca.leaf("orders"));
		awaitGeneration(4);
		assertThat(this.identity.current().roots()).hasSize(2);
	}

	@Test
	void aStaleFirstLeafIsReplacedByTheBlockingQuery() {
		TestCa old = this.ca;
		this.ca = this.ca.rotate();
		this.roots.add(this.ca);
		answerRoots();
		answerLeaf(old.leaf("orders"));
		this.identity.start();
		awaitTrue(() -> this.identity.status().rejections().containsKey("stale"));
		assertThat(this.identity.ready().toCompletableFuture()).isNotDone();
		awaitTrue(() -> this.agent.requests(LEAF).stream().anyMatch((request) -> request.query().containsKey("index")));
		answerLeaf(this.ca.leaf("orders"));
		awaitGeneration(1);
	}

	static Stream<Answer> faults() {
		return Stream.of(Answer.text(403, "Permission denied"), Answer.text(403, "ACL not found"),
				Answer.text(429, "Rate limit reached, try again later"), Answer.text(500, "No cluster leader"),
				Answer.text(503, "busy"), Answer.garbage(), Answer.json("{\"CertPEM\":\"half"), Answer.json("[]"),
				Answer.json("null"), Answer.json("{}"), Answer.json("{\"CertPEM\":\"1234567890\"}").cut(),
				Answer.silence());
	}

	@ParameterizedTest
	@MethodSource("faults")
	void aFaultyAgentLeavesTheIdentityAndTheNextOneIsTaken(Answer fault) {
		join();
		IdentityGeneration before = this.identity.current();
		this.agent.answer(LEAF, fault.index(this.index + 100));
		this.agent.answer(ROOTS, fault.index(this.index + 100));
		awaitTrue(() -> this.watches.statuses().stream().allMatch((watch) -> watch.state() == WatchStatus.State.STALE));
		assertThat(this.identity.current()).isSameAs(before);
		assertThat(this.identity.status().usable()).isTrue();
		answerRoots();
		answerLeaf(this.ca.leaf("orders"));
		awaitGeneration(2);
	}

	@Test
	void aLeafOfNoUseLeavesTheIdentityAndIsToldWhy() {
		join();
		IdentityGeneration before = this.identity.current();
		TestCa.Issued good = this.ca.leaf("orders");
		answerLeaf(this.ca.leaf("billing"));
		awaitRejection("other-service");
		answerLeaf("-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n", good.keyPem());
		awaitRejection("unreadable");
		answerLeaf(good.chainPem(), this.ca.leaf("orders").keyPem());
		awaitRejection("key-mismatch");
		assertThat(this.identity.current()).isSameAs(before);
		String status = this.identity.status().toString();
		assertThat(status).doesNotContain("BEGIN").doesNotContain(good.keyPem().lines().toList().get(1));
		answerLeaf(good);
		awaitGeneration(2);
		assertThat(this.identity.status().problem()).isNull();
	}

	private void join() {
		answerRoots();
		answerLeaf(this.ca.leaf("orders"));
		this.identity.start();
		awaitGeneration(1);
	}

	// The last one is the active one.
	private void answerRoots() {
		List<Map<String, Object>> list = this.roots.stream()
			.map((root) -> Map.<String, Object>of("ID", "id" + this.roots.indexOf(root), "Name", "Test CA", "RootCert",
					TestCa.pem(List.of(root.root())), "SigningKeyID", AgentIdentitySourceTests.signingKeyId(root),
					"Active", root == this.ca))
			.toList();
		this.agent.answer(ROOTS,
				Answer
					.json(new JsonMapper().writeValueAsString(Map.of("ActiveRootID", "id" + this.roots.indexOf(this.ca),
							"TrustDomain", TRUST_DOMAIN, "Roots", list)))
					.index(this.index++));
	}

	private void answerLeaf(TestCa.Issued leaf) {
		answerLeaf(leaf.chainPem(), leaf.keyPem());
	}

	private void answerLeaf(String chain, String key) {
		Instant now = Instant.now();
		this.agent.answer(LEAF,
				Answer.json(new JsonMapper().writeValueAsString(Map.of("CertPEM", chain, "PrivateKeyPEM", key,
						"Service", "orders", "ServiceURI", this.ca.uri("orders"), "ValidAfter", now.toString(),
						"ValidBefore", now.plus(Duration.ofHours(72)).toString())))
					.index(this.index++));
	}

	private void awaitGeneration(long number) {
		Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> this.identity.current().number() == number);
	}

	private void awaitRejection(String reason) {
		awaitTrue(() -> this.identity.status().rejections().containsKey(reason));
	}

	private static void awaitTrue(Callable<Boolean> condition) {
		Awaitility.await().atMost(PATIENCE).until(condition);
	}

}
