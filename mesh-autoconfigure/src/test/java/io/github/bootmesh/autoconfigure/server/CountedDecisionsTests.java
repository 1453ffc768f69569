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

package io.github.bootmesh.autoconfigure.server;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.netty.http.HttpProtocol;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Decision.Outcome;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.Decisions.Layer;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What operators learn of the calls that were decided on.
 */
@ExtendWith(OutputCaptureExtension.class)
class CountedDecisionsTests {

	private static final Duration WAIT = Duration.ofSeconds(20);

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final TestIdentities identities = TestIdentities.of(CA, "web");

	private final TestServer server = TestServer.start(this.identities,
			"logging.level.io.github.bootmesh.autoconfigure=debug");

	@AfterEach
	void close() {
		this.server.close();
		this.identities.close();
	}

	@Test
	void whenCallsAreDecidedOnThenEachIsCountedAndTheLogExplainsTheRefused(CapturedOutput output) {
		Permission slow = new Permission(false, new PathRule(PathKind.PREFIX, "/slow"), Set.of(), List.of());
		this.server.intentions()
			.deliver(true, TestIntentions.intention("client", "web", new IntentionRule.Permissions(List.of(slow))),
					TestIntentions.intention("*", "web", IntentionRule.DENY));
		try (TestClient client = TestClient.withOneConnection(CA.leaf("client"));
				TestClient stranger = TestClient.of(CA.leaf("stranger"), HttpProtocol.HTTP11)) {
			client.get(this.server.port(), "/peer").block(WAIT);
			assertThatException().isThrownBy(() -> client.get(this.server.port(), "/slow").block(WAIT));
			assertThatException().isThrownBy(() -> stranger.get(this.server.port(), "/peer").block(WAIT));
		}
		assertThat(count("client", Layer.CONNECTION, Outcome.ALLOWED)).isPositive();
		assertThat(count("client", Layer.REQUEST, Outcome.ALLOWED)).isOne();
		assertThat(count("client", Layer.REQUEST, Outcome.DENIED)).isOne();
		assertThat(count(Decisions.OTHER, Layer.CONNECTION, Outcome.DENIED)).isPositive();
		assertThat(count(Decisions.OTHER, Layer.REQUEST, Outcome.ALLOWED)).isZero();
		assertThat(output).contains("match:    permissions of client => web",
				"match:    deny by permission 1 of client => web", "DENIED: deny by permission 1 of client => web");
		assertThat(output).containsPattern("Refused a connection of spiffe://\\S+/svc/stranger: deny \\* => web")
			.contains("no match: permissions of client => web (precedence 9): source is another service",
					"match:    deny * => web (precedence 8): all of it matches",
					"DENIED: deny * => web (precedence 8)");
	}

	private long count(String source, Layer layer, Outcome outcome) {
		return this.server.context()
			.getBean(Decisions.class)
			.counts()
			.stream()
			.filter((count) -> count.source().equals(source) && count.layer() == layer && count.outcome() == outcome)
			.mapToLong((count) -> count.value().sum())
			.sum();
	}

}
