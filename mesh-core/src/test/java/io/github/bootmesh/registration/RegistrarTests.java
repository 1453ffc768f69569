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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.Disposable;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.consul.CheckStatus;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.discovery.DiscoverySettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@ExtendWith(OutputCaptureExtension.class)
class RegistrarTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	// Renewed ten times a second, so that tests need not wait; given up after 3 s.
	private static final RegistrationSettings QUICK = new RegistrationSettings(Duration.ofMillis(300),
			Duration.ofMinutes(1), Duration.ofMillis(20), Duration.ofSeconds(3));

	private static final RegistrationSettings RARE_RENEWAL = new RegistrationSettings(Duration.ofHours(1),
			Duration.ofMinutes(1), Duration.ofMillis(20), Duration.ofSeconds(3));

	private final RegistryAgent agent = new RegistryAgent();

	private final LoopResources loops = LoopResources.create("registrar-test", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false), this.loops);

	private final List<Registrar> registrars = new ArrayList<>();

	@AfterEach
	void close() {
		this.registrars.forEach(Registrar::close);
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void registersCriticalAndFollowsReadiness() {
		Registrar registrar = registrar(QUICK);
		start(registrar);
		assertThat(this.agent.entry("orders-1"))
			.isEqualTo(new RegistryAgent.Entry("orders-1", "orders", "127.0.0.1", 8443, "critical"));
		assertThat(registrar.status().check()).isEqualTo(CheckStatus.CRITICAL);
		registrar.readiness(true, "ready");
		awaitCheck("passing");
		registrar.readiness(false, "broken");
		awaitCheck("critical");
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().check() == CheckStatus.CRITICAL);
		assertThat(this.agent.log()).startsWith("register", "critical");
		assertThat(registrar.status().registered()).isTrue();
		assertThat(registrar.status().lastSuccess()).isBeforeOrEqualTo(Instant.now());
		assertThat(registrar.status().problem()).isNull();
	}

	@Test
	void renewsTheCheckWithoutRegisteringAgain() {
		Registrar registrar = ready();
		int before = this.agent.log().size();
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.log().size() > before + 3);
		assertThat(this.agent.log().stream().filter("register"::equals)).hasSize(1);
		assertThat(registrar.status().registered()).isTrue();
	}

	@Test
	void whenReadinessChangesDuringAnUpdateTheNewestWins() {
		Registrar registrar = registrar(RARE_RENEWAL);
		start(registrar);
		this.agent.hold(RegistryAgent.Call.UPDATE);
		registrar.readiness(true, "up");
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.holds(RegistryAgent.Call.UPDATE));
		for (int i = 0; i < 50; i++) {
			registrar.readiness(true, "up " + i);
			registrar.readiness(false, "down " + i);
		}
		this.agent.release(RegistryAgent.Call.UPDATE);
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.log().size() >= 4);
		assertThat(this.agent.log()).containsExactly("register", "critical", "passing", "critical");
	}

	@Test
	void whenConsulForgetsItIsRegisteredAgainAsItWas() {
		Registrar registrar = ready();
		this.agent.forget();
		awaitCheck("passing");
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().registered());
		assertThat(this.agent.log()).containsOnlyOnce("register", "register passing").doesNotContain("critical");
	}

	@Test
	void whenOnlyTheCheckIsGoneItIsRegisteredAgainAsItWas() {
		ready();
		this.agent.forgetCheck("orders-1");
		awaitCheck("passing");
		assertThat(this.agent.log()).containsOnlyOnce("register", "register passing").doesNotContain("critical");
	}

	@Test
	void whenOnlyTheSidecarIsGoneOrAnothersItIsRegisteredAgainAsItWas() {
		Registrar registrar = registrar(definition(QUICK).withSidecar(20000, List.of()), QUICK);
		registrar.readiness(true, "ready");
		start(registrar);
		awaitCheck("passing");
		RegistryAgent.Entry sidecar = this.agent.entry("orders-1-sidecar-proxy");
		assertThat(sidecar).isEqualTo(
				new RegistryAgent.Entry("orders-1-sidecar-proxy", "orders-sidecar-proxy", "127.0.0.1", 20000, null));
		assertThat(registrar.status().port()).isEqualTo(20000);
		this.agent.forget("orders-1-sidecar-proxy");
		awaitSidecar(sidecar);
		this.agent
			.put(new RegistryAgent.Entry("orders-1-sidecar-proxy", "orders-sidecar-proxy", "127.0.0.1", 21000, null));
		awaitSidecar(sidecar);
		assertThat(this.agent.log()).containsOnlyOnce("register")
			.contains("register passing")
			.doesNotContain("critical");
		this.agent.forget("orders-1-sidecar-proxy");
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.entry("orders-1")).isNull();
	}

	@Test
	void checksOfAnEarlierRegistrationAreRemovedButNoMaintenanceAndNoneOfOthers() {
		this.agent.putCheck("http", "orders-1");
		this.agent.putCheck("service:orders-1-sidecar-proxy:2", "orders-1-sidecar-proxy");
		this.agent.putCheck("service:orders-1", "orders-1");
		this.agent.putCheck("service:orders-1-sidecar-proxy", "orders-1-sidecar-proxy");
		this.agent.putCheck("_service_maintenance:orders-1", "orders-1");
		this.agent.putCheck("other", "orders-2");
		start(registrar(definition(QUICK).withSidecar(20000, List.of()), QUICK));
		assertThat(this.agent.leftovers()).containsExactlyInAnyOrder("service:orders-1",
				"service:orders-1-sidecar-proxy", "_service_maintenance:orders-1", "other");
	}

	@Test
	void whatMayNotBeRemovedIsToldAndKeepsNobodyFromBeingRegistered(CapturedOutput output) {
		this.agent.putCheck("http", "orders-1");
		this.agent.fail(RegistryAgent.Call.DEREGISTER_CHECK, 403);
		ready();
		assertThat(output).containsOnlyOnce("What an earlier registration of orders-1 has left cannot be removed");
	}

	private void awaitSidecar(RegistryAgent.@Nullable Entry sidecar) {
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.agent.entry("orders-1-sidecar-proxy")).isEqualTo(sidecar));
	}

	@Test
	void whenConsulForgetsWhatIsNotReadyItIsRegisteredAgainCritical() {
		Registrar registrar = ready();
		registrar.readiness(false, "broken");
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().check() == CheckStatus.CRITICAL);
		this.agent.forget();
		awaitCheck("critical");
		assertThat(this.agent.log()).doesNotContain("register passing");
	}

	@ParameterizedTest
	@ValueSource(ints = { 403, 429, 500, 503 })
	void whenConsulRefusesItTriesOnAndSaysSo(int status) {
		for (RegistryAgent.Call call : RegistryAgent.Call.values()) {
			this.agent.fail(call, status);
		}
		Registrar registrar = registrar(QUICK);
		registrar.start().subscribe();
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() != null);
		assertThat(registrar.status().registered()).isFalse();
		registrar.readiness(true, "ready");
		this.agent.heal();
		awaitCheck("passing");
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() == null);
		this.agent.fail(RegistryAgent.Call.UPDATE, status);
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() != null);
		assertThat(registrar.status().registered()).isTrue();
		this.agent.heal();
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() == null);
	}

	@Test
	void eachChangeIsLoggedOnceHoweverOftenItIsTried(CapturedOutput output) {
		Registrar registrar = ready();
		this.agent.fail(RegistryAgent.Call.LOOK, 403);
		int looks = this.agent.looks();
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() != null);
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.looks() > looks + 5);
		this.agent.heal();
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() == null);
		assertThat(output.getAll().lines().filter((line) -> line.contains("Registrar")))
			.extracting((line) -> line.replaceAll(".* -- ", ""))
			.containsExactly("Registered orders-1 of service orders at 127.0.0.1:8443",
					"The check of orders-1 is passing",
					"Consul does not take the registration of orders-1, trying on: "
							+ "GET /v1/agent/service/orders-1: 403 scripted fault",
					"Consul takes the registration of orders-1 again");
	}

	@Test
	void aDefinitionThatConsulTakesForWrongStopsTheStart() {
		this.agent.fail(RegistryAgent.Call.REGISTER, 400);
		Registrar registrar = registrar(QUICK);
		assertThatExceptionOfType(ConsulException.Invalid.class).isThrownBy(() -> start(registrar));
		assertThat(registrar.status().problem()).contains("400");
	}

	@Test
	void anIdThatALivingInstanceHoldsStopsTheStart() {
		RegistryAgent.Entry other = new RegistryAgent.Entry("orders-1", "orders", "10.0.0.9", 8443, "passing");
		this.agent.put(other);
		Registrar registrar = registrar(QUICK);
		assertThatExceptionOfType(RegistrationConflictException.class).isThrownBy(() -> start(registrar))
			.withMessageContaining("orders-1")
			.withMessageContaining("10.0.0.9:8443")
			.withMessageContaining("127.0.0.1:8443");
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.entry("orders-1")).isEqualTo(other);
		assertThat(this.agent.log()).isEmpty();
	}

	@Test
	void anIdThatACriticalInstanceHoldsIsTakenOver() {
		this.agent.put(new RegistryAgent.Entry("orders-1", "orders", "10.0.0.9", 8443, "critical"));
		start(registrar(QUICK));
		assertThat(this.agent.entry("orders-1"))
			.isEqualTo(new RegistryAgent.Entry("orders-1", "orders", "127.0.0.1", 8443, "critical"));
	}

	@Test
	void itsOwnRegistrationFromBeforeARestartIsTakenOver() {
		this.agent.put(new RegistryAgent.Entry("orders-1", "orders", "127.0.0.1", 8443, "passing"));
		start(registrar(QUICK));
		assertThat(this.agent.log()).startsWith("register", "critical");
	}

	@Test
	void anotherThatTookTheIdIsLeftAloneUntilItIsGone() {
		Registrar registrar = ready();
		RegistryAgent.Entry other = new RegistryAgent.Entry("orders-1", "orders", "10.0.0.9", 8443, "critical");
		this.agent.putBeforeNextLook(other);
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().problem() != null);
		assertThat(registrar.status().registered()).isFalse();
		assertThat(registrar.status().problem()).contains("10.0.0.9");
		assertThat(this.agent.entry("orders-1")).isEqualTo(other);
		this.agent.forget();
		awaitCheck("passing");
		Awaitility.await().atMost(PATIENCE).until(() -> registrar.status().registered());
		this.agent.putBeforeNextLook(other);
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.entry("orders-1")).isEqualTo(other);
	}

	@Test
	void stopDeregistersAndNothingIsSentAfterwards() {
		Registrar registrar = ready();
		registrar.stop().block(PATIENCE);
		assertThat(this.agent.entry("orders-1")).isNull();
		registrar.readiness(true, "late");
		registrar.readiness(false, "later");
		assertThat(registrar.status().registered()).isFalse();
		assertNothingMoreAfter("deregister");
		registrar.stop().block(PATIENCE);
	}

	@Test
	void anUpdateUnderWayIsAwaitedBeforeDeregistering() {
		Registrar registrar = ready();
		this.agent.hold(RegistryAgent.Call.UPDATE);
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.holds(RegistryAgent.Call.UPDATE));
		Disposable stopping = registrar.stop().subscribe();
		this.agent.release(RegistryAgent.Call.UPDATE);
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.entry("orders-1") == null && stopping.isDisposed());
		assertThat(this.agent.log()).endsWith("passing", "deregister");
		assertNothingMoreAfter("deregister");
	}

	@Test
	void aRegistrationUnderWayDoesNotComeBackAfterStop() {
		Registrar registrar = ready();
		this.agent.hold(RegistryAgent.Call.REGISTER);
		this.agent.forget();
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.holds(RegistryAgent.Call.REGISTER));
		Disposable stopping = registrar.stop().subscribe();
		this.agent.release(RegistryAgent.Call.REGISTER);
		Awaitility.await().atMost(PATIENCE).until(stopping::isDisposed);
		assertThat(this.agent.entry("orders-1")).isNull();
		assertThat(this.agent.log()).endsWith("register passing", "deregister");
		assertNothingMoreAfter("deregister");
	}

	@Test
	void aRegistrationThatTakesEffectLateIsRemovedToo() {
		Registrar registrar = ready();
		this.agent.hold(RegistryAgent.Call.REGISTER);
		this.agent.forget();
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.holds(RegistryAgent.Call.REGISTER));
		// It is cut off, and the entry looked for, and not found.
		this.agent.releaseAfterNextLook(RegistryAgent.Call.REGISTER);
		Disposable stopping = registrar.stop().subscribe();
		Awaitility.await().atMost(PATIENCE).until(stopping::isDisposed);
		assertThat(this.agent.entry("orders-1")).isNull();
		assertThat(this.agent.log()).endsWith("register passing", "deregister");
	}

	@Test
	void stopIsBoundedWhenConsulIsSilent() {
		Registrar registrar = ready();
		for (RegistryAgent.Call call : RegistryAgent.Call.values()) {
			this.agent.hold(call);
		}
		registrar.stop().block(PATIENCE);
		assertThat(registrar.status().id()).isEqualTo("orders-1");
	}

	@Test
	void stopBeforeStartSendsNothing() {
		Registrar registrar = registrar(QUICK);
		registrar.stop().block(PATIENCE);
		start(registrar);
		assertThat(this.agent.log()).isEmpty();
	}

	@Test
	void aLongTtlDoesNotPutOffTheLookAtTheRegistrationForLongerThanCallersTrustIt() {
		assertThat(RegistrationSettings.renewal(Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(1));
		assertThat(RegistrationSettings.renewal(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(10));
		assertThat(RegistrationSettings.renewal(Duration.ofMinutes(10))).isLessThan(DiscoverySettings.DEFAULTS.doubt())
			.isEqualTo(Duration.ofSeconds(10));
	}

	@Test
	void theDefaultIdIsTheSameForTheProcessAndTellsPortsApart() {
		assertThat(InstanceId.of("orders", 8443)).isEqualTo(InstanceId.of("orders", 8443))
			.matches("orders-8443-[0-9a-f]{12}")
			.isNotEqualTo(InstanceId.of("orders", 8444));
	}

	private Registrar ready() {
		Registrar registrar = registrar(QUICK);
		registrar.readiness(true, "ready");
		start(registrar);
		awaitCheck("passing");
		return registrar;
	}

	private Registrar registrar(RegistrationSettings settings) {
		return registrar(definition(settings), settings);
	}

	private static ServiceDefinition definition(RegistrationSettings settings) {
		return new ServiceDefinition("orders-1", "orders", "127.0.0.1", 8443, List.of(), Map.of(), null, true,
				settings.check("orders-1"));
	}

	private Registrar registrar(ServiceDefinition definition, RegistrationSettings settings) {
		Registrar registrar = new Registrar(this.consul, definition, settings, Clock.systemUTC());
		this.registrars.add(registrar);
		return registrar;
	}

	private static void start(Registrar registrar) {
		registrar.start().block(PATIENCE);
	}

	private void awaitCheck(String status) {
		Awaitility.await().atMost(PATIENCE).until(() -> {
			RegistryAgent.Entry entry = this.agent.entry("orders-1");
			return entry != null && status.equals(entry.check());
		});
	}

	// Longer than a renewal takes.
	private void assertNothingMoreAfter(String last) {
		int size = this.agent.log().size();
		Awaitility.await().during(Duration.ofMillis(400)).atMost(PATIENCE).until(() -> this.agent.log().size() == size);
		assertThat(this.agent.log()).endsWith(last);
	}

}
