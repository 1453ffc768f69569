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

import java.security.cert.X509Certificate;
import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.AuthorizerStatus;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.Decision.Outcome;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.Explanation;
import io.github.bootmesh.intention.RequestFacts;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is told of decisions on requests.
 */
@ExtendWith(OutputCaptureExtension.class)
class RequestGateTests {

	private static final Decision ALLOWED = new Decision(Outcome.ALLOWED, "a rule that allows");

	private static final Decision DENIED = new Decision(Outcome.DENIED, "a rule that denies");

	private final Logger logger = (Logger) LoggerFactory.getLogger(RequestGate.class);

	private final Authorizer authorizer = Mockito.mock(Authorizer.class);

	private final RequestFacts request = Mockito.mock(RequestFacts.class);

	private RequestGate gate;

	private Caller caller;

	@BeforeEach
	void setUp() {
		this.logger.setLevel(Level.DEBUG);
		BDDMockito.given(this.authorizer.status())
			.willReturn(new AuthorizerStatus(null, null, null, true, null, null, 0));
		this.gate = new RequestGate(this.authorizer, new Decisions(this.authorizer),
				Mockito.mock(PlaintextCallers.class));
		this.caller = Caller.of(new MeshPeer(SpiffeId.parse("spiffe://ours.consul/ns/default/dc/dc1/svc/client"),
				Mockito.mock(X509Certificate.class)));
	}

	@AfterEach
	void reset() {
		this.logger.setLevel(null);
	}

	private void decides(Decision decision, Decision explained) {
		BDDMockito.given(this.authorizer.request(ArgumentMatchers.any(), ArgumentMatchers.any())).willReturn(decision);
		BDDMockito.given(this.authorizer.explain(ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willReturn(
					new Explanation(explained, List.of(new Explanation.Step(explained.rule(), true, "it matches"))));
	}

	@Test
	void whenIntentionsChangeBehindARefusalThenTheLogDoesNotExplainAnotherDecision(CapturedOutput output) {
		decides(DENIED, ALLOWED);
		this.gate.decide(this.caller, this.request);
		assertThat(output).contains("a rule that denies\nthe intentions have changed since")
			.doesNotContain("a rule that allows");
	}

	@Test
	void whenARequestIsRefusedThenTheLogExplainsTheRefusal(CapturedOutput output) {
		decides(DENIED, DENIED);
		this.gate.decide(this.caller, this.request);
		assertThat(output).contains("match:    a rule that denies: it matches\nDENIED: a rule that denies");
	}

	@Test
	void whenTheDecisionFailsThenItIsDeniedAndNothingElseIsAsked(CapturedOutput output) {
		decides(DENIED, DENIED);
		BDDMockito.given(this.authorizer.request(ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willThrow(new IllegalStateException("of the test"));
		BDDMockito.given(this.authorizer.explain(ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willThrow(new IllegalStateException("of the test"));
		assertThat(this.gate.decide(this.caller, this.request).outcome()).isEqualTo(Outcome.DENIED);
		assertThat(output).contains("Could not decide");
	}

}
