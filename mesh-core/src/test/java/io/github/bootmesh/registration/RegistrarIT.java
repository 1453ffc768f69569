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

package io.github.bootmesh.registration;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The registration in a real Consul, with ACLs on.
 */
class RegistrarIT {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final RegistrationSettings QUICK = new RegistrationSettings(Duration.ofSeconds(3),
			Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofSeconds(5));

	// A stall of the host makes nobody critical.
	private static final RegistrationSettings UNHURRIED = new RegistrationSettings(Duration.ofMinutes(1),
			Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofSeconds(5));

	private final ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::acls);

	private final String token = this.agent.serviceToken("orders");

	private final LoopResources loops = LoopResources.create("registrar-it", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.uri(), () -> this.token, null, null, null, null, null, false), this.loops);

	private final List<Registrar> registrars = new ArrayList<>();

	@AfterEach
	void close() {
		this.registrars.forEach(Registrar::close);
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void theInstanceIsFoundWhileItIsReady() {
		Registrar registrar = registrar("orders-1", 8443);
		registrar.start().block(PATIENCE);
		assertThat(this.agent.healthy("orders")).isEmpty();
		registrar.readiness(true, "ready");
		awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		JsonNode service = this.agent.healthy("orders").get(0).get("Service");
		assertThat(service.get("Connect").get("Native").asBoolean()).isTrue();
		assertThat(service.get("Address").asString()).isEqualTo("127.0.0.1");
		assertThat(service.get("Port").asInt()).isEqualTo(8443);
		registrar.readiness(false, "overloaded");
		awaitTrue(() -> this.agent.healthy("orders").isEmpty());
		registrar.readiness(true, "ready");
		awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.get("/v1/agent/services")).isEmpty();
	}

	@Test
	void theSidecarIsFoundWhileItsInstanceIsReadyAndComesBackWhenItIsForgotten() {
		ServiceDefinition definition = definition("orders-1", 8080).withSidecar(20000, List.of())
			.withExposed(List.of(new ServiceDefinition.ExposedPath("/metrics", 8081, 20001)));
		Registrar registrar = new Registrar(this.consul, definition, QUICK, Clock.systemUTC());
		this.registrars.add(registrar);
		registrar.start().block(PATIENCE);
		assertThat(this.agent.healthy("orders")).isEmpty();
		registrar.readiness(true, "ready");
		awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		JsonNode sidecar = this.agent.healthy("orders").get(0).get("Service");
		assertThat(sidecar.get("Kind").asString()).isEqualTo("connect-proxy");
		assertThat(sidecar.get("Port").asInt()).isEqualTo(20000);
		assertThat(sidecar.at("/Proxy/LocalServicePort").asInt()).isEqualTo(8080);
		assertThat(sidecar.at("/Proxy/Expose/Paths/0/Path").asString()).isEqualTo("/metrics");
		assertThat(sidecar.at("/Proxy/Expose/Paths/0/LocalPathPort").asInt()).isEqualTo(8081);
		assertThat(sidecar.at("/Proxy/Expose/Paths/0/ListenerPort").asInt()).isEqualTo(20001);
		assertThat(this.agent.get("/v1/agent/checks").findValuesAsString("Type")).containsExactlyInAnyOrder("ttl",
				"alias");
		this.agent.forget("orders-1-sidecar-proxy");
		awaitTrue(() -> this.agent.get("/v1/agent/services").has("orders-1-sidecar-proxy")
				&& this.agent.healthy("orders").size() == 1);
		registrar.readiness(false, "overloaded");
		awaitTrue(() -> this.agent.healthy("orders").isEmpty());
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.get("/v1/agent/services")).isEmpty();
	}

	@Test
	void whatASidecarAndItsChecksHaveLeftUnderTheIdIsGoneWhenItComesBackWithoutOne() {
		Registrar crashed = new Registrar(this.consul, definition("orders-1", 8080).withSidecar(20000, List.of()),
				QUICK, Clock.systemUTC());
		this.registrars.add(crashed);
		crashed.start().block(PATIENCE);
		crashed.close();
		this.agent.put("/v1/agent/check/register",
				Map.of("ID", "disk", "Name", "disk", "TTL", "60s", "ServiceID", "orders-1"));
		this.agent.put("/v1/agent/service/maintenance/orders-1?enable=true", null);
		this.agent.put("/v1/agent/service/register",
				Map.of("Kind", "connect-proxy", "ID", "orders-2-sidecar-proxy", "Name", "orders-sidecar-proxy", "Port",
						20001, "Proxy",
						Map.of("DestinationServiceName", "orders", "DestinationServiceID", "of-somebody-else")));
		this.agent.put("/v1/agent/service/register",
				Map.of("Kind", "connect-proxy", "ID", "orders-4-sidecar-proxy", "Name", "orders-sidecar-proxy", "Port",
						20002, "Proxy",
						Map.of("DestinationServiceName", "orders", "DestinationServiceID", "orders-4")));
		// It may write the service, and nothing else.
		String least = this.agent.policyToken("service \"orders\" { policy = \"write\" }");
		ConsulClient restricted = new ConsulClient(
				new ConsulConnection(this.agent.uri(), () -> least, null, null, null, null, null, false), this.loops);
		Registrar fresh = new Registrar(restricted, definition("orders-3", 8443), QUICK, Clock.systemUTC());
		this.registrars.add(fresh);
		fresh.start().block(PATIENCE);
		registrar("orders-2", 8444).start().block(PATIENCE);
		registrar("orders-4", 8445).start().block(PATIENCE);
		Registrar back = registrar("orders-1", 8080);
		back.start().block(PATIENCE);
		assertThat(this.agent.get("/v1/agent/services").propertyNames()).containsExactlyInAnyOrder("orders-1",
				"orders-2", "orders-2-sidecar-proxy", "orders-3", "orders-4", "orders-4-sidecar-proxy");
		assertThat(this.agent.get("/v1/agent/checks").propertyNames()).containsExactlyInAnyOrder("service:orders-1",
				"_service_maintenance:orders-1", "service:orders-2", "service:orders-3", "service:orders-4");
		restricted.close();
	}

	@Test
	void whenALivingProcessBeforeTheSameLocalPortHoldsTheIdThenTheStartFails() throws Exception {
		try (ServerSocket first = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			Registrar living = sidecar(first.getLocalPort());
			living.readiness(true, "ready");
			living.start().block(PATIENCE);
			Registrar second = sidecar(20001);
			assertThatExceptionOfType(RegistrationConflictException.class)
				.isThrownBy(() -> second.start().block(PATIENCE))
				.withMessageContaining(
						"'orders-1' is held by orders-sidecar-proxy at 127.0.0.1:" + first.getLocalPort())
				.withMessageContaining("this instance is orders at 127.0.0.1:20001");
			second.stop().block(PATIENCE);
			assertThat(sidecarPort()).isEqualTo(first.getLocalPort());
			awaitTrue(() -> this.agent.healthy("orders").size() == 1);
			living.stop().block(PATIENCE);
			Registrar next = sidecar(20001);
			next.start().block(PATIENCE);
			assertThat(sidecarPort()).isEqualTo(20001);
		}
	}

	@Test
	void whenAProcessHasDiedThenItsSidecarsPortMayChangeAtOnceAndItsIdIsNotFoughtFor() throws Exception {
		Registrar first;
		try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			first = sidecar(listening.getLocalPort());
			first.readiness(true, "ready");
			first.start().block(PATIENCE);
			awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		}
		Registrar back = sidecar(20001);
		back.start().block(PATIENCE);
		assertThat(sidecarPort()).isEqualTo(20001);
		first.readiness(true, "not dead at all");
		awaitTrue(() -> first.status().problem() != null);
		assertThat(first.status().problem()).contains("127.0.0.1:20001");
		assertThat(first.status().registered()).isFalse();
		first.stop().block(PATIENCE);
		assertThat(sidecarPort()).isEqualTo(20001);
		assertThat(back.status().registered()).isTrue();
	}

	@Test
	void whenOnlyItsSidecarIsLeftThenStoppingRemovesIt() {
		Registrar registrar = new Registrar(this.consul, definition("orders-1", 8080).withSidecar(20000, List.of()),
				new RegistrationSettings(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMillis(100),
						Duration.ofSeconds(5)),
				Clock.systemUTC());
		this.registrars.add(registrar);
		registrar.start().block(PATIENCE);
		JsonNode proxy = this.agent.get("/v1/agent/service/orders-1-sidecar-proxy").get("Proxy");
		this.agent.forget("orders-1");
		this.agent.put("/v1/agent/service/register", Map.of("Kind", "connect-proxy", "ID", "orders-1-sidecar-proxy",
				"Name", "orders-sidecar-proxy", "Port", 20000, "Proxy", proxy));
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.get("/v1/agent/services")).isEmpty();
	}

	@Test
	void aReadyInstanceThatConsulForgetsIsNeverCritical() throws Exception {
		Registrar registrar = registrar("orders-1", 8443);
		registrar.readiness(true, "ready");
		registrar.start().block(PATIENCE);
		awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		Set<String> seen = ConcurrentHashMap.newKeySet();
		AtomicBoolean over = new AtomicBoolean();
		AtomicInteger looks = new AtomicInteger();
		CompletableFuture<Void> looking = CompletableFuture.runAsync(() -> {
			while (!over.get()) {
				for (String path : List.of("/v1/agent/checks", "/v1/health/checks/orders")) {
					this.agent.get(path)
						.forEach((check) -> seen
							.add(check.get("CheckID").asString() + " " + check.get("Status").asString()));
				}
				looks.incrementAndGet();
			}
		});
		this.agent.put("/v1/agent/check/deregister/service:orders-1", null);
		awaitTrue(() -> this.agent.get("/v1/agent/checks").has("service:orders-1"));
		this.agent.forget("orders-1");
		awaitTrue(() -> this.agent.serves("orders"));
		int before = looks.get();
		awaitTrue(() -> looks.get() > before || looking.isDone());
		over.set(true);
		looking.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		assertThat(seen).containsExactly("service:orders-1 passing");
	}

	@Test
	void itComesBackWhenConsulHasForgottenIt() {
		Registrar registrar = registrar("orders-1", 8443);
		registrar.readiness(true, "ready");
		registrar.start().block(PATIENCE);
		awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		this.agent.forget("orders-1");
		awaitTrue(() -> this.agent.serves("orders"));
		this.agent.put("/v1/agent/check/deregister/service:orders-1", null);
		awaitTrue(() -> this.agent.get("/v1/agent/checks").has("service:orders-1")
				&& this.agent.healthy("orders").size() == 1);
		this.agent.stop();
		awaitTrue(() -> registrar.status().problem() != null);
		this.agent.startAgainWithoutRegistrations();
		awaitTrue(() -> this.agent.serves("orders"));
		awaitTrue(() -> registrar.status().problem() == null);
	}

	@Test
	void anInstanceThatDiesIsFoundNoMoreAndItsIdIsFree() {
		Registrar dead = registrar("orders-1", 8443);
		dead.readiness(true, "ready");
		dead.start().block(PATIENCE);
		Registrar second = registrar("orders-1", 8444);
		assertThatExceptionOfType(RegistrationConflictException.class).isThrownBy(() -> second.start().block(PATIENCE))
			.withMessageContaining("127.0.0.1:8443");
		dead.close();
		awaitTrue(() -> this.agent.healthy("orders").isEmpty());
		Registrar third = registrar("orders-1", 8444);
		third.readiness(true, "ready");
		third.start().block(PATIENCE);
		awaitTrue(() -> this.agent.healthy("orders").size() == 1);
		assertThat(this.agent.healthy("orders").get(0).get("Service").get("Port").asInt()).isEqualTo(8444);
	}

	private Registrar registrar(String id, int port) {
		Registrar registrar = new Registrar(this.consul, definition(id, port), QUICK, Clock.systemUTC());
		this.registrars.add(registrar);
		return registrar;
	}

	/** One before the same local port as all others. */
	private Registrar sidecar(int port) {
		Registrar registrar = new Registrar(this.consul, definition("orders-1", 8080).withSidecar(port, List.of()),
				UNHURRIED, Clock.systemUTC());
		this.registrars.add(registrar);
		return registrar;
	}

	private int sidecarPort() {
		return this.agent.get("/v1/agent/service/orders-1-sidecar-proxy").get("Port").asInt();
	}

	private static ServiceDefinition definition(String id, int port) {
		return new ServiceDefinition(id, "orders", "127.0.0.1", port, List.of("blue"), Map.of("version", "1"), null,
				true, QUICK.check(id));
	}

	private static void awaitTrue(Callable<Boolean> condition) {
		Awaitility.await().atMost(PATIENCE).until(condition);
	}

}
