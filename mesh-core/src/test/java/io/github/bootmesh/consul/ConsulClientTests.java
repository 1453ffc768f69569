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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.Destination;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;
import io.github.bootmesh.testing.ScriptedAgent.Request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ConsulClientTests {

	private static final String ROOTS = "/v1/agent/connect/ca/roots";

	private static final String LEAF = "/v1/agent/connect/ca/leaf/web";

	private static final Duration LONG = Duration.ofSeconds(20);

	private final LoopResources loops = LoopResources.create("consul-test", 1, true);

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final ConsulClient client = client(connection("secret-token"));

	@AfterEach
	void close() {
		this.client.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, LONG).block();
	}

	private ConsulConnection connection(@Nullable String token) {
		return new ConsulConnection(this.agent.url(), () -> token, null, null, null, null, null, false);
	}

	private ConsulClient client(ConsulConnection connection) {
		return client(connection, ConsulLimits.DEFAULTS);
	}

	private ConsulClient client(ConsulConnection connection, ConsulLimits limits) {
		return new ConsulClient(connection, this.loops, limits);
	}

	private Request lastRequest() {
		List<Request> requests = this.agent.requests();
		return requests.get(requests.size() - 1);
	}

	private static <T> T answerOf(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(LONG));
	}

	private static <E extends ConsulException> E failure(Mono<?> mono, Class<E> type) {
		return assertThatExceptionOfType(type).isThrownBy(() -> mono.block(LONG)).actual();
	}

	@Test
	void readsRoots() {
		Recorded recorded = Recorded.of("roots");
		this.agent.answer(recorded.path(), recorded.answer());
		ConsulAnswer<CaRoots> answer = answerOf(this.client.caRoots(ConsulQuery.NOW));
		assertThat(answer.index()).isEqualTo(12);
		assertThat(answer.defaultAclPolicy()).isEqualTo("deny");
		assertThat(answer.body().trustDomain()).isEqualTo("0f425b54-6dc8-4488-c816-8133e036526a.consul");
		assertThat(answer.body().roots()).singleElement().satisfies((root) -> {
			assertThat(root.id()).isEqualTo(answer.body().activeRootId());
			assertThat(root.active()).isTrue();
			assertThat(root.intermediateCerts()).isEmpty();
			assertThat(root.rootCert()).startsWith("-----BEGIN CERTIFICATE-----");
		});
	}

	@Test
	void readsRootsWithASerialNumberBeyondLong() {
		String roots = Recorded.of("roots")
			.answer()
			.body()
			.replace("\"SerialNumber\":10", "\"SerialNumber\":18446744073709551615");
		assertThat(roots).contains("18446744073709551615");
		this.agent.answer(ROOTS, Answer.json(roots));
		assertThat(answerOf(this.client.caRoots(ConsulQuery.NOW)).body().roots()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "leaf", "leaf-blocking-timeout" })
	void readsALeaf(String name) {
		Recorded recorded = Recorded.of(name);
		this.agent.answer(recorded.path(), recorded.answer());
		Leaf leaf = answerOf(this.client.leaf("web", ConsulQuery.NOW)).body();
		assertThat(leaf.service()).isEqualTo("web");
		assertThat(leaf.serviceUri()).endsWith("/ns/default/dc/dc1/svc/web");
		assertThat(leaf.certPem()).startsWith("-----BEGIN CERTIFICATE-----");
		assertThat(leaf.privateKeyPem()).startsWith("-----BEGIN EC PRIVATE KEY-----");
		assertThat(leaf.validBefore()).isEqualTo(Instant.parse("2026-11-26T02:43:41Z"));
		assertThat(leaf).asString().doesNotContain("-----BEGIN");
	}

	@Test
	void readsInstances() {
		Recorded recorded = Recorded.of("health-connect-api");
		this.agent.answer(recorded.path(), recorded.answer());
		List<ServiceEntry> entries = answerOf(this.client.connectInstances(Destination.service("api"), ConsulQuery.NOW))
			.body();
		assertThat(entries).hasSameSizeAs(recorded.body());
		assertThat(entries.get(0).node()).isEqualTo(new ServiceEntry.Node("node-1", "127.0.0.1", "dc1"));
		assertThat(entries.get(0).service()).isEqualTo(
				new ServiceEntry.Service("connect-proxy", "api-1-sidecar-proxy", "api-sidecar-proxy", "127.0.0.1",
						21010, new ServiceEntry.Weights(1, 1), false, "api", null, null, Map.of("version", "1")));
		assertThat(entries.get(0).checks())
			.contains(new ServiceEntry.Check("service:api-1-sidecar-proxy:1", "critical"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "health-connect-api", "health-connect-api-passing", "health-connect-denied",
			"health-connect-filter", "health-connect-unknown" })
	void readsEveryRecordedListOfInstances(String name) {
		Recorded recorded = Recorded.of(name);
		String path = "/v1/health/connect/api";
		this.agent.answer(path, recorded.answer());
		ConsulAnswer<List<ServiceEntry>> answer = answerOf(
				this.client.connectInstances(Destination.service("api"), ConsulQuery.NOW));
		assertThat(answer.body()).hasSameSizeAs(recorded.body());
		assertThat(answer.index()).isPositive();
	}

	@Test
	void readsNativeInstancesOfAPreparedQuery() {
		Recorded recorded = Recorded.of("query-execute");
		this.agent.answer(recorded.path(), recorded.answer());
		ConsulAnswer<QueryResult> answer = answerOf(
				this.client.executeQuery(Destination.preparedQuery("near-billing"), ConsulQuery.CACHED));
		assertThat(answer.index()).as("prepared queries do not block").isZero();
		assertThat(answer.body().service()).isEqualTo("billing");
		assertThat(answer.body().datacenter()).isEqualTo("dc1");
		assertThat(answer.body().nodes()).singleElement()
			.satisfies((entry) -> assertThat(entry.service().connectNative()).isTrue());
		assertThat(lastRequest().query()).containsEntry("connect", "true").containsKey("cached");
	}

	@Test
	void readsAnAgentsService() {
		Recorded recorded = Recorded.of("agent-service");
		this.agent.answer(recorded.path(), recorded.answer());
		ConsulAnswer<AgentService> answer = answerOf(this.client.agentService("api-1-sidecar-proxy", ConsulQuery.NOW));
		assertThat(answer.hash()).isEqualTo("fcc9a0a51257726a");
		AgentProxy proxy = answer.body().proxy();
		assertThat(answer.body()).isEqualTo(new AgentService("api-1-sidecar-proxy", "api-sidecar-proxy", "127.0.0.1",
				21010, Map.of("version", "1"), proxy));
		assertThat(proxy).isNotNull();
		assertThat(answer.body().proxiedInstance()).isEqualTo("api-1");
	}

	@Test
	void readsTheAggregatedHealthWhateverItsHttpStatus() {
		Recorded recorded = Recorded.of("agent-health");
		this.agent.answer(recorded.path(), recorded.answer());
		assertThat(this.client.agentHealth("web-1").block(LONG)).isEqualTo(CheckStatus.WARNING);
		this.agent.answer(recorded.path(), Answer.json("{\"AggregatedStatus\":\"maintenance\"}").status(503));
		assertThat(this.client.agentHealth("web-1").block(LONG)).isEqualTo(CheckStatus.CRITICAL);
		this.agent.answer(recorded.path(), Answer.text(429, "Your IP is issuing too many concurrent connections"));
		failure(this.client.agentHealth("web-1"), ConsulException.Busy.class);
		this.agent.answer(recorded.path(), Answer.text(404, "ServiceId web-1 not found"));
		failure(this.client.agentHealth("web-1"), ConsulException.NotFound.class);
	}

	@ParameterizedTest
	@CsvSource({ "leaf-denied, Refused", "leaf-unknown-token, Refused", "leaf-bad-name, Server",
			"agent-service-unknown, NotFound", "query-execute-unknown, NotFound", "bad-index, Invalid",
			"bad-wait, Invalid", "register-unknown-field, Invalid", "check-pass-unknown, NotFound" })
	void mapsEveryRecordedError(String name, String kind) {
		Recorded recorded = Recorded.of(name);
		this.agent.answer(LEAF, recorded.answer());
		ConsulException ex = failure(this.client.leaf("web", ConsulQuery.NOW), ConsulException.class);
		assertThat(ex.getClass().getSimpleName()).isEqualTo(kind);
		assertThat(ex).hasMessageContaining(recorded.answer().body()).hasMessageContaining(LEAF);
	}

	@ParameterizedTest
	@CsvSource({ "401, Refused", "403, Refused", "404, NotFound", "429, Busy", "503, Busy", "400, Invalid",
			"405, Invalid", "500, Server", "502, Server", "301, Unreadable", "307, Unreadable" })
	void mapsEveryStatus(int status, String kind) {
		this.agent.answer(ROOTS, Answer.text(status, "why").header("Location", this.agent.url() + "/v1/elsewhere"));
		ConsulException ex = failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.class);
		assertThat(ex.getClass().getSimpleName()).isEqualTo(kind);
		assertThat(ex).hasMessageContaining("GET " + ROOTS + ": " + status + " why");
		assertThat(this.agent.requests("/v1/elsewhere")).as("redirects are not followed").isEmpty();
	}

	@Test
	void anErrorsTextIsBoundedAndHasNoControlCharacters() {
		this.agent.answer(ROOTS, Answer.text(500, "first\r\nsecond\u001b[31m" + "x".repeat(5000)));
		assertThat(failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.Server.class).getMessage())
			.contains("first second [31mxxx")
			.hasSizeLessThan(700);
	}

	@Test
	void anErrorNeverShowsABodyThatMayHoldAKey() {
		String leaf = Recorded.of("leaf").answer().body();
		this.agent.next(LEAF, Answer.json(leaf).status(500), Answer.text(500, leaf), Answer.json(leaf).status(302),
				Answer.json(leaf.replace("\"ValidAfter\":\"", "\"ValidAfter\":\"MHcCAQEE")),
				Answer.json(leaf.replace("\"PrivateKeyPEM\":", "\"PrivateKeyPEM\" MHcCAQEE")), Answer.json(leaf).cut(),
				Answer.json(leaf.substring(0, 1200)));
		for (int i = 0; i < 7; i++) {
			ConsulException ex = failure(this.client.leaf("web", ConsulQuery.NOW), ConsulException.class);
			for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
				assertThat(cause).message().doesNotContain("MHcCAQEE", "PRIVATE KEY");
			}
		}
		assertThat(this.agent.requests(LEAF)).hasSize(7);
	}

	@Test
	void garbageIsUnreadable() {
		this.agent.answer(ROOTS, Answer.garbage());
		assertThat(failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.Unreadable.class)).message()
			.doesNotContain("this is not");
	}

	@ParameterizedTest
	@ValueSource(strings = { "<html>hello</html>", "null", "[]", "{}", "",
			"{\"TrustDomain\":\"x.consul\",\"Roots\":[null]}", "{\"TrustDomain\":\"x.consul\",\"Roots\":\"none\"}",
			"{\"TrustDomain\":\"x.consul\",\"Roots\":[]} more" })
	void anotherBodyThanExpectedIsUnreadable(String body) {
		this.agent.answer(ROOTS, Answer.json(body));
		failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.Unreadable.class);
	}

	@Test
	void halfAnAnswerIsUnreachable() {
		this.agent.answer(ROOTS, Recorded.of("roots").answer().cut());
		failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.Unreachable.class);
	}

	@Test
	void aSilentAgentIsATimeout() {
		try (ConsulClient hasty = client(connection(null), ConsulLimits.DEFAULTS.withTimeout(Duration.ofMillis(200)))) {
			this.agent.answer(ROOTS, Answer.silence());
			failure(hasty.caRoots(ConsulQuery.NOW), ConsulException.Timeout.class);
			failure(hasty.caRoots(ConsulQuery.after(1, Duration.ofMillis(160))), ConsulException.Timeout.class);
		}
	}

	@Test
	void anAgentThatIsNotThereIsUnreachable() {
		this.agent.stop();
		assertThat(failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.Unreachable.class))
			.hasMessageContaining(this.agent.url().toString());
	}

	@Test
	void anAnswerBeyondTheBoundIsUnreadable() {
		ConsulLimits limits = new ConsulLimits(32, 4, 4, 2, LONG, LONG, LONG, 10_000);
		try (ConsulClient bounded = client(connection(null), limits)) {
			String roots = Recorded.of("roots").answer().body();
			this.agent.answer(ROOTS, Answer.json(roots + " ".repeat(10_000 - roots.length())));
			assertThat(bounded.caRoots(ConsulQuery.NOW).block(LONG)).isNotNull();
			this.agent.answer(ROOTS, Answer.json(roots + " ".repeat(10_001 - roots.length())));
			failure(bounded.caRoots(ConsulQuery.NOW), ConsulException.Unreadable.class);
			this.agent.answer(ROOTS, Answer.text(500, "x".repeat(10_001)));
			failure(bounded.caRoots(ConsulQuery.NOW), ConsulException.Unreadable.class);
		}
	}

	@Test
	void aBlockingQueryIsHeldUntilTheIndexMovesOn() {
		this.agent.answer(ROOTS, Recorded.of("roots").answer());
		Mono<ConsulAnswer<CaRoots>> blocking = this.client.caRoots(ConsulQuery.after(12, Duration.ofMillis(1500)))
			.cache();
		blocking.subscribe();
		Awaitility.await().until(() -> this.agent.blocked() == 1);
		assertThat(lastRequest().query()).containsEntry("index", "12").containsEntry("wait", "1500ms");
		this.agent.answer(ROOTS, Recorded.of("roots").answer().index(13));
		assertThat(answerOf(blocking).index()).isEqualTo(13);
	}

	@Test
	void cancellingABlockingQueryClosesItsConnection() {
		this.agent.answer(ROOTS, Recorded.of("roots").answer());
		Disposable running = this.client.caRoots(ConsulQuery.after(12, LONG)).subscribe();
		Awaitility.await().until(() -> this.agent.blocked() == 1);
		running.dispose();
		Awaitility.await().until(() -> this.agent.connections() == 0);
	}

	@Test
	void closingTheClientEndsWhatRuns() {
		this.agent.answer(ROOTS, Answer.silence());
		Mono<?> running = this.client.caRoots(ConsulQuery.NOW).cache();
		running.subscribe((answer) -> {
		}, (ex) -> {
		});
		Awaitility.await().until(() -> !this.agent.requests().isEmpty());
		this.client.close();
		failure(running, ConsulException.Unreachable.class);
		Awaitility.await().until(() -> this.agent.connections() == 0);
		failure(this.client.caRoots(ConsulQuery.NOW), ConsulException.Unreachable.class);
	}

	@Test
	void blocksByHash() {
		this.agent.answer("/v1/agent/service/web-1", Answer.json("{\"ID\":\"web-1\",\"Service\":\"web\"}").hash("h2"));
		this.client.agentService("web-1", ConsulQuery.afterHash("h1", Duration.ofSeconds(10))).block(LONG);
		assertThat(lastRequest().query()).containsEntry("hash", "h1")
			.containsEntry("wait", "10s")
			.doesNotContainKey("index");
	}

	@Test
	void sendsScopeAndDatacenterOnlyWhenSet() {
		this.agent.answer("/v1/health/connect/db", Answer.json("[]").index(1));
		this.agent.answer("/v1/agent/connect/ca/leaf/web", Recorded.of("leaf").answer());
		this.client.connectInstances(Destination.service("db"), ConsulQuery.NOW).block(LONG);
		assertThat(lastRequest().query()).isEmpty();
		ConsulConnection scoped = new ConsulConnection(this.agent.url(), () -> null, null, null, "dc2", "team", "east",
				false);
		try (ConsulClient other = client(scoped)) {
			other.connectInstances(Destination.service("db"), ConsulQuery.NOW).block(LONG);
			assertThat(lastRequest().query())
				.containsExactlyInAnyOrderEntriesOf(Map.of("dc", "dc2", "ns", "team", "partition", "east"));
			other
				.connectInstances(new Destination(Destination.Kind.SERVICE, "db", "dc3", "fin", "west"),
						ConsulQuery.NOW)
				.block(LONG);
			assertThat(lastRequest().query())
				.containsExactlyInAnyOrderEntriesOf(Map.of("dc", "dc3", "ns", "fin", "partition", "west"));
			other.leaf("web", ConsulQuery.NOW).block(LONG);
			assertThat(lastRequest().query())
				.containsExactlyInAnyOrderEntriesOf(Map.of("ns", "team", "partition", "east"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "a/b", "a%2Fb", "a b", "..", "", "a?x=y", "a#b", "a\r\nX-Evil: 1", "ä" })
	void aNameThatConsulDoesNotTakeIsNotSent(String name) {
		failure(this.client.leaf(name, ConsulQuery.NOW), ConsulException.Invalid.class);
		assertThat(this.agent.requests()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", ".", "..", "a\nb" })
	void anIdThatCannotBeASegmentIsNotSent(String id) {
		failure(this.client.agentService(id, ConsulQuery.NOW), ConsulException.Invalid.class);
		failure(this.client.deregister(id), ConsulException.Invalid.class);
		assertThat(this.agent.requests()).isEmpty();
	}

	@Test
	void anIdIsSentAsOneEncodedSegment() {
		this.agent.answer("/v1/agent/service/deregister/web%2F..%2F1%3Fx%23%C3%A4", Answer.text(200, ""));
		this.client.deregister("web/../1?x#ä").block(LONG);
		assertThat(lastRequest().uri()).isEqualTo("/v1/agent/service/deregister/web%2F..%2F1%3Fx%23%C3%A4");
	}

	@Test
	void registersWithNothingThatIsNotSet() {
		this.agent.answer("/v1/agent/service/register", Answer.text(200, ""));
		this.client
			.register(
					new ServiceDefinition("web-1", "web", "10.0.0.1", 8443, List.of(), Map.of(), null, true,
							new ServiceDefinition.TtlCheck("service:web-1", "Readiness", Duration.ofSeconds(30), null)),
					CheckStatus.CRITICAL)
			.block(LONG);
		assertThat(lastRequest().method()).isEqualTo("PUT");
		assertThat(new JsonMapper().readTree(lastRequest().body())).isEqualTo(new JsonMapper().readTree("""
				{"ID":"web-1","Name":"web","Address":"10.0.0.1","Port":8443,"Connect":{"Native":true},
				 "Check":{"CheckID":"service:web-1","Name":"Readiness","TTL":"30s"}}"""));
	}

	@Test
	void registersEverythingThatIsSet() {
		this.agent.answer("/v1/agent/service/register", Answer.text(200, ""));
		this.client
			.register(new ServiceDefinition("web-1", "web", "10.0.0.1", 8443, List.of("blue"), Map.of("version", "1"),
					new ServiceEntry.Weights(5, 2), false,
					new ServiceDefinition.TtlCheck("service:web-1", "Readiness", Duration.ofMillis(1500),
							Duration.ofMinutes(5))),
					CheckStatus.PASSING)
			.block(LONG);
		assertThat(new JsonMapper().readTree(lastRequest().body())).isEqualTo(new JsonMapper().readTree("""
				{"ID":"web-1","Name":"web","Address":"10.0.0.1","Port":8443,"Tags":["blue"],"Meta":{"version":"1"},
				 "Weights":{"Passing":5,"Warning":2},
				 "Check":{"CheckID":"service:web-1","Name":"Readiness","TTL":"1500ms","Status":"passing",
				 "DeregisterCriticalServiceAfter":"300s"}}"""));
	}

	@Test
	void registersASidecarWithACheckThatConnectsToNobody() {
		this.agent.answer("/v1/agent/service/register", Answer.text(200, ""));
		ServiceDefinition definition = new ServiceDefinition("web-1", "web", "10.0.0.1", 8080, List.of("blue"),
				Map.of(), new ServiceEntry.Weights(5, 2), true,
				new ServiceDefinition.TtlCheck("service:web-1", "Readiness", Duration.ofSeconds(30), null))
			.withSidecar(20000, List.of())
			.withExposed(List.of(new ServiceDefinition.ExposedPath("/metrics", 8081, 20001)));
		this.client.register(definition, CheckStatus.CRITICAL).block(LONG);
		assertThat(new JsonMapper().readTree(lastRequest().body())).isEqualTo(new JsonMapper().readTree("""
				{"ID":"web-1","Name":"web","Address":"10.0.0.1","Port":8080,"Tags":["blue"],
				 "Weights":{"Passing":5,"Warning":2},"Connect":{"SidecarService":{"Address":"10.0.0.1","Port":20000,
				 "Meta":{"managed-by":"bootmesh"},"Weights":{"Passing":5,"Warning":2},
				 "Proxy":{"Expose":{"Paths":[{"Path":"/metrics","LocalPathPort":8081,"ListenerPort":20001,
				 "Protocol":"http"}]}},
				 "Checks":[{"Name":"Connect Sidecar Aliasing web-1","AliasService":"web-1"}]}},
				 "Check":{"CheckID":"service:web-1","Name":"Readiness","TTL":"30s"}}"""));
		this.client.register(definition, CheckStatus.PASSING).block(LONG);
		assertThat(new JsonMapper().readTree(lastRequest().body())
			.at("/Connect/SidecarService/Checks/0/Status")
			.asString()).isEqualTo("passing");
	}

	@Test
	void registersUpstreamsInConsulsWordsAndNothingThatIsNotSet() {
		this.agent.answer("/v1/agent/service/register", Answer.text(200, ""));
		Destination ledger = Destination.service("ledger");
		Destination near = new Destination(Destination.Kind.PREPARED_QUERY, "near", "dc2", "finance", "eu");
		ServiceDefinition definition = new ServiceDefinition("web-1", "web", "10.0.0.1", 8080, List.of(), Map.of(),
				null, true, new ServiceDefinition.TtlCheck("service:web-1", "Readiness", Duration.ofSeconds(30), null))
			.withSidecar(20000, List.of(new ServiceDefinition.Upstream(ledger, "127.0.0.1", 15432, null),
					new ServiceDefinition.Upstream(near, "::1", 15433, Duration.ofMillis(2500))));
		this.client.register(definition, CheckStatus.CRITICAL).block(LONG);
		assertThat(new JsonMapper().readTree(lastRequest().body()).at("/Connect/SidecarService/Proxy"))
			.isEqualTo(new JsonMapper().readTree("""
					{"Upstreams":[{"DestinationType":"service","DestinationName":"ledger",
					  "LocalBindAddress":"127.0.0.1","LocalBindPort":15432},
					 {"DestinationType":"prepared_query","DestinationName":"near","Datacenter":"dc2",
					  "DestinationNamespace":"finance","DestinationPartition":"eu",
					  "LocalBindAddress":"::1","LocalBindPort":15433,"Config":{"connect_timeout_ms":2500}}]}"""));
	}

	@Test
	void readsWhoseTheChecksOfInstancesAre() {
		this.agent.answer("/v1/agent/checks", Answer.json("""
				{"a":{"CheckID":"a","ServiceID":"web-1"},"b":{"CheckID":"b","ServiceID":"other"},
				 "serfHealth":{"CheckID":"serfHealth","ServiceID":""}}"""));
		assertThat(this.client.agentChecks(Set.of("web-1")).block(LONG)).isEqualTo(Map.of("a", "web-1"));
		assertThat(lastRequest().query()).containsEntry("filter", "ServiceID == \"web-1\"");
		this.agent.answer("/v1/agent/check/deregister/a%2Fb", Answer.text(200, ""));
		this.client.deregisterCheck("a/b").block(LONG);
		this.agent.answer("/v1/agent/check/deregister/a%2Fb", Answer.text(404, "Unknown check ID"));
		this.client.deregisterCheck("a/b").block(LONG);
	}

	@Test
	void deregisteringWhatIsNotThereSucceeds() {
		Recorded unknown = Recorded.of("deregister-unknown");
		this.agent.answer(unknown.path(), unknown.answer());
		this.client.deregister("nope").block(LONG);
		this.agent.answer(unknown.path(), Answer.text(500, "Unknown service {\"nope\" {}}"));
		this.client.deregister("nope").block(LONG);
		this.agent.answer(unknown.path(), Answer.text(500, "broken"));
		failure(this.client.deregister("nope"), ConsulException.Server.class);
	}

	@Test
	void updatesACheck() {
		Recorded recorded = Recorded.of("check-update");
		this.agent.answer("/v1/agent/check/update/service%3Aweb-1", recorded.answer());
		this.client.updateCheck("service:web-1", CheckStatus.WARNING, "slow \"disk\"").block(LONG);
		assertThat(new JsonMapper().readTree(lastRequest().body()))
			.isEqualTo(new JsonMapper().readTree("{\"Status\":\"warning\",\"Output\":\"slow \\\"disk\\\"\"}"));
	}

	@ParameterizedTest
	@CsvSource({ "404, Unknown check ID \"service:web-1\"",
			"500, CheckID \"service:web-1\" does not have associated TTL", "500, Unknown check \"service:web-1\"" })
	void anUnknownCheckIsNotFoundOnOldAndNewAgents(int status, String text) {
		this.agent.answer("/v1/agent/check/update/service%3Aweb-1", Answer.text(status, text));
		assertThat(failure(this.client.updateCheck("service:web-1", CheckStatus.PASSING, ""),
				ConsulException.NotFound.class))
			.hasMessageContaining(text);
	}

	@Test
	void registrationGetsThroughWhileEveryPlaceIsBlockedAndEveryPollHangs() {
		ConsulLimits limits = ConsulLimits.DEFAULTS.withConnections(12).withTimeout(Duration.ofSeconds(5));
		try (ConsulClient crowded = client(connection(null), limits)) {
			this.agent.answer("/v1/health/connect/db", Answer.json("[]").index(7));
			this.agent.answer("/v1/health/connect/slow", Answer.silence());
			this.agent.answer("/v1/agent/service/deregister/web-1", Answer.text(200, ""));
			Disposable.Composite running = Disposables.composite();
			for (int i = 0; i < 40; i++) {
				running.add(crowded.connectInstances(Destination.service("db"), ConsulQuery.after(7, LONG))
					.subscribe((answer) -> {
					}, (ex) -> {
					}));
				running
					.add(crowded.connectInstances(Destination.service("slow"), ConsulQuery.NOW).subscribe((answer) -> {
					}, (ex) -> {
					}));
			}
			Awaitility.await().until(() -> this.agent.blocked() == limits.places());
			crowded.deregister("web-1").block(LONG);
			assertThat(failure(crowded.connectInstances(Destination.service("slow"), ConsulQuery.NOW),
					ConsulException.Busy.class))
				.hasMessageContaining("in use");
			assertThat(this.agent.peakConnections()).isLessThanOrEqualTo(12);
			running.dispose();
		}
	}

}
