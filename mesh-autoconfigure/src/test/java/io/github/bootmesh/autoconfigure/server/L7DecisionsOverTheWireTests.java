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

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Intention;
import io.github.bootmesh.intention.Naive;
import io.github.bootmesh.testing.Conformance;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The decisions of a real Envoy, as our server makes them. What Envoy refuses may also
 * end with the connection, where L4 already denies.
 */
@ParameterizedClass
@EnumSource(Stack.class)
class L7DecisionsOverTheWireTests {

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private static final Map<String, TestCa.Issued> LEAVES = new ConcurrentHashMap<>();

	private static final TestIdentities IDENTITIES = TestIdentities.of(CA, "api");

	private static @Nullable TestServer server;

	@Parameter
	private @Nullable Stack stack;

	@BeforeParameterizedClassInvocation
	static void start(Stack stack) {
		server = TestServer.start(stack, IDENTITIES, List.of(Anything.class));
	}

	@AfterParameterizedClassInvocation
	static void stop() {
		server().close();
	}

	@AfterAll
	static void end() {
		IDENTITIES.close();
	}

	private static TestServer server() {
		return Objects.requireNonNull(server);
	}

	static List<Conformance.Case> cases() {
		return Conformance.cases();
	}

	@ParameterizedTest
	@MethodSource("cases")
	void everyDecisionIsTheOneThatIsDue(Conformance.Case one) {
		server().intentions().deliver(one.defaultAllow(), one.intentions().toArray(Intention[]::new));
		for (Conformance.Call call : one.calls()) {
			assertThat(status(call)).as("%s", call).isIn(due(one, call));
		}
	}

	// 0 is a connection that ends unanswered.
	private static List<Integer> due(Conformance.Case one, Conformance.Call call) {
		SpiffeId source = service(call.source());
		if (!Naive.connects(service("api"), one.intentions(), one.defaultAllow(), source, false)) {
			return List.of(0);
		}
		if (!call.ambiguous()) {
			return List.of(call.status());
		}
		boolean allowed = Naive.allows(service("api"), one.intentions(), one.defaultAllow(), source,
				call.facts(call.normalizedPath()));
		return List.of(400, allowed ? 200 : 403);
	}

	private static SpiffeId service(String name) {
		return new SpiffeId(CA.trustDomain(), "default", "default", "dc1", name);
	}

	private static int status(Conformance.Call call) {
		StringBuilder head = new StringBuilder(call.method()).append(' ')
			.append(call.path())
			.append(" HTTP/1.1\r\nHost: ")
			.append(call.host())
			.append("\r\n");
		call.headers()
			.forEach((header) -> head.append(header.name()).append(": ").append(header.value()).append("\r\n"));
		return RawClient.status(server().port(), LEAVES.computeIfAbsent(call.source(), CA::leaf), head.toString());
	}

	/**
	 * Answers whatever it is asked.
	 */
	@Configuration(proxyBeanMethods = false)
	@RestController
	static class Anything {

		@RequestMapping("/**")
		String anything() {
			return "anything";
		}

	}

}
