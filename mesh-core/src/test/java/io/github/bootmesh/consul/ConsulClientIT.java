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

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.ServiceDefinition.TtlCheck;
import io.github.bootmesh.consul.WatchStatus.State;
import io.github.bootmesh.consul.Watches.Place;
import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The client and the watches on a real Consul.
 */
class ConsulClientIT {

	private static final Duration LONG = Duration.ofSeconds(60);

	@SuppressWarnings("NullAway.Init")
	private static ConsulAgent agent;

	@SuppressWarnings("NullAway.Init")
	private static LoopResources loops;

	private final AtomicReference<@Nullable String> token = new AtomicReference<>(agent.token());

	private final ConsulClient client = new ConsulClient(
			new ConsulConnection(agent.uri(), this.token::get, null, null, null, null, null, false), loops);

	private final Watches watches = new Watches(
			WatchSettings.DEFAULTS.withBackoff(Duration.ofMillis(10), Duration.ofMillis(500)), ConsulLimits.DEFAULTS);

	@BeforeAll
	static void start() {
		agent = ConsulAgent.start(ConsulAgent.Options::acls);
		loops = LoopResources.create("consul-it", 1, true);
	}

	@AfterAll
	static void stop() {
		agent.close();
		loops.disposeLater(Duration.ZERO, LONG).block();
	}

	@AfterEach
	void close() {
		this.watches.close();
		this.client.close();
	}

	private static <T> T answerOf(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(LONG));
	}

	private static ServiceDefinition definition(String name, int port) {
		return new ServiceDefinition(name + "-1", name, "127.0.0.1", port, List.of("blue"), Map.of("version", "1"),
				new ServiceEntry.Weights(5, 2), true,
				new TtlCheck("service:" + name + "-1", "Readiness", Duration.ofSeconds(30), Duration.ofMinutes(1)));
	}

	@Test
	void anInstanceIsRegisteredCheckedFoundAndRemoved() {
		String name = "it-" + UUID.randomUUID();
		String id = name + "-1";
		List<List<String>> seen = new CopyOnWriteArrayList<>();
		this.watches
			.<List<ServiceEntry>>watch("endpoints", Place.SHARED,
					(query) -> this.client.connectInstances(Destination.service(name), query))
			.subscribe((answer) -> seen.add(answer.body()
				.stream()
				.flatMap((entry) -> entry.checks().stream())
				.filter((check) -> check.checkId().equals("service:" + id))
				.map(ServiceEntry.Check::status)
				.toList()));
		Awaitility.await().atMost(LONG).until(() -> seen.equals(List.of(List.of())));
		this.client.register(definition(name, 8443), CheckStatus.CRITICAL).block(LONG);
		assertThat(this.client.agentHealth(id).block(LONG)).isEqualTo(CheckStatus.CRITICAL);
		Awaitility.await().atMost(LONG).until(() -> seen.get(seen.size() - 1).equals(List.of("critical")));
		this.client.updateCheck("service:" + id, CheckStatus.PASSING, "ready").block(LONG);
		assertThat(this.client.agentHealth(id).block(LONG)).isEqualTo(CheckStatus.PASSING);
		Awaitility.await().atMost(LONG).until(() -> seen.get(seen.size() - 1).equals(List.of("passing")));
		ServiceEntry.Service found = answerOf(
				this.client.connectInstances(Destination.service(name), ConsulQuery.CACHED))
			.body()
			.get(0)
			.service();
		assertThat(found.connectNative()).isTrue();
		assertThat(found.port()).isEqualTo(8443);
		assertThat(found.weights()).isEqualTo(new ServiceEntry.Weights(5, 2));
		this.client.deregister(id).block(LONG);
		this.client.deregister(id).block(LONG);
		Awaitility.await().atMost(LONG).until(() -> seen.get(seen.size() - 1).isEmpty());
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> this.client.updateCheck("service:" + id, CheckStatus.PASSING, "").block(LONG));
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> this.client.agentHealth(id).block(LONG));
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> this.client.agentService(id, ConsulQuery.NOW).block(LONG));
	}

	@Test
	void anInstanceThatIsRegisteredAsPassingIsNeverCritical() {
		String name = "it-" + UUID.randomUUID();
		this.client.register(definition(name, 8443), CheckStatus.PASSING).block(LONG);
		assertThat(this.client.agentHealth(name + "-1").block(LONG)).isEqualTo(CheckStatus.PASSING);
		this.client.deregister(name + "-1").block(LONG);
	}

	@Test
	void anAgentsServiceIsWatchedByItsHash() {
		String name = "it-" + UUID.randomUUID();
		this.client.register(definition(name, 1111), CheckStatus.CRITICAL).block(LONG);
		List<Integer> ports = new CopyOnWriteArrayList<>();
		this.watches
			.<AgentService>watch("agent-service", Place.RESERVED,
					(query) -> this.client.agentService(name + "-1", query))
			.subscribe((answer) -> ports.add(answer.body().port()));
		Awaitility.await().atMost(LONG).until(() -> ports.equals(List.of(1111)));
		this.client.register(definition(name, 2222), CheckStatus.CRITICAL).block(LONG);
		Awaitility.await().atMost(LONG).until(() -> ports.equals(List.of(1111, 2222)));
		this.client.deregister(name + "-1").block(LONG);
		Awaitility.await().atMost(LONG).until(() -> this.watches.statuses().get(0).state() == State.STALE);
		assertThat(this.watches.statuses().get(0).problem()).contains("404", name);
	}

	@Test
	void aRotatedRootIsSeenAtOnceAndALeafIsIssued() {
		List<CaRoots> seen = new CopyOnWriteArrayList<>();
		this.watches.<CaRoots>watch("ca-roots", Place.RESERVED, this.client::caRoots)
			.subscribe((answer) -> seen.add(answer.body()));
		Awaitility.await().atMost(LONG).until(() -> seen.size() == 1);
		agent.rotateRoot();
		Awaitility.await().atMost(LONG).until(() -> seen.size() == 2);
		assertThat(seen.get(1).roots()).hasSizeGreaterThan(seen.get(0).roots().size());
		assertThat(seen.get(1).trustDomain()).isEqualTo(agent.trustDomain());
		Leaf leaf = answerOf(this.client.leaf("web", ConsulQuery.NOW)).body();
		assertThat(leaf.serviceUri()).startsWith("spiffe://" + agent.trustDomain()).endsWith("/svc/web");
		assertThat(leaf.privateKeyPem()).contains("PRIVATE KEY");
	}

	@Test
	void aPreparedQueryIsExecutedByItsName() throws Exception {
		String name = "it-" + UUID.randomUUID();
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> this.client.executeQuery(Destination.preparedQuery(name), ConsulQuery.NOW).block(LONG));
		createQuery(name);
		this.client.register(definition(name, 8443), CheckStatus.CRITICAL).block(LONG);
		List<QueryResult> seen = new CopyOnWriteArrayList<>();
		Watches polling = new Watches(WatchSettings.DEFAULTS.withPollInterval(Duration.ofMillis(200)),
				ConsulLimits.DEFAULTS);
		polling
			.<QueryResult>watch("query", Place.POLLED,
					(query) -> this.client.executeQuery(Destination.preparedQuery(name), query))
			.subscribe((answer) -> seen.add(answer.body()));
		Awaitility.await().atMost(LONG).until(() -> !seen.isEmpty());
		this.client.updateCheck("service:" + name + "-1", CheckStatus.PASSING, "").block(LONG);
		Awaitility.await()
			.atMost(LONG)
			.untilAsserted(() -> assertThat(seen.get(seen.size() - 1).nodes()).singleElement()
				.satisfies((entry) -> assertThat(entry.checks())
					.contains(new ServiceEntry.Check("service:" + name + "-1", "passing"))));
		assertThat(seen.get(0).service()).isEqualTo(name);
		assertThat(seen.get(0).datacenter()).isEqualTo("dc1");
		polling.close();
		this.client.deregister(name + "-1").block(LONG);
	}

	private static void createQuery(String name) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(agent.uri().resolve("/v1/query"))
			.header("X-Consul-Token", Objects.requireNonNull(agent.token()))
			.POST(HttpRequest.BodyPublishers
				.ofString("{\"Name\":\"%s\",\"Service\":{\"Service\":\"%s\"}}".formatted(name, name)))
			.build();
		assertThat(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
			.isEqualTo(200);
	}

	@Test
	void aRefusedTokenIsToldAndANewOneIsTaken() {
		this.token.set(UUID.randomUUID().toString());
		assertThatExceptionOfType(ConsulException.Refused.class)
			.isThrownBy(() -> this.client.leaf("web", ConsulQuery.NOW).block(LONG))
			.withMessageContaining("ACL not found");
		this.token.set(agent.serviceToken("web"));
		assertThat(this.client.leaf("web", ConsulQuery.NOW).block(LONG)).isNotNull();
		assertThatExceptionOfType(ConsulException.Refused.class)
			.isThrownBy(() -> this.client.leaf("db", ConsulQuery.NOW).block(LONG))
			.withMessageContaining("Permission denied");
	}

	@Test
	void watchesSurviveARestartOfTheAgent() {
		List<CaRoots> seen = new CopyOnWriteArrayList<>();
		this.watches.<CaRoots>watch("ca-roots", Place.RESERVED, this.client::caRoots)
			.subscribe((answer) -> seen.add(answer.body()));
		Awaitility.await().atMost(LONG).until(() -> seen.size() == 1);
		agent.stop();
		Awaitility.await().atMost(LONG).until(() -> this.watches.statuses().get(0).state() == State.STALE);
		agent.startAgain();
		Awaitility.await().atMost(LONG).until(() -> this.watches.statuses().get(0).state() == State.CURRENT);
		assertThat(seen).as("nothing has changed").hasSize(1);
		agent.rotateRoot();
		Awaitility.await().atMost(LONG).until(() -> seen.size() == 2);
	}

}
