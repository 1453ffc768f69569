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

package io.github.bootmesh.autoconfigure.external;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.MockedConstruction;
import org.mockito.Mockito;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.reactive.context.AnnotationConfigReactiveWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.reactive.HttpHandler;
import reactor.core.publisher.Mono;

import io.github.bootmesh.Destination;
import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.autoconfigure.TestMesh;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.MeshExternalApplicationAutoConfiguration;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamAutoConfiguration;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.registration.Registrar;
import io.github.bootmesh.registration.RegistrationStatus;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application whose proxy listens as soon as it finds the registration.
 */
@ExtendWith(OutputCaptureExtension.class)
class MeshExternalTests {

	private final List<String> events = new CopyOnWriteArrayList<>();

	private final List<ServiceDefinition> definitions = new CopyOnWriteArrayList<>();

	private final List<Boolean> readiness = new CopyOnWriteArrayList<>();

	private final Deque<ServerSocket> proxy = new ArrayDeque<>();

	private final int port = freePort();

	private final int meshPort = freePort();

	private final int upstreamPort = freePort();

	private boolean proxyFollows = true;

	private MockedConstruction<Registrar> registrars;

	private final ReactiveWebApplicationContextRunner application = new ReactiveWebApplicationContextRunner(
			AnnotationConfigReactiveWebServerApplicationContext::new)
		.withConfiguration(AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
				MeshServerAutoConfiguration.class, MeshRelayAutoConfiguration.class,
				MeshExternalApplicationAutoConfiguration.class, MeshUpstreamAutoConfiguration.class,
				MeshRegistrationAutoConfiguration.class, MeshExternalAutoConfiguration.class,
				ApplicationAvailabilityAutoConfiguration.class, LifecycleAutoConfiguration.class,
				NettyReactiveWebServerAutoConfiguration.class))
		.withUserConfiguration(TestMesh.class, Application.class)
		.withBean(Connecting.class, () -> new Connecting(this.events, this.upstreamPort),
				(definition) -> definition.setDependsOn("meshUpstreams"))
		.withPropertyValues("spring.application.name=orders", "bootmesh.inbound.mode=external",
				"bootmesh.inbound.port=" + this.meshPort, "server.port=" + this.port, "bootmesh.startup-timeout=20s",
				"bootmesh.registration.drain-delay=0s", "bootmesh.registration.check.interval=20ms",
				"bootmesh.registration.address=127.0.0.1", "bootmesh.upstreams.ledger-db.destination-name=ledger",
				"bootmesh.upstreams.ledger-db.local-bind-port=" + this.upstreamPort);

	@BeforeEach
	void recordRegistrars() {
		this.registrars = Mockito.mockConstruction(Registrar.class, (registrar, construction) -> {
			ServiceDefinition definition = (ServiceDefinition) construction.arguments().get(1);
			this.definitions.add(definition);
			BDDMockito.given(registrar.start()).willReturn(Mono.fromRunnable(() -> {
				this.events.add("registered");
				if (this.proxyFollows) {
					listen(this.upstreamPort);
				}
			}));
			BDDMockito.given(registrar.stop()).willReturn(Mono.fromRunnable(() -> this.events.add("deregistered")));
			BDDMockito.given(registrar.status())
				.willReturn(new RegistrationStatus(definition.id(), "orders", definition.address(),
						definition.meshPort(), true, null, null, null));
			BDDMockito.willAnswer((invocation) -> this.readiness.add(invocation.getArgument(0)))
				.given(registrar)
				.readiness(ArgumentMatchers.anyBoolean(), ArgumentMatchers.anyString());
		});
	}

	@AfterEach
	void close() throws IOException {
		this.registrars.close();
		for (ServerSocket listener : this.proxy) {
			listener.close();
		}
	}

	private void listen(int port) {
		try {
			this.proxy.add(new ServerSocket(port, 50, InetAddress.getLoopbackAddress()));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static int freePort() {
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return free.getLocalPort();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	// No identity is ever delivered here.
	@Test
	void whenBeansConnectThroughUpstreamsThenItIsRegisteredAndTheProxyListensBefore() {
		this.application.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(this.events).containsExactly("registered", "connected");
			assertThat(this.definitions).singleElement().satisfies((definition) -> {
				assertThat(definition.port()).isEqualTo(this.port);
				assertThat(definition.sidecarPort()).isEqualTo(this.meshPort);
				assertThat(definition.upstreams()).containsExactly(new ServiceDefinition.Upstream(
						Destination.service("ledger"), "127.0.0.1", this.upstreamPort, null));
			});
			assertThat(context.getBean(MeshUpstreams.class).address("ledger-db"))
				.isEqualTo(new InetSocketAddress("127.0.0.1", this.upstreamPort));
			// The server is on loopback only.
			new ServerSocket(this.port, 1, InetAddress.getByName("127.0.0.2")).close();
		});
		assertThat(this.events).endsWith("deregistered");
	}

	@Test
	void whenADataSourceConnectsThenItIsTheSameAlsoWhereBeansAreLazy() {
		this.application.withUserConfiguration(Database.class)
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBeanFactory().getBeanDefinition("dataSource").getDependsOn())
					.contains("meshUpstreams", "meshExternalProxy");
				assertThat(this.events).containsExactly("registered");
			});
	}

	@Test
	void whenTheProxyDoesNotComeThenTheStartFailsAndNothingStaysRegistered() {
		this.proxyFollows = false;
		this.application.withPropertyValues("bootmesh.startup-timeout=300ms", "bootmesh.registration.id=orders-1")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'ledger-db' at 127.0.0.1:" + this.upstreamPort));
		assertThat(this.events).containsExactly("registered", "deregistered");
	}

	@Test
	void whenAStartMayFailSoftlyThenItGoesOnWithoutTheProxy(CapturedOutput output) {
		this.proxyFollows = false;
		this.application.withPropertyValues("bootmesh.startup-timeout=300ms", "bootmesh.fail-fast=false")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).containsOnlyOnce("The proxy does not listen for the upstreams");
	}

	@Test
	void whenTheProxyTakesNobodyInThenTheInstanceIsNotReady() {
		this.application.run((context) -> {
			context.publishEvent(new AvailabilityChangeEvent<>(context, ReadinessState.ACCEPTING_TRAFFIC));
			int before = this.readiness.size();
			Awaitility.await().until(() -> this.readiness.size() > before + 2);
			assertThat(this.readiness).doesNotContain(true);
			assertThat(context.getBean(ExternalProxy.class).problem()).contains("127.0.0.1:" + this.meshPort,
					"bootmesh.inbound.address");
			listen(this.meshPort);
			Awaitility.await().until(() -> this.readiness.contains(true));
			assertThat(context.getBean(ExternalProxy.class).status().publicListener().answers()).isTrue();
		});
	}

	@Test
	void whenSomebodyElseRegistersThenOnlyTheListenersAreAwaited() {
		listen(this.upstreamPort);
		this.application.withPropertyValues("bootmesh.registration.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(this.events).containsExactly("connected");
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			server.port=0                                          | 'server.port' is 0
			bootmesh.inbound.port=0                                | bootmesh.inbound.port
			bootmesh.upstreams.ledger-db.local-bind-port=0         | local-bind-port
			bootmesh.upstreams.ledger-db.connect-timeout=0s        | connect-timeout
			bootmesh.upstreams.ledger-db.identity=alpha            | ledger-db.identity
			bootmesh.inbound.mutual-tls-mode=permissive            | mutual-tls-mode
			bootmesh.inbound.forwarded-client-cert=sanitize        | forwarded-client-cert
			bootmesh.inbound.gateways=edge                         | forwarded-client-cert
			server.address=0.0.0.0                                 | others reach it without the mesh
			""")
	void whenASettingMakesNoSenseThenTheStartFailsAndNamesIt(String property, String named) {
		this.application.withPropertyValues(property)
			.run((context) -> assertThat(context).getFailure().rootCause().hasMessageContaining(named));
		assertThat(this.events).isEmpty();
	}

	@Test
	void whenTheServerIsWhereNoProxyDialsThenTheStartFailsAndNothingStaysRegistered() {
		this.application.withPropertyValues("server.address=127.0.0.2")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("the proxy dials 127.0.0.1"));
		assertThat(this.events).endsWith("deregistered");
	}

	@Test
	void whenThereIsAMeshAuthorizerThenTheStartFailsAsNobodyWouldAskIt() {
		this.application.withBean("everybody", MeshAuthorizer.class, () -> (caller, request) -> Mono.just(true))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("[everybody] would never be asked: 'bootmesh.inbound.mode=external'"));
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		HttpHandler httpHandler() {
			return (request, response) -> response.setComplete();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Database {

		@Bean
		DataSource dataSource() {
			return new JdbcDataSource();
		}

	}

	/**
	 * Connects as it is made.
	 */
	static final class Connecting implements InitializingBean {

		private final List<String> events;

		private final int port;

		Connecting(List<String> events, int port) {
			this.events = events;
			this.port = port;
		}

		@Override
		public void afterPropertiesSet() throws Exception {
			try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.port)) {
				this.events.add(socket.isConnected() ? "connected" : "not connected");
			}
			catch (IOException ex) {
				this.events.add("not connected");
			}
		}

	}

}
