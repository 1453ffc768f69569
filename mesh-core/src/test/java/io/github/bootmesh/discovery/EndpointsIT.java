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

package io.github.bootmesh.discovery;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.DestinationNotVisibleException;
import io.github.bootmesh.DiscoveryUnavailableException;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.WatchSettings;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Discovery against a real Consul.
 */
class EndpointsIT {

	private static final Duration WAIT = Duration.ofSeconds(30);

	private static final Destination INVENTORY = Destination.service("inventory");

	@Test
	void whenInstancesAreNativeOrBehindAProxyThenBothAreFoundUntilTheyAreCritical() throws Exception {
		try (ConsulAgent agent = ConsulAgent.start(); Discovery discovery = new Discovery(agent, agent.token())) {
			agent.put("/v1/agent/service/register",
					Map.of("Name", "inventory", "ID", "native", "Address", "127.0.0.2", "Port", 1001, "Connect",
							Map.of("Native", true), "Weights", Map.of("Passing", 7, "Warning", 3), "Check",
							Map.of("CheckID", "native-ttl", "TTL", "60s", "Status", "passing")));
			agent.put("/v1/agent/service/register", Map.of("Kind", "connect-proxy", "Name", "inventory-sidecar-proxy",
					"ID", "proxy", "Port", 1002, "Proxy", Map.of("DestinationServiceName", "inventory")));
			Awaitility.await().atMost(WAIT).ignoreExceptions().until(() -> discovery.healthy(INVENTORY).size() == 2);
			assertThat(discovery.healthy(INVENTORY)).anySatisfy((endpoint) -> {
				assertThat(endpoint.instance()).isEqualTo("native");
				assertThat(endpoint.weight()).isEqualTo(7);
				assertThat(endpoint.address().getHostString()).isEqualTo("127.0.0.2");
			})
				.allSatisfy((endpoint) -> assertThat(endpoint.identity(agent.trustDomain()))
					.hasToString("spiffe://" + agent.trustDomain() + "/ns/default/dc/dc1/svc/inventory"));
			agent.put("/v1/agent/check/warn/native-ttl", null);
			Awaitility.await()
				.atMost(WAIT)
				.until(() -> discovery.healthy(INVENTORY).stream().anyMatch((endpoint) -> endpoint.weight() == 3));
			agent.put("/v1/agent/check/fail/native-ttl", null);
			Awaitility.await().atMost(WAIT).until(() -> discovery.healthy(INVENTORY).size() == 1);
			assertThat(discovery.choose(INVENTORY).instance()).isEqualTo("proxy");
		}
	}

	@Test
	void whenAQueryIsPreparedThenItsInstancesAreFound() throws Exception {
		try (ConsulAgent agent = ConsulAgent.start(); Discovery discovery = new Discovery(agent, agent.token())) {
			agent.put("/v1/agent/service/register",
					Map.of("Name", "inventory", "ID", "native", "Port", 1001, "Connect", Map.of("Native", true)));
			Destination nearest = Destination.preparedQuery("nearest");
			assertThatExceptionOfType(DestinationNotVisibleException.class).isThrownBy(() -> discovery.choose(nearest))
				.withMessageContaining("The query does not exist");
			agent.post("/v1/query",
					Map.of("Name", "nearest", "Service", Map.of("Service", "inventory", "Connect", true)));
			Awaitility.await()
				.atMost(WAIT)
				.ignoreExceptions()
				.untilAsserted(() -> assertThat(discovery.choose(nearest).service()).isEqualTo("inventory"));
		}
	}

	@Test
	void whenTheTokenCannotReadThenTheErrorsSaySo() throws Exception {
		try (ConsulAgent agent = ConsulAgent.start((options) -> options.dev().acls())) {
			agent.put("/v1/agent/service/register",
					Map.of("Name", "inventory", "ID", "native", "Port", 1001, "Connect", Map.of("Native", true)));
			try (Discovery anonymous = new Discovery(agent, null)) {
				assertThatExceptionOfType(DestinationNotVisibleException.class)
					.isThrownBy(() -> anonymous.choose(INVENTORY))
					.withMessageContaining("service:read");
			}
			try (Discovery unknown = new Discovery(agent, "00000000-0000-0000-0000-000000000000")) {
				assertThatExceptionOfType(DiscoveryUnavailableException.class)
					.isThrownBy(() -> unknown.choose(INVENTORY))
					.withMessageContaining("service:read");
			}
			try (Discovery allowed = new Discovery(agent, agent.serviceToken("orders"))) {
				Awaitility.await()
					.atMost(WAIT)
					.ignoreExceptions()
					.untilAsserted(() -> assertThat(allowed.choose(INVENTORY).instance()).isEqualTo("native"));
			}
		}
	}

	@Test
	void whenTheAgentStartsAgainWithoutMemoryThenTheChoiceFollows() throws Exception {
		try (ConsulAgent agent = ConsulAgent.start(); Discovery discovery = new Discovery(agent, agent.token())) {
			Map<String, Object> definition = Map.of("Name", "inventory", "ID", "native", "Port", 1001, "Connect",
					Map.of("Native", true));
			agent.put("/v1/agent/service/register", definition);
			Awaitility.await().atMost(WAIT).ignoreExceptions().until(() -> discovery.healthy(INVENTORY).size() == 1);
			agent.kill();
			assertThat(discovery.choose(INVENTORY).instance()).isEqualTo("native");
			agent.startAgainWithoutRegistrations();
			Awaitility.await().atMost(WAIT).until(() -> discovery.healthy(INVENTORY).isEmpty());
			agent.put("/v1/agent/service/register", definition);
			Awaitility.await().atMost(WAIT).until(() -> discovery.healthy(INVENTORY).size() == 1);
		}
	}

	private static final class Discovery implements AutoCloseable {

		private final LoopResources loops = LoopResources.create("test", 1, true);

		private final Watches watches = new Watches(WatchSettings.DEFAULTS.withPollInterval(Duration.ofMillis(200)),
				ConsulLimits.DEFAULTS);

		private final ConsulClient consul;

		private final Endpoints endpoints;

		Discovery(ConsulAgent agent, @Nullable String token) {
			this.consul = new ConsulClient(
					new ConsulConnection(agent.uri(), () -> token, null, null, null, null, null, false), this.loops);
			this.endpoints = new Endpoints(this.consul, this.watches, new DiscoverySettings(Duration.ofSeconds(5),
					Duration.ofMinutes(30), 1000, Duration.ofSeconds(10), Duration.ofMillis(500)));
		}

		Endpoint choose(Destination destination) {
			Selection selection = Objects.requireNonNull(this.endpoints.choose(destination, Set.of()).block(WAIT));
			selection.done();
			return selection.endpoint();
		}

		List<Endpoint> healthy(Destination destination) {
			if (this.endpoints.statuses().isEmpty()) {
				choose(destination);
			}
			return this.endpoints.statuses().get(0).endpoints();
		}

		@Override
		public void close() {
			this.endpoints.close();
			this.watches.close();
			this.consul.close();
			this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
		}

	}

}
