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

package io.github.bootmesh.autoconfigure.registration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.MockedConstruction;
import org.mockito.Mockito;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.web.server.context.ServerPortInfoApplicationContextInitializer;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.boot.web.server.reactive.ReactiveWebServerFactory;
import org.springframework.boot.web.server.reactive.context.AnnotationConfigReactiveWebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.reactive.HttpHandler;
import reactor.core.publisher.Mono;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.TestMesh;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.MeshSidecarAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.registration.Registrar;
import io.github.bootmesh.registration.RegistrationConflictException;
import io.github.bootmesh.registration.RegistrationStatus;

import static org.assertj.core.api.Assertions.assertThat;

class MeshRegistrationAutoConfigurationTests {

	private static final AutoConfigurations CONFIGURATIONS = AutoConfigurations.of(MeshConsulAutoConfiguration.class,
			MeshIdentityAutoConfiguration.class, MeshRegistrationAutoConfiguration.class,
			ApplicationAvailabilityAutoConfiguration.class, LifecycleAutoConfiguration.class);

	private static final String[] PROPERTIES = { "spring.application.name=orders", "bootmesh.startup-timeout=30s",
			"bootmesh.registration.drain-delay=50ms", "bootmesh.registration.check.interval=20ms",
			"server.address=127.0.0.1" };

	private final ApplicationContextRunner plain = new ApplicationContextRunner().withConfiguration(CONFIGURATIONS)
		.withUserConfiguration(TestMesh.class, Identity.class)
		.withPropertyValues(PROPERTIES);

	private final ReactiveWebApplicationContextRunner mocked = new ReactiveWebApplicationContextRunner()
		.withConfiguration(CONFIGURATIONS)
		.withUserConfiguration(TestMesh.class, Identity.class)
		.withPropertyValues(PROPERTIES);

	private final ReactiveWebApplicationContextRunner web = new ReactiveWebApplicationContextRunner(
			AnnotationConfigReactiveWebServerApplicationContext::new)
		.withConfiguration(CONFIGURATIONS)
		.withUserConfiguration(TestMesh.class, Identity.class, Server.class)
		.withInitializer(new ServerPortInfoApplicationContextInitializer())
		.withPropertyValues(PROPERTIES);

	private final List<String> events = new CopyOnWriteArrayList<>();

	private final List<ServiceDefinition> definitions = new CopyOnWriteArrayList<>();

	private final AtomicReference<Mono<Void>> answer = new AtomicReference<>(Mono.empty());

	private MockedConstruction<Registrar> registrars;

	@BeforeEach
	void recordRegistrars() {
		this.registrars = Mockito.mockConstruction(Registrar.class, (registrar, construction) -> {
			ServiceDefinition definition = (ServiceDefinition) construction.arguments().get(1);
			this.definitions.add(definition);
			BDDMockito.given(registrar.status())
				.willReturn(new RegistrationStatus(definition.id(), definition.name(), definition.address(),
						definition.port(), true, null, null, null));
			BDDMockito.given(registrar.start())
				.willReturn(Mono.defer(this.answer::get).doFirst(() -> this.events.add("start")));
			BDDMockito.given(registrar.stop())
				.willReturn(Mono.fromRunnable(
						() -> this.events.add(accepts(definition) ? "stop, server up" : "stop, server down")));
			BDDMockito.willAnswer((call) -> this.events.add(call.getArgument(0) + ": " + call.getArgument(1)))
				.given(registrar)
				.readiness(ArgumentMatchers.anyBoolean(), ArgumentMatchers.anyString());
			BDDMockito.willAnswer((call) -> this.events.add("close")).given(registrar).close();
		});
	}

	@AfterEach
	void forgetRegistrars() {
		this.registrars.close();
	}

	@Test
	void whenAWebServerRunsThenItsPortIsRegistered() {
		this.web.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(this.definitions).singleElement().satisfies((definition) -> {
				assertThat(definition.port())
					.isEqualTo(Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port")));
				assertThat(definition.connectNative()).isTrue();
				assertThat(definition.address()).isEqualTo("127.0.0.1");
			});
			MeshRegistrationLifecycle lifecycle = context.getBean(MeshRegistrationLifecycle.class);
			assertThat(Objects.requireNonNull(lifecycle.status()).registered()).isTrue();
			assertThat(lifecycle.isPauseable()).isFalse();
		});
	}

	@Test
	void whenTheContextIsClosedThenTheInstanceLeavesConsulBeforeTheServerStops() {
		this.web.run((context) -> {
		});
		List<String> order = new ArrayList<>(this.events);
		order.removeIf((event) -> event.contains(":"));
		assertThat(order).containsExactly("start", "stop, server up", "close");
		assertThat(accepts(this.definitions.get(0))).isFalse();
	}

	@Test
	void whenTheContextIsStoppedAndStartedThenTheInstanceIsBackAndLeavesInTheEnd() {
		this.web.run((context) -> {
			context.getSourceApplicationContext().stop();
			context.getSourceApplicationContext().start();
		});
		List<String> order = new ArrayList<>(this.events);
		order.removeIf((event) -> event.contains(":"));
		assertThat(order).containsExactly("start", "stop, server up", "close", "start", "stop, server up", "close");
	}

	@Test
	void whenAPublicListenerIsInFrontThenItIsRegisteredAndOpenAsLongAsItIs() {
		TestIntentions intentions = TestIntentions
			.of(new SpiffeId(TestMesh.TRUST_DOMAIN, "default", "default", "dc1", "orders"));
		intentions.deliver();
		this.web
			.withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class,
					MeshRelayAutoConfiguration.class, MeshSidecarAutoConfiguration.class))
			.withBean(Authorizer.class, intentions::authorizer)
			.withPropertyValues("bootmesh.inbound.mode=sidecar", "bootmesh.inbound.address=127.0.0.1",
					"bootmesh.inbound.expose.paths[0].path=/metrics",
					"bootmesh.inbound.expose.paths[0].local-path-port=8081",
					"bootmesh.inbound.expose.paths[0].listener-port=0")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				int local = Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
				PublicListenerLifecycle.Ports ports = context.getBean(PublicListenerLifecycle.class).ports();
				assertThat(ports)
					.isEqualTo(new PublicListenerLifecycle.Ports(local, this.definitions.get(0).meshPort()));
				assertThat(this.definitions).singleElement().satisfies((definition) -> {
					assertThat(definition.port()).isEqualTo(local);
					assertThat(definition.sidecarPort()).isNotNull();
					assertThat(definition.connectNative()).isFalse();
					assertThat(definition.address()).isEqualTo("127.0.0.1");
					assertThat(definition.exposed()).singleElement().satisfies((exposed) -> {
						assertThat(exposed.path()).isEqualTo("/metrics");
						assertThat(exposed.localPathPort()).isEqualTo(8081);
						assertThat(exposed.listenerPort()).isPositive();
					});
				});
			});
		List<String> order = new ArrayList<>(this.events);
		order.removeIf((event) -> event.contains(":"));
		assertThat(order).containsExactly("start", "stop, server up", "close");
		assertThat(accepts(this.definitions.get(0))).isFalse();
	}

	@Test
	void whenTheWebServerIsOfTheManagementPortThenItIsNotRegistered() {
		this.mocked.run((context) -> {
			ListeningPort port = context.getBean(ListeningPort.class);
			WebServerInitializedEvent event = Mockito.mock(WebServerInitializedEvent.class, Mockito.RETURNS_DEEP_STUBS);
			new WebServerPortListener(Mockito.mock(ApplicationContext.class), port).onApplicationEvent(event);
			assertThat(port.get()).isNull();
		});
	}

	@Test
	void whenThereIsNoWebServerThenNothingIsRegistered() {
		this.plain.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(MeshRegistrationLifecycle.class).status()).isNull();
		});
		this.mocked.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.definitions).isEmpty();
	}

	@Test
	void whenNoWebServerCouldEverRunThenNothingIsMissing() {
		this.plain.withClassLoader(new FilteredClassLoader("org.springframework.boot.web.server"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenAPortIsGivenThenItIsRegisteredWithoutAWebServer() {
		this.plain.withPropertyValues("bootmesh.registration.port=9443")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.definitions).singleElement()
			.satisfies((definition) -> assertThat(definition.port()).isEqualTo(9443));
	}

	@Test
	void whenNothingIsAcceptedOrTheRegistrationIsOffThenNothingIsRegistered() {
		for (String property : List.of("bootmesh.inbound.mode=none", "bootmesh.server.enabled=false")) {
			this.web.withPropertyValues(property).run((context) -> assertThat(context).hasNotFailed());
		}
		this.web.withPropertyValues("bootmesh.registration.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(MeshRegistrationLifecycle.class)
				.doesNotHaveBean(RegistrationProperties.class));
		this.web.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(MeshRegistrationLifecycle.class));
		assertThat(this.definitions).isEmpty();
	}

	@Test
	void whenTheApplicationIsReadyThenTheCheckPassesAndFollowsItAtOnce() {
		this.web.withPropertyValues("bootmesh.registration.check.interval=29s").run((context) -> {
			AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
			awaitLast("true: The application is ready.");
			AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
			awaitLast("false: The application's readiness is REFUSING_TRAFFIC.");
		});
	}

	@Test
	void whenTheReadinessGroupDisagreesThenTheCheckIsCriticalAndSaysWhoButNotWhy() {
		actuated()
			.withBean("brokerHealthIndicator", HealthIndicator.class,
					() -> () -> Health.outOfService().withDetail("password", "secret").build())
			.withPropertyValues("management.endpoint.health.group.readiness.include=readinessState,broker")
			.run((context) -> {
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				awaitLast("false: The readiness group is OUT_OF_SERVICE (broker OUT_OF_SERVICE).");
			});
		assertThat(this.events.toString()).doesNotContain("secret");
	}

	@Test
	void whenSomethingOutsideTheReadinessGroupIsDownThenTheCheckPasses() {
		actuated().withBean("brokerHealthIndicator", HealthIndicator.class, () -> () -> Health.down().build())
			.run((context) -> {
				assertThat(context.getBean(HealthEndpoint.class).health().getStatus().getCode()).isEqualTo("DOWN");
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				awaitLast("true: The application is ready.");
			});
	}

	@Test
	void whenAnIndicatorFailsOrHangsThenTheCheckIsCritical() {
		actuated().withBean("brokerHealthIndicator", HealthIndicator.class, () -> () -> {
			try {
				Thread.currentThread().join();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return Health.up().build();
		})
			.withPropertyValues("bootmesh.registration.check.ttl=1s",
					"management.endpoint.health.group.readiness.include=readinessState,broker")
			.run((context) -> {
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				awaitLast("false: The application did not tell its readiness within 1s.");
			});
	}

	@Test
	void whenThereIsNoUsableIdentityThenTheApplicationStartsRegisteredAsCritical() {
		new ReactiveWebApplicationContextRunner(AnnotationConfigReactiveWebServerApplicationContext::new)
			.withConfiguration(CONFIGURATIONS)
			.withUserConfiguration(TestMesh.class, Server.class)
			.withPropertyValues(PROPERTIES)
			.withPropertyValues("bootmesh.fail-fast=false", "bootmesh.startup-timeout=100ms")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				awaitLast("false: The application has no usable mesh identity.");
				context.getBean(TestMesh.Delivery.class).deliver("orders");
				awaitLast("true: The application is ready.");
			});
	}

	@Test
	void whenThereAreNoUsableIntentionsThenTheCheckIsCriticalAndFollowsThemAtOnce() {
		TestIntentions intentions = TestIntentions
			.of(new SpiffeId(TestMesh.TRUST_DOMAIN, "default", "default", "dc1", "orders"), Duration.ofMinutes(1));
		this.web.withBean(Authorizer.class, intentions::authorizer)
			.withPropertyValues("bootmesh.fail-fast=false", "bootmesh.startup-timeout=2s")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
				awaitLast("false: The application has no usable intentions.");
				intentions.deliver();
				awaitLast("true: The application is ready.");
				intentions.advance(Duration.ofMinutes(2));
				awaitLast("false: The application has no usable intentions.");
			});
	}

	@Test
	void whenTheIdIsHeldBySomebodyElseThenTheStartFails() {
		this.answer.set(Mono.error(new RegistrationConflictException("orders-1 is held by 10.0.0.9:8443")));
		this.web.run((context) -> {
			assertThat(context).getFailure().rootCause().isInstanceOf(RegistrationConflictException.class);
			FailureAnalysis analysis = new RegistrationConflictFailureAnalyzer()
				.analyze(Objects.requireNonNull(context.getStartupFailure()));
			assertThat(Objects.requireNonNull(analysis).getDescription()).contains("10.0.0.9:8443");
			assertThat(analysis.getAction()).contains("bootmesh.registration.id");
		});
		assertThat(this.events).contains("close");
	}

	@Test
	void whenConsulDoesNotTakeTheRegistrationInTimeThenFailFastDecides() {
		this.answer.set(Mono.never());
		this.web.withPropertyValues("bootmesh.startup-timeout=3s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("Not registered in Consul as 'orders-"));
		this.web.withPropertyValues("bootmesh.startup-timeout=3s", "bootmesh.fail-fast=false")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenDeregisteringAndTheDrainDelayDoNotFitIntoTheShutdownPhaseThenTheStartFails() {
		this.web
			.withPropertyValues("bootmesh.registration.drain-delay=5s",
					"spring.lifecycle.timeout-per-shutdown-phase=10s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidConfigurationPropertyValueException.class)
				.hasMessageContaining("bootmesh.registration.drain-delay")
				.hasMessageContaining("the 5s that deregistering may take")
				.hasMessageContaining("'spring.lifecycle.timeout-per-shutdown-phase', which is 10s"));
		this.web
			.withPropertyValues("bootmesh.registration.drain-delay=4s",
					"spring.lifecycle.timeout-per-shutdown-phase=10s")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private ReactiveWebApplicationContextRunner actuated() {
		return this.web.withConfiguration(
				AutoConfigurations.of(EndpointAutoConfiguration.class, HealthContributorRegistryAutoConfiguration.class,
						HealthEndpointAutoConfiguration.class, AvailabilityProbesAutoConfiguration.class));
	}

	private static boolean accepts(ServiceDefinition definition) {
		try (Socket socket = new Socket(definition.address(), definition.meshPort())) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	private void awaitLast(String event) {
		Awaitility.await()
			.untilAsserted(() -> assertThat(this.events).isNotEmpty()
				.extracting((recorded) -> recorded)
				.last()
				.isEqualTo(event));
	}

	@Configuration(proxyBeanMethods = false)
	static class Identity {

		@Bean
		static BeanFactoryPostProcessor delivered() {
			return (factory) -> factory.getBean(TestMesh.Delivery.class).deliver("orders");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Server {

		@Bean
		ReactiveWebServerFactory webServerFactory() {
			NettyReactiveWebServerFactory factory = new NettyReactiveWebServerFactory(0);
			factory.setAddress(InetAddress.getLoopbackAddress());
			return factory;
		}

		@Bean
		HttpHandler httpHandler() {
			return (request, response) -> response.setComplete();
		}

	}

}
