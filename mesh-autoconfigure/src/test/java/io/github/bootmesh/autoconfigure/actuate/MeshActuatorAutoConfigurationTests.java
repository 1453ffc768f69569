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

import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.health.actuate.endpoint.CompositeHealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.application.AvailabilityHealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.Destination;
import io.github.bootmesh.NoHealthyInstanceException;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.TestMesh;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.MeshSidecarAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstream;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamAutoConfiguration;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.TestIntentions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class MeshActuatorAutoConfigurationTests {

	private static final SpiffeId SELF = new SpiffeId(TestMesh.TRUST_DOMAIN, "default", "default", "dc1", "orders");

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
				MeshRegistrationAutoConfiguration.class, MeshActuatorAutoConfiguration.class,
				ApplicationAvailabilityAutoConfiguration.class, EndpointAutoConfiguration.class,
				HealthContributorRegistryAutoConfiguration.class, HealthContributorAutoConfiguration.class,
				HealthEndpointAutoConfiguration.class, AvailabilityHealthContributorAutoConfiguration.class,
				AvailabilityProbesAutoConfiguration.class))
		.withUserConfiguration(TestMesh.class)
		.withPropertyValues("spring.application.name=orders", "bootmesh.startup-timeout=300ms",
				"bootmesh.fail-fast=false", "management.endpoints.web.exposure.include=mesh,health",
				"management.endpoint.health.show-details=always");

	private final ApplicationContextRunner member = this.runner.withPropertyValues("bootmesh.startup-timeout=30s")
		.withBean(BeanFactoryPostProcessor.class,
				() -> (factory) -> factory.getBean(TestMesh.Delivery.class).deliver("orders"));

	@Test
	void whenTheIdentityIsUsableThenHealthIsUpAlthoughConsulIsAway() {
		this.member.run((context) -> {
			Health health = health(context);
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails())
				.containsEntry("spiffeId", "spiffe://" + TestMesh.TRUST_DOMAIN + "/ns/default/dc/dc1/svc/orders")
				.containsEntry("generation", 1L)
				.containsKey("expires")
				.doesNotContainKeys("problem", "registration", "intentions");
			assertThat(health.getDetails().get("watches")).asInstanceOf(InstanceOfAssertFactories.MAP)
				.extractingByKey("ca-roots")
				.asString()
				.contains("STALE", "age=PT5M", "connection refused");
		});
	}

	@Test
	void whenThereIsAPublicListenerThenItIsShownAndConnectionsAreExplained() {
		SpiffeId self = new SpiffeId(TestMesh.TRUST_DOMAIN, "default", "default", "dc1", "orders");
		TestIntentions intentions = TestIntentions.of(self);
		intentions.deliver(TestIntentions.intention("web", "orders",
				new IntentionRule.Permissions(List.of(new Permission(true, null, Set.of(), List.of())))));
		this.member
			.withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class,
					MeshRelayAutoConfiguration.class, MeshSidecarAutoConfiguration.class))
			.withBean(Authorizer.class, intentions::authorizer)
			.withPropertyValues("bootmesh.registration.enabled=false", "bootmesh.inbound.mode=sidecar",
					"bootmesh.inbound.address=127.0.0.1", "bootmesh.inbound.local-port=1")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				MeshEndpoint endpoint = context.getBean(MeshEndpoint.class);
				PublicListenerLifecycle.Ports ports = context.getBean(PublicListenerLifecycle.class).ports();
				String address = "127.0.0.1:" + Objects.requireNonNull(ports).mesh();
				assertThat(endpoint.mesh().publicListener())
					.isEqualTo(new MeshEndpoint.ListenerDescriptor(address, 0, 0, 0, Map.of(), null));
				assertThat(health(context).getDetails().get("publicListener"))
					.isEqualTo(Map.of("address", address, "connections", 0));
				assertThat(endpoint.view("explain", "web", null, null, null, null)).asString()
					.contains("as requests are not looked at", "DENIED");
			});
	}

	@Test
	void whenAnUpstreamIsDeclaredThenItsListenerIsShownAndCounted() {
		Endpoints endpoints = Mockito.mock(Endpoints.class);
		BDDMockito.given(endpoints.choose(BDDMockito.any(), BDDMockito.any(), BDDMockito.any()))
			.willReturn(Mono.error(new NoHealthyInstanceException("nobody")));
		this.member
			.withConfiguration(
					AutoConfigurations.of(MeshRelayAutoConfiguration.class, MeshUpstreamAutoConfiguration.class))
			.withBean(Endpoints.class, () -> endpoints)
			.withPropertyValues("bootmesh.upstreams.ledger-db.destination-name=ledger",
					"bootmesh.upstreams.ledger-db.local-bind-port=0")
			.run((context) -> {
				InetSocketAddress address = (InetSocketAddress) context.getBean(MeshUpstreams.class)
					.address("ledger-db");
				SimpleMeterRegistry registry = new SimpleMeterRegistry();
				context.getBeanProvider(MeterBinder.class).forEach((binder) -> binder.bindTo(registry));
				assertThatIOException().isThrownBy(() -> {
					try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
						socket.getInputStream().read();
					}
				});
				assertThat(context.getBean(MeshEndpoint.class).view("upstreams", null, null, null, null, null))
					.isInstanceOfSatisfying(UpstreamsDescriptor.class,
							(view) -> assertThat(view.upstreams()).singleElement().satisfies((upstream) -> {
								assertThat(upstream.name()).isEqualTo("ledger-db");
								assertThat(upstream.destination()).isEqualTo("ledger");
								assertThat(upstream.address()).isEqualTo("127.0.0.1:" + address.getPort());
								assertThat(upstream.failures()).containsExactly(Map.entry("no-healthy-instance", 1L));
								assertThat(upstream.problem()).isEqualTo("no-healthy-instance: nobody");
							}));
				assertThat(context.getBean(MeshEndpoint.class).mesh().upstreams()).hasSize(1);
				Health health = health(context);
				assertThat(health.getStatus()).isEqualTo(Status.UP);
				assertThat(health.getDetails().get("upstreams")).hasToString(
						"{ledger-db={destination=ledger, connections=0, problem=no-healthy-instance: nobody}}");
				assertThat(registry.get(MeshMeters.UPSTREAM_FAILURES)
					.tags(MeshMeters.UPSTREAM, "ledger-db", MeshMeters.REASON, "no-healthy-instance")
					.functionCounter()
					.count()).isOne();
				assertThat(registry.get(MeshMeters.UPSTREAM_CONNECTIONS).gauge().value()).isZero();
				assertThat(registry.get(MeshMeters.UPSTREAM_BYTES).functionCounters()).hasSize(2);
				MeshUpstreams upstreams = context.getBean(MeshUpstreams.class);
				upstreams.open("more", MeshUpstream.to(Destination.service("stock")));
				assertThat(registry.get(MeshMeters.UPSTREAM_BYTES).functionCounters()).hasSize(4);
				assertThat(health(context).getDetails().get("upstreams")).asString().contains("more", "ledger-db");
				assertThat(context.getBean(MeshEndpoint.class).mesh().upstreams()).hasSize(2);
				upstreams.close("more");
				assertThat(registry.getMeters())
					.filteredOn((meter) -> "more".equals(meter.getId().getTag(MeshMeters.UPSTREAM)))
					.isEmpty();
				assertThat(registry.get(MeshMeters.UPSTREAM_BYTES).functionCounters()).hasSize(2);
				assertThat(health(context).getDetails().get("upstreams")).asString().doesNotContain("more");
			});
	}

	@Test
	void whenThereIsNoUsableIdentityThenHealthIsDownAndSoIsReadiness() {
		this.runner.run((context) -> {
			AvailabilityChangeEvent.publish(context, LivenessState.CORRECT);
			AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
			assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
			assertThat(health(context).getDetails()).containsKey("problem");
			assertThat(readiness(context).getStatus()).isEqualTo(Status.DOWN);
			HealthEndpoint endpoint = context.getBean(HealthEndpoint.class);
			assertThat(Objects.requireNonNull(endpoint.healthForPath("liveness")).getStatus()).isEqualTo(Status.UP);
			context.getBean(TestMesh.Delivery.class).deliver("orders");
			Awaitility.await().untilAsserted(() -> assertThat(readiness(context).getStatus()).isEqualTo(Status.UP));
		});
	}

	@Test
	void whenTheReadinessGroupIsTheUsersThenItStaysAsItIs() {
		this.runner.withPropertyValues("management.endpoint.health.group.readiness.include=readinessState")
			.run((context) -> {
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				assertThat(readiness(context).getStatus()).isEqualTo(Status.UP);
			});
	}

	@Test
	void whenProbesHavePathsOfTheirOwnThenTheyKeepThem() {
		this.member.withPropertyValues("management.endpoint.health.probes.add-additional-paths=true")
			.run((context) -> assertThat(((CompositeHealthDescriptor) readiness(context)).getComponents())
				.containsOnlyKeys("readinessState", "mesh"));
	}

	@Test
	void whenTheIndicatorIsSwitchedOffOrReplacedThenOursBacksOff() {
		this.member.withPropertyValues("management.health.mesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(MeshHealthIndicator.class));
		this.member.withBean("meshHealthIndicator", HealthIndicator.class, () -> () -> Health.unknown().build())
			.run((context) -> assertThat(context).doesNotHaveBean(MeshHealthIndicator.class));
	}

	@Test
	void whenThereIsNoActuatorThenTheApplicationStartsWithoutIt() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(MeshIdentityAutoConfiguration.class,
					MeshConsulAutoConfiguration.class, MeshActuatorAutoConfiguration.class))
			.withUserConfiguration(TestMesh.class)
			.withPropertyValues("spring.application.name=orders", "bootmesh.startup-timeout=10ms",
					"bootmesh.fail-fast=false")
			.withClassLoader(new FilteredClassLoader(ConditionalOnAvailableEndpoint.class, Health.class,
					SanitizingFunction.class, MeterBinder.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(MeshHealthIndicator.class)
				.doesNotHaveBean("meshEndpoint")
				.doesNotHaveBean("meshMeterBinder"));
	}

	@Test
	void whenDisabledThenThereIsNothing() {
		this.member.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(MeshHealthIndicator.class)
				.doesNotHaveBean(MeshEndpoint.class)
				.doesNotHaveBean(MeshMeterBinder.class)
				.doesNotHaveBean(MeshState.class));
	}

	@Test
	void whenThereAreNoUsableIntentionsThenHealthIsDownAndSoIsReadiness() {
		TestIntentions intentions = TestIntentions.of(SELF, Duration.ofMinutes(1));
		this.member.withPropertyValues("bootmesh.startup-timeout=2s")
			.withBean(Authorizer.class, intentions::authorizer)
			.run((context) -> {
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
				assertThat(readiness(context).getStatus()).isEqualTo(Status.DOWN);
				assertThat(intentionDetails(context)).containsEntry("usable", false)
					.containsEntry("problem", "no intentions were delivered yet")
					.doesNotContainKeys("rules", "age");
				intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW),
						TestIntentions.intention("new", "orders", new IntentionRule.NotUnderstood("JWT")));
				intentions.advance(Duration.ofSeconds(3));
				assertThat(health(context).getStatus()).isEqualTo(Status.UP);
				assertThat(readiness(context).getStatus()).isEqualTo(Status.UP);
				assertThat(intentionDetails(context)).containsEntry("usable", true)
					.containsEntry("rules", 2)
					.containsEntry("defaultPolicy", "deny")
					.containsEntry("defaultPolicyLearnt", "of the test")
					.containsEntry("age", "PT3S")
					.containsKey("since")
					.doesNotContainKey("problem")
					.extractingByKey("notUnderstood")
					.asString()
					.contains("new", "JWT");
				intentions.advance(Duration.ofMinutes(2));
				assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
				assertThat(intentionDetails(context)).extractingByKey("problem").asString().contains("last confirmed");
			});
	}

	@Test
	void whenTheEndpointIsReadThenItShowsWhatIsKnownButNoKey() {
		this.member.run((context) -> {
			MeshEndpoint.MeshDescriptor mesh = context.getBean(MeshEndpoint.class).mesh();
			String json = JsonMapper.shared().writeValueAsString(mesh);
			assertThat(json).contains("spiffe://" + TestMesh.TRUST_DOMAIN, "\"no-certificate\":7", "\"inbound\":3",
					"\"outbound\":2", "\"provider\":\"JDK\"", "ca-roots", "\"revoked\":4", "\"intentions\":null");
			assertThat(json.toLowerCase(Locale.ROOT)).doesNotContain("private", "\"key\"", "begin ");
			assertThat(mesh.roots()).singleElement().satisfies((root) -> {
				assertThat(root.subject()).startsWith("CN=Test CA");
				assertThat(root.fingerprint()).matches("([0-9a-f]{2}:){31}[0-9a-f]{2}");
			});
		});
		this.runner
			.run((context) -> assertThat(context.getBean(MeshEndpoint.class).mesh().identity().usable()).isFalse());
	}

	@Test
	void whenCallsAreTakenThenTheEndpointShowsTheIntentionsAlsoBeforeThereAreAny() {
		TestIntentions intentions = TestIntentions.of(SELF);
		this.runner.withBean(Authorizer.class, intentions::authorizer).run((context) -> {
			MeshEndpoint endpoint = context.getBean(MeshEndpoint.class);
			assertThat(JsonMapper.shared().writeValueAsString(endpoint.mesh())).contains(
					"\"intentions\":{\"usable\":false,\"rules\":0,\"defaultPolicy\":null,\"problem\":\"no intentions were delivered yet\"}");
			assertThat(
					JsonMapper.shared().writeValueAsString(endpoint.view("intentions", null, null, null, null, null)))
				.contains("\"usable\":false", "\"rules\":[]");
			assertThat(JsonMapper.shared().writeValueAsString(endpoint.view("explain", "web", "GET", "/", null, null)))
				.contains("\"decision\":\"denied\"", "no intentions were delivered yet");
		});
	}

	@Test
	void whenNoCallsAreTakenThenThereAreNoIntentionsToShow() {
		this.member.run((context) -> assertThat(
				context.getBean(MeshEndpoint.class).view("intentions", null, null, null, null, null))
			.isNull());
	}

	@Test
	void whenTheIntentionsChangeThenTheMetersOfDecisionsFollow() {
		TestIntentions intentions = TestIntentions.of(SELF);
		intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW));
		this.member.withBean(Authorizer.class, intentions::authorizer).withBean(Decisions.class).run((context) -> {
			MeterRegistry meters = new SimpleMeterRegistry();
			context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(meters));
			Decisions decisions = context.getBean(Decisions.class);
			SpiffeId web = new SpiffeId(TestMesh.TRUST_DOMAIN, "default", "default", "dc1", "web");
			decisions.count(Decisions.Layer.REQUEST, web, new Decision(Decision.Outcome.DENIED, "of the test"));
			assertThat(meters.get("bootmesh.intentions.decisions")
				.tags("source", "web", "layer", "request", "outcome", "denied")
				.functionCounter()
				.count()).isOne();
			assertThat(sources(meters)).containsOnly("web", "other");
			intentions.deliver(TestIntentions.intention("shop", "orders", IntentionRule.ALLOW));
			assertThat(sources(meters)).containsOnly("shop", "other");
			intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW));
			assertThat(sources(meters)).containsOnly("web", "other");
			assertThat(meters.get("bootmesh.intentions.decisions").functionCounters()).hasSize(12);
		});
	}

	private static List<String> sources(MeterRegistry meters) {
		return meters.get("bootmesh.intentions.decisions")
			.functionCounters()
			.stream()
			.map((counter) -> counter.getId().getTag("source"))
			.toList();
	}

	private static Map<String, Object> intentionDetails(ApplicationContext context) {
		Map<String, Object> details = new HashMap<>();
		Map<?, ?> intentions = (Map<?, ?>) Objects.requireNonNull(health(context).getDetails().get("intentions"));
		intentions.forEach((name, value) -> details.put(String.valueOf(name), value));
		return details;
	}

	@Test
	void whenTheEndpointIsNotExposedThenItIsNotThere() {
		this.member.withPropertyValues("management.endpoints.web.exposure.include=health")
			.run((context) -> assertThat(context).doesNotHaveBean(MeshEndpoint.class));
	}

	@Test
	void whenMetersAreReadThenTheyTellTheState() {
		this.member.run((context) -> {
			MeterRegistry meters = new SimpleMeterRegistry();
			context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(meters));
			assertThat(meters.get("bootmesh.identity.expiry").timeGauge().value(TimeUnit.HOURS)).isBetween(71.0, 72.0);
			assertThat(meters.get("bootmesh.identity.generation").gauge().value()).isEqualTo(1);
			assertThat(meters.get("bootmesh.connections").tag("direction", "inbound").gauge().value()).isEqualTo(3);
			assertThat(meters.get("bootmesh.connections").tag("direction", "outbound").gauge().value()).isEqualTo(2);
			assertThat(meters.get("bootmesh.connections.revoked").functionCounter().count()).isEqualTo(4);
			assertThat(meters.get("bootmesh.refusals").tag("reason", "no-certificate").functionCounter().count())
				.isEqualTo(7);
			assertThat(meters.get("bootmesh.refusals").tag("reason", "expired").functionCounter().count()).isZero();
			assertThat(meters.get("bootmesh.watches").tag("state", "stale").gauge().value()).isEqualTo(1);
			assertThat(meters.get("bootmesh.watches").tag("state", "current").gauge().value()).isZero();
		});
	}

	private static Health health(ApplicationContext context) {
		MeshIdentity identity = context.getBean(MeshIdentity.class);
		assertThat(identity).isNotNull();
		return context.getBean(MeshHealthIndicator.class).health();
	}

	private static HealthDescriptor readiness(ApplicationContext context) {
		return Objects.requireNonNull(context.getBean(HealthEndpoint.class).healthForPath("readiness"));
	}

}
