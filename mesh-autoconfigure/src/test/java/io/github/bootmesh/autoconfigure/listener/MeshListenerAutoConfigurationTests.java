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

package io.github.bootmesh.autoconfigure.listener;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import io.github.bootmesh.autoconfigure.actuate.MeshActuatorAutoConfiguration;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.relay.RelayLoops;

import static org.assertj.core.api.Assertions.assertThat;

class MeshListenerAutoConfigurationTests {

	// Nobody answers there.
	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
				ApplicationAvailabilityAutoConfiguration.class, MeshRegistrationAutoConfiguration.class,
				MeshRelayAutoConfiguration.class, MeshListenerAutoConfiguration.class,
				MeshActuatorAutoConfiguration.class))
		.withPropertyValues("spring.application.name=host", "bootmesh.inbound.mode=none",
				"bootmesh.consul.url=http://127.0.0.1:1", "bootmesh.fail-fast=false", "bootmesh.startup-timeout=300ms",
				"bootmesh.registration.drain-delay=0s");

	private final ApplicationContextRunner declared = this.runner.withPropertyValues(
			"bootmesh.inbound.listeners.alpha.local-port=1", "bootmesh.inbound.listeners.alpha.address=127.0.0.1");

	@Test
	void whenNoListenerIsDeclaredThenNothingIsMade() {
		this.runner.run((context) -> {
			assertThat(context).hasNotFailed()
				.doesNotHaveBean(MeshListeners.class)
				.doesNotHaveBean(MeshListenerProperties.class)
				.doesNotHaveBean(Together.class);
			assertThat(context.getSourceApplicationContext().getBeanFactory().getSingletonNames())
				.doesNotContain("meshRelayLoops", "meshFurtherRegistrations");
			assertThat(context.getBeanNamesForType(RelayLoops.class)).isNotEmpty();
		});
	}

	@Test
	void whenConsulIsAwayThenAListenerWaitsForItWhileTheApplicationStarts() {
		this.declared.run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(PublicListenerLifecycle.class);
			MeshListener alpha = Objects.requireNonNull(context.getBean(MeshListeners.class).get("alpha"));
			assertThat(alpha.service()).isEqualTo("alpha");
			assertThat(alpha.identity().status().usable()).isFalse();
			assertThat(alpha.publicListener()).isNotNull();
			assertThat(alpha.registration()).isNotNull();
		});
	}

	@ParameterizedTest
	@CsvSource({ "alpha.local-port=0, alpha.local-port, where the service listens",
			"alpha.service=host, alpha.service, own service", "beta.service=ALPHA, beta.service, listener 'alpha'",
			"alpha.service=a b, alpha.service, letters", "beta.port=70000, beta.port, a port",
			"beta.port=20001, beta.port, listener 'alpha'", "alpha.port=1, alpha.port, to which it leads",
			"beta.id=one, beta.id, listener 'alpha'", "beta.max-connections=0, beta.max-connections, at least 1",
			"beta.local-socket-path=/run/b.sock, beta.local-socket-path, one of them",
			"beta.idle-timeout=0s, beta.idle-timeout, longer", "beta.token=11111111, beta.token-file, not both",
			"alpha.token=, alpha.token, blank" })
	void whenADeclarationCannotWorkThenTheStartFailsAndNamesIt(String wrong, String setting, String reason) {
		this.declared
			.withPropertyValues("bootmesh.inbound.listeners.alpha.port=20001",
					"bootmesh.inbound.listeners.alpha.id=one", "bootmesh.inbound.listeners.beta.local-port=2",
					"bootmesh.inbound.listeners.beta.token-file=/nowhere", "bootmesh.inbound.listeners." + wrong)
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("bootmesh.inbound.listeners." + setting)
				.hasMessageNotContaining("11111111")
				.extracting("reason")
				.asString()
				.contains(reason));
	}

	@Test
	void whenAListenerHasTheIdOfTheApplicationThenTheStartFails() {
		this.declared.withPropertyValues("bootmesh.inbound.listeners.alpha.id=one", "bootmesh.registration.id=one")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("bootmesh.registration.id"));
	}

	@Test
	void whenTheirWatchesNeedMoreConnectionsThanThereAreThenTheStartFails() {
		this.declared.withPropertyValues("bootmesh.consul.max-connections=13")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("hold 3 connections")
				.hasMessageContaining("that is 14"));
		this.declared.withPropertyValues("bootmesh.consul.max-connections=14")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenAPortIsTakenThenTheStartFailsAndNamesTheListener() throws Exception {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.declared.withPropertyValues("bootmesh.inbound.listeners.alpha.port=" + taken.getLocalPort())
				.run((context) -> assertThat(context).getFailure()
					.satisfies((failure) -> assertThat(actions(failure))
						.contains("bootmesh.inbound.listeners.alpha.port")));
		}
	}

	private static String actions(Throwable failure) {
		StringBuilder actions = new StringBuilder();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof FailureAnalyzedException analyzed) {
				actions.append(analyzed.analysis().getAction());
			}
		}
		return actions.toString();
	}

	@Test
	void whenAnEnvironmentVariableGivesATokenThenItIsOfTheListenerWithDashesAndNotShown() {
		this.runner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment",
						Map.of("BOOTMESH_INBOUND_LISTENERS_LEDGERDB_TOKEN", "11111111"))))
			.withPropertyValues("bootmesh.inbound.listeners.ledger-db.local-port=1",
					"bootmesh.inbound.listeners.ledger-db.address=127.0.0.1")
			.run((context) -> {
				MeshListenerProperties properties = context.getBean(MeshListenerProperties.class);
				assertThat(properties.listeners()).containsOnlyKeys("ledger-db");
				assertThat(Objects.requireNonNull(properties.listeners().get("ledger-db")).token())
					.isEqualTo("11111111");
				assertThat(properties.toString()).doesNotContain("11111111");
				SanitizingFunction sanitizing = context.getBean(SanitizingFunction.class);
				for (String key : new String[] { "BOOTMESH_INBOUND_LISTENERS_LEDGERDB_TOKEN",
						"bootmesh.inbound.listeners.ledger-db.token" }) {
					assertThat(sanitizing
						.applyUnlessFiltered(
								new SanitizableData(new MapPropertySource("test", Map.of()), key, "11111111"))
						.getValue()).isNotEqualTo("11111111");
				}
			});
	}

}
