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

package io.github.bootmesh.autoconfigure.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.listener.MeshListenerAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.relay.PublicListener;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;
import io.github.bootmesh.testing.SigningKey;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Refusal;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What operators see of further services in the process.
 */
class ListenerViewsTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	@Test
	void whenAListenerIsDeclaredThenItsServiceIsShownAndCountedWithoutItsToken() {
		// Nobody answers there.
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(MeshConsulAutoConfiguration.class,
					MeshIdentityAutoConfiguration.class, ApplicationAvailabilityAutoConfiguration.class,
					MeshRegistrationAutoConfiguration.class, MeshRelayAutoConfiguration.class,
					MeshListenerAutoConfiguration.class, MeshActuatorAutoConfiguration.class))
			.withPropertyValues("spring.application.name=host", "bootmesh.inbound.mode=none",
					"bootmesh.consul.url=http://127.0.0.1:1", "bootmesh.fail-fast=false",
					"bootmesh.startup-timeout=300ms", "bootmesh.registration.drain-delay=0s",
					"management.endpoints.web.exposure.include=mesh", "bootmesh.inbound.listeners.db.service=ledger",
					"bootmesh.inbound.listeners.db.local-port=1", "bootmesh.inbound.listeners.db.address=127.0.0.1",
					"bootmesh.inbound.listeners.db.token=11111111")
			.run((context) -> {
				MeshEndpoint.MeshDescriptor mesh = context.getBean(MeshEndpoint.class).mesh();
				assertThat(mesh.listeners()).singleElement().satisfies((service) -> {
					assertThat(service.name()).isEqualTo("db");
					assertThat(service.service()).isEqualTo("ledger");
					assertThat(service.identity().usable()).isFalse();
					assertThat(service.intentions().usable()).isFalse();
					assertThat(Objects.requireNonNull(service.publicListener()).address()).startsWith("127.0.0.1:");
					assertThat(Objects.requireNonNull(service.registration()).registered()).isFalse();
				});
				Map<String, Object> health = Objects.requireNonNull(context.getBean(MeshHealthIndicator.class).health())
					.getDetails();
				assertThat(health.get("listeners")).asInstanceOf(InstanceOfAssertFactories.MAP)
					.extractingByKey("db")
					.asInstanceOf(InstanceOfAssertFactories.MAP)
					.containsEntry("service", "ledger")
					.containsEntry("usable", false)
					.containsKeys("problem", "intentions", "publicListener", "registration");
				assertThat(health.get("watches")).asInstanceOf(InstanceOfAssertFactories.MAP)
					.containsKeys("ca-roots", "ca-roots:ledger", "leaf:ledger");
				assertThat(mesh.toString() + health).doesNotContain("11111111");
				SimpleMeterRegistry registry = new SimpleMeterRegistry();
				context.getBean(ListenerMeters.class).bindTo(registry);
				assertThat(registry.getMeters()).isNotEmpty()
					.allMatch((meter) -> "ledger".equals(meter.getId().getTag(MeshMeters.SERVICE)));
				assertThat(registry.get(MeshMeters.LISTENER_CONNECTIONS).gauges()).hasSize(2);
				assertThat(registry.get(MeshMeters.LISTENER_BYTES).functionCounters()).hasSize(2);
				assertThat(registry.get(MeshMeters.LISTENER_FAILURES).functionCounters())
					.hasSize(PublicListener.FAILURES.size());
				assertThat(registry.get(MeshMeters.LISTENER_REFUSALS).functionCounters())
					.hasSize(Refusal.values().length);
				assertThat(
						registry.get(MeshMeters.LISTENER_DECISIONS).tag(MeshMeters.SOURCE, "other").functionCounters())
					.isNotEmpty();
				assertThat(registry.get(MeshMeters.LISTENER_IDENTITY_EXPIRY).timeGauge()).isNotNull();
			});
	}

	@Test
	void whenAListenerIsNamedThenTheIntentionsAboutItsServiceAreShownAndExplained() {
		TestCa ca = TestCa.create(TRUST_DOMAIN);
		try (ScriptedAgent agent = ScriptedAgent.start()) {
			agent.answer("/v1/agent/connect/ca/roots",
					json(Map.of("ActiveRootID", "one", "TrustDomain", TRUST_DOMAIN, "Roots",
							List.of(Map.of("ID", "one", "Name", "Test CA", "RootCert", TestCa.pem(List.of(ca.root())),
									"SigningKeyID", SigningKey.of(ca.leaf("host").chain().get(0)), "Active", true)))));
			List.of("host", "ledger").forEach((service) -> {
				TestCa.Issued leaf = ca.leaf(service);
				agent.answer("/v1/agent/connect/ca/leaf/" + service,
						json(Map.of("CertPEM", leaf.chainPem(), "PrivateKeyPEM", leaf.keyPem(), "Service", service,
								"ServiceURI", ca.uri(service), "ValidAfter", Instant.now().toString(), "ValidBefore",
								Instant.now().plus(Duration.ofHours(72)).toString())));
			});
			agent.answer("/v1/connect/intentions/match", Answer.json("""
					{"ledger": [{"SourceNS": "default", "SourceName": "web", "DestinationNS": "default",
					"DestinationName": "ledger", "SourceType": "consul", "Action": "deny", "Precedence": 9}]}""")
				.index(3));
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(MeshConsulAutoConfiguration.class,
						MeshIdentityAutoConfiguration.class, MeshRelayAutoConfiguration.class,
						MeshListenerAutoConfiguration.class, MeshActuatorAutoConfiguration.class))
				.withPropertyValues("spring.application.name=host", "bootmesh.inbound.mode=none",
						"bootmesh.consul.url=" + agent.url(), "bootmesh.intentions.default-policy=allow",
						"management.endpoints.web.exposure.include=mesh",
						"bootmesh.inbound.listeners.db.service=ledger", "bootmesh.inbound.listeners.db.local-port=1",
						"bootmesh.inbound.listeners.db.address=127.0.0.1")
				.run((context) -> {
					MeshEndpoint endpoint = context.getBean(MeshEndpoint.class);
					assertThat(endpoint.view("explain", "web", null, null, null, "db")).asString()
						.contains("decision=denied", "deny web => ledger");
					assertThat(endpoint.view("explain", "batch", null, null, null, "db")).asString()
						.contains("decision=allowed");
					assertThat(endpoint.view("intentions", null, null, null, null, "db")).asString().contains("web");
					assertThat(endpoint.view("explain", "web", null, null, null, null)).isNull();
					assertThat(endpoint.view("explain", "web", null, null, null, "nobody")).isNull();
				});
		}
	}

	private static Answer json(Map<String, Object> body) {
		return Answer.json(new JsonMapper().writeValueAsString(body)).index(2);
	}

}
