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
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.intention.PermissionsProbe.Finding;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class PermissionsProbeTests {

	private static final String MATCH = "/v1/connect/intentions/match";

	private static final SpiffeId WEB = new SpiffeId("mesh.consul", "default", "default", "dc1", "web");

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final LoopResources loops = LoopResources.create("test", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false), this.loops);

	@AfterEach
	void close() {
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	private static String permissions(String source, String more) {
		return """
				{'SourceNS': 'default', 'SourceName': '%s', 'DestinationNS': 'default', 'DestinationName': 'ledger',
				'SourceType': 'consul', 'Precedence': 9,
				'Permissions': [{'Action': 'allow', 'HTTP': {'PathPrefix': '/entries'%s}}]}""".formatted(source, more);
	}

	private @Nullable Finding find(String... intentions) {
		this.agent.answer(MATCH, Answer.json(Answers.about("ledger", intentions)));
		return ask(Destination.service("ledger"));
	}

	private @Nullable Finding ask(Destination destination) {
		return new PermissionsProbe(this.consul).ask(WEB, destination).block(Duration.ofSeconds(20));
	}

	@Test
	void whenPermissionsDecideOnTheSourceThenTheyAreFound() {
		assertThat(find(permissions("web", ""))).isEqualTo(Finding.PERMISSIONS);
		assertThat(find(permissions("*", ""))).isEqualTo(Finding.PERMISSIONS);
		assertThat(this.agent.requests(MATCH).get(0).query()).containsEntry("by", "destination")
			.containsEntry("name", "ledger");
	}

	@Test
	void whenAMoreExactIntentionDecidesThenPermissionsOfAnotherAreNone() {
		assertThat(find(permissions("*", ""), Answers.intention("web", "ledger", "allow"))).isEqualTo(Finding.NONE);
		assertThat(find(permissions("billing", ""))).isEqualTo(Finding.NONE);
		assertThat(find(permissions("web", ""), Answers.intention("*", "ledger", "allow")))
			.isEqualTo(Finding.PERMISSIONS);
	}

	@Test
	void whenIntentionsHaveActionsOnlyAsBeforeConsul19ThenThereAreNone() {
		assertThat(find(Answers.intention("web", "ledger", "deny"))).isEqualTo(Finding.NONE);
		this.agent.answer(MATCH, Answer.json("{\"ledger\":null}"));
		assertThat(ask(Destination.service("ledger"))).isEqualTo(Finding.NONE);
	}

	@Test
	void whenTheIntentionsCannotBeReadThenItIsNotKnown() {
		for (Answer answer : List.of(Answer.text(403, "Permission denied"), Answer.text(404, "Not found"),
				Answer.text(400, "Bad request"), Answer.garbage())) {
			this.agent.answer(MATCH, answer);
			assertThat(ask(Destination.service("ledger"))).isEqualTo(Finding.UNKNOWN);
		}
		assertThat(find(permissions("web", ", 'Novelty': true"))).isEqualTo(Finding.UNKNOWN);
		assertThat(find(permissions("billing", ", 'Novelty': true"))).isEqualTo(Finding.NONE);
		this.agent.answer(MATCH, Answer.json("{\"billing\":[]}"));
		assertThat(ask(Destination.service("ledger"))).isEqualTo(Finding.UNKNOWN);
		assertThat(ask(new Destination(Destination.Kind.SERVICE, "ledger", null, "team", null)))
			.isEqualTo(Finding.UNKNOWN);
	}

	@Test
	void whenTheAgentFailsThenThatIsNoFinding() {
		this.agent.answer(MATCH, Answer.text(500, "No cluster leader"));
		assertThatExceptionOfType(ConsulException.Server.class).isThrownBy(() -> ask(Destination.service("ledger")));
	}

	@Test
	void whenAskedThenItTakesNoneOfTheConnectionsOfIdentityAndIntentions() {
		ConsulLimits limits = ConsulLimits.DEFAULTS;
		int places = limits.connections() - limits.polls() - limits.calls();
		this.agent.answer("/v1/agent/connect/ca/roots", Answer.json("{}").index(7));
		List<Disposable> waiting = IntStream.range(0, places)
			.mapToObj((i) -> this.consul.caRoots(ConsulQuery.after(7, Duration.ofMinutes(1))).subscribe())
			.toList();
		Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> this.agent.blocked() == places);
		this.agent.answer(MATCH, Answer.json(Answers.about("ledger")));
		assertThat(ask(Destination.service("ledger"))).isEqualTo(Finding.NONE);
		assertThat(this.agent.requests(MATCH)).last()
			.satisfies((request) -> assertThat(request.query()).doesNotContainKey("consistent"));
		waiting.forEach(Disposable::dispose);
	}

}
