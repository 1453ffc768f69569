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

package io.github.bootmesh.consul;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;
import io.github.bootmesh.testing.ScriptedAgent.Request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the client asks about intentions.
 */
class ConsulIntentionsTests {

	private static final String MATCH = "/v1/connect/intentions/match";

	private static final String LIST = "/v1/connect/intentions";

	private static final Duration LONG = Duration.ofSeconds(20);

	private static final SpiffeId WEB = new SpiffeId("mesh.consul", "default", "default", "dc1", "web");

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final LoopResources loops = LoopResources.create("consul-test", 1, true);

	private final ConsulClient client = client(null, null);

	@AfterEach
	void close() {
		this.client.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, LONG).block();
	}

	@Test
	void readsIntentionsWithAllTheirFields() {
		Recorded recorded = Recorded.of("intentions-match");
		this.agent.answer(recorded.path(), recorded.answer());
		ConsulAnswer<JsonNode> answer = answerOf(this.client.intentions("api", ConsulQuery.NOW));
		assertThat(answer.body()).isEqualTo(recorded.body());
		assertThat(answer.index()).isEqualTo(47);
		assertThat(answer.defaultAclPolicy()).isEqualTo("deny");
		assertThat(lastRequest().query()).isEqualTo(Map.of("by", "destination", "name", "api", "consistent", ""));
	}

	@Test
	void asksForIntentionsThatBlock() {
		this.agent.answer(MATCH, Answer.json("{\"api\": null}"));
		ConsulAnswer<JsonNode> answer = answerOf(
				this.client.intentions("api", ConsulQuery.after(7, Duration.ofSeconds(1))));
		assertThat(answer.index()).isZero();
		assertThat(lastRequest().query())
			.isEqualTo(Map.of("by", "destination", "name", "api", "consistent", "", "index", "7", "wait", "1s"));
	}

	@Test
	void asksForIntentionsOfItsNamespaceAndPartition() {
		this.agent.answer(MATCH, Answer.json("{\"api\": null}"));
		try (ConsulClient scoped = client("team", "east")) {
			answerOf(scoped.intentions("api", ConsulQuery.NOW));
			assertThat(lastRequest().query()).containsEntry("ns", "team").containsEntry("partition", "east");
			assertThat(scoped.partition()).isEqualTo("east");
		}
		assertThat(this.client.partition()).isEqualTo("default");
	}

	@Test
	void aTokenThatMayNotReadIntentionsIsRefused() {
		Recorded recorded = Recorded.of("intentions-match-denied");
		this.agent.answer(recorded.path(), recorded.answer());
		assertThat(failure(this.client.intentions("api", ConsulQuery.NOW), ConsulException.Refused.class))
			.hasMessageContaining("lacks permission 'intention:read'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{", "{\"api\": [], \"api\": null}", "{\"api\": [{\"a\": 1, \"a\": 2}]}",
			"{\"api\": null} {}", "{\"api\": [NaN]}" })
	void intentionsThatAreNotOneJsonDocumentAreUnreadable(String body) {
		this.agent.answer(MATCH, Answer.json(body).index(1));
		failure(this.client.intentions("api", ConsulQuery.NOW), ConsulException.Unreadable.class);
	}

	@Test
	void intentionsNestedWithoutEndAreUnreadable() {
		this.agent.answer(MATCH, Answer.json("[".repeat(100_000)).index(1));
		failure(this.client.intentions("api", ConsulQuery.NOW), ConsulException.Unreadable.class);
	}

	@Test
	void aNameThatIsNoNameIsNotAskedFor() {
		failure(this.client.intentions("a/b", ConsulQuery.NOW), ConsulException.Invalid.class);
		assertThat(this.agent.requests()).isEmpty();
	}

	@Test
	void readsTheIndexOfAllIntentionsWithoutThem() {
		Recorded recorded = Recorded.of("intentions");
		this.agent.answer(LIST, recorded.answer());
		assertThat(answerOf(this.client.intentionsIndex())).isEqualTo(47);
		assertThat(lastRequest().query()).containsOnlyKeys("filter", "consistent");
	}

	@Test
	void withoutAnIndexThereIsNoneToBlockBy() {
		this.agent.answer(LIST, Answer.json("[]"));
		failure(this.client.intentionsIndex(), ConsulException.Unreadable.class);
	}

	@ParameterizedTest
	@CsvSource(textBlock = """
			authorize-default, false, Default behavior configured by ACLs
			authorize-l4, true, 'Matched L4 intention: default/api => default/billing (Precedence: 9, Action: ALLOW)'
			authorize-l7, false, 'Matched L7 intention: default/web => default/api (Precedence: 9, Permissions: 3)'
			""")
	void readsWhatTheAgentWouldDecide(String name, boolean authorized, String reason) {
		Recorded recorded = Recorded.of(name);
		this.agent.answer(recorded.path(), recorded.answer());
		assertThat(answerOf(this.client.authorize("api", WEB))).isEqualTo(new Authorization(authorized, reason));
		assertThat(lastRequest().method()).isEqualTo("POST");
		assertThat(lastRequest().headers()).containsEntry("Content-Type", "application/json");
		assertThat(lastRequest().body()).contains("\"Target\":\"api\"")
			.contains("\"ClientCertURI\":\"spiffe://mesh.consul/ns/default/dc/dc1/svc/web\"");
	}

	@Test
	void readsTheVersionOfNewAndOldAgents() {
		Recorded missing = Recorded.of("agent-version");
		this.agent.answer(missing.path(), missing.answer());
		Recorded denied = Recorded.of("agent-self-denied");
		this.agent.answer(denied.path(), denied.answer());
		failure(this.client.agentVersion(), ConsulException.Refused.class);
		this.agent.answer(denied.path(), Answer.json("{\"Config\": {\"Version\": \"1.13.9\"}}"));
		assertThat(answerOf(this.client.agentVersion())).isEqualTo("1.13.9");
		this.agent.answer(missing.path(), Answer.json("{\"SHA\": \"abc\", \"HumanVersion\": \"1.18.1+ent\"}"));
		assertThat(answerOf(this.client.agentVersion())).isEqualTo("1.18.1+ent");
		this.agent.answer(missing.path(), Answer.json("{\"HumanVersion\": 7}"));
		assertThat(answerOf(this.client.agentVersion())).doesNotContain(".");
	}

	private ConsulClient client(@Nullable String namespace, @Nullable String partition) {
		return new ConsulClient(
				new ConsulConnection(this.agent.url(), () -> null, null, null, null, namespace, partition, false),
				this.loops);
	}

	private Request lastRequest() {
		return this.agent.requests().get(this.agent.requests().size() - 1);
	}

	private static <T> T answerOf(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(LONG));
	}

	private static <E extends ConsulException> E failure(Mono<?> mono, Class<E> type) {
		return assertThatExceptionOfType(type).isThrownBy(() -> mono.block(LONG)).actual();
	}

}
