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

package io.github.bootmesh.autoconfigure.upstream;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.bootmesh.testing.ScriptedAgent.Answer;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class ProtocolWarningTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final String INTENTIONS = "/v1/connect/intentions/match";

	private final StreamMesh mesh = new StreamMesh();

	@BeforeEach
	void speakHttp() {
		this.mesh.agent.answer("/v1/discovery-chain/page", Answer.json("{\"Chain\":{\"Protocol\":\"http\"}}"));
	}

	@AfterEach
	void close() throws Exception {
		this.mesh.close();
	}

	private void assertTells(CapturedOutput output, String level, String what) {
		this.mesh.runner()
			.withPropertyValues("bootmesh.upstreams.books.destination-name=page",
					"bootmesh.upstreams.books.local-bind-port=0")
			.run((context) -> Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(output.toString().lines())
					.filteredOn((line) -> line.contains("in Consul that of 'page' is http"))
					.singleElement()
					.asString()
					.contains(level, "Upstream 'books'", what)));
	}

	@Test
	void whenPermissionsDecideOnThisServiceThenItWarnsThatConnectionsFail(CapturedOutput output) {
		this.mesh.agent.answer(INTENTIONS, Answer.json("""
				{"page": [{"SourceNS": "default", "SourceName": "orders", "DestinationNS": "default",
				"DestinationName": "page", "SourceType": "consul", "Precedence": 9,
				"Permissions": [{"Action": "allow", "HTTP": {"PathExact": "/"}}]}]}"""));
		assertTells(output, "WARN", "permissions of an intention decide on what this service may request there");
	}

	@Test
	void whenThereAreNoPermissionsThenItDoesNotWarn(CapturedOutput output) {
		this.mesh.agent.answer(INTENTIONS, Answer.json("{\"page\": null}"));
		assertTells(output, "INFO", "Envoy in front of it");
	}

	@Test
	void whenTheTokenMayNotReadTheIntentionsThenItWarnsOfWhatMayBe(CapturedOutput output) {
		this.mesh.agent.answer(INTENTIONS, Answer.text(403, "Permission denied"));
		assertTells(output, "WARN", "If intentions that this service cannot read have permissions");
	}

}
