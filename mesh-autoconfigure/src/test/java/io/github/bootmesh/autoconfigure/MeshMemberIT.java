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

package io.github.bootmesh.autoconfigure;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.reactive.TomcatReactiveWebServerAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.registration.RegistrationStatus;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.GoProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

@ExtendWith(OutputCaptureExtension.class)
class MeshMemberIT {

	private static @Nullable ConsulAgent started;

	@BeforeAll
	static void startAgent() {
		started = ConsulAgent.start(ConsulAgent.Options::acls);
	}

	@AfterAll
	static void stopAgent() {
		if (started != null) {
			started.close();
		}
	}

	@Test
	void whenAnApplicationRunsThenItIsAHealthyMemberUntilItStops() {
		try (ConfigurableApplicationContext application = start("orders")) {
			awaiting().untilAsserted(() -> assertThat(agent().healthy("orders")).hasSize(1));
			JsonNode service = agent().healthy("orders").get(0).get("Service");
			assertThat(service.at("/Connect/Native").asBoolean()).isTrue();
			assertThat(service.get("Address").asString()).isEqualTo("127.0.0.1");
			assertThat(service.get("Port").asInt())
				.isEqualTo(application.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
			assertThat(health(application)).isEqualTo(Status.UP);
		}
		assertThat(agent().get("/v1/agent/services")).isEmpty();
		awaiting().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.startsWith("bootmesh")));
	}

	@Test
	void whenABeanCallsTheMeshInItsConstructorThenItIsServed() {
		agent().allow("shop", "catalog");
		try (ConfigurableApplicationContext server = start("catalog")) {
			awaiting().untilAsserted(() -> assertThat(agent().healthy("catalog")).hasSize(1));
			try (ConfigurableApplicationContext client = start("shop", EagerCaller.class)) {
				assertThat(client.getBean(EagerCaller.class).answer).isEqualTo("hello");
			}
		}
	}

	@Test
	void whenADatabaseIsUsedThroughAnUpstreamWhileABeanIsMadeThenItIsServed() throws SQLException {
		Server database = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
		agent().allow("books", "ledger");
		try (GoProxy proxy = GoProxy.inbound(agent(), "ledger", database.getPort());
				ConfigurableApplicationContext application = start("books", EagerLedger.class,
						"--bootmesh.consul.token=" + agent().serviceToken("books"),
						"--bootmesh.upstreams.ledger-db.destination-name=ledger",
						"--bootmesh.upstreams.ledger-db.local-bind-port=0",
						"--ledger.url=jdbc:h2:tcp://127.0.0.1:${local.bootmesh.upstreams.ledger-db.port}/mem:ledger")) {
			assertThat(application.getBean(EagerLedger.class).answer).isEqualTo(42);
		}
		finally {
			database.stop();
		}
	}

	@Test
	void whenTheAgentComesAfterTheApplicationThenItBecomesAMember() {
		String token = agent().serviceToken("late");
		agent().kill();
		try (ConfigurableApplicationContext application = start("late", Application.class,
				"--bootmesh.consul.token=" + token, "--bootmesh.fail-fast=false", "--bootmesh.startup-timeout=1s")) {
			assertThat(health(application)).isEqualTo(Status.DOWN);
			agent().startAgain();
			awaiting().untilAsserted(() -> assertThat(agent().healthy("late")).hasSize(1));
			assertThat(health(application)).isEqualTo(Status.UP);
		}
	}

	@Test
	void whenTheAgentForgetsTheInstanceThenItIsRegisteredAgain() {
		try (ConfigurableApplicationContext application = start("payments")) {
			awaiting().untilAsserted(() -> assertThat(agent().healthy("payments")).hasSize(1));
			agent().forget(id(application));
			awaiting().until(() -> agent().serves("payments"));
		}
	}

	@Test
	void whenTheAgentIsAwayThenTheApplicationStaysReadyAndRecoversWithIt() {
		try (ConfigurableApplicationContext application = start("stock")) {
			awaiting().untilAsserted(() -> assertThat(agent().healthy("stock")).hasSize(1));
			agent().kill();
			try {
				awaiting().untilAsserted(() -> assertThat(status(application).problem()).isNotNull());
				assertThat(health(application)).isEqualTo(Status.UP);
			}
			finally {
				agent().startAgain();
			}
			awaiting().untilAsserted(() -> assertThat(agent().healthy("stock")).hasSize(1));
			awaiting().untilAsserted(() -> assertThat(status(application).problem()).isNull());
		}
	}

	@Test
	void whenTheTokenMayNotWriteTheServiceThenTheStartSaysWhatIsMissing(CapturedOutput output) {
		String token = agent().policyToken("service \"invoices\" { policy = \"read\" }");
		assertThatException()
			.isThrownBy(() -> start("invoices", "--bootmesh.consul.token=" + token, "--bootmesh.startup-timeout=2s"));
		assertThat(output)
			.contains("APPLICATION FAILED TO START", "Permission denied", "'service:write' on 'invoices'",
					"-service-identity=invoices")
			.doesNotContain(token);
	}

	private static ConfigurableApplicationContext start(String service, String... arguments) {
		return start(service, Application.class, arguments);
	}

	private static ConfigurableApplicationContext start(String service, Class<?> more, String... arguments) {
		SpringApplication application = new SpringApplication(Application.class, more);
		application.setRegisterShutdownHook(false);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		application
			.setDefaultProperties(Map.of("spring.application.name", service, "server.port", "0", "server.address",
					"127.0.0.1", "bootmesh.consul.url", agent().uri().toString(), "bootmesh.registration.drain-delay",
					"0s", "bootmesh.registration.check.ttl", "6s", "bootmesh.registration.check.interval", "1s"));
		String[] all = (arguments.length > 0) ? arguments
				: new String[] { "--bootmesh.consul.token=" + agent().serviceToken(service) };
		return application.run(all);
	}

	private static ConsulAgent agent() {
		return Objects.requireNonNull(started);
	}

	private static String id(ConfigurableApplicationContext application) {
		return status(application).id();
	}

	private static RegistrationStatus status(ConfigurableApplicationContext application) {
		return Objects.requireNonNull(application.getBean(MeshRegistrationLifecycle.class).status());
	}

	private static Status health(ConfigurableApplicationContext application) {
		return Objects.requireNonNull(application.getBean(HealthEndpoint.class).healthForPath("readiness")).getStatus();
	}

	private static ConditionFactory awaiting() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { TomcatReactiveWebServerAutoConfiguration.class,
			TomcatReactiveManagementContextAutoConfiguration.class })
	static class Application {

		@Bean
		RouterFunction<ServerResponse> routes() {
			return RouterFunctions.route().GET("/", (request) -> ServerResponse.ok().bodyValue("hello")).build();
		}

	}

	static class EagerCaller {

		private final @Nullable String answer;

		EagerCaller(WebClient.Builder builder) {
			this.answer = builder.build()
				.get()
				.uri("http://catalog.service.consul/")
				.retrieve()
				.bodyToMono(String.class)
				.block(Duration.ofSeconds(20));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class EagerLedger {

		private int answer;

		@Bean
		DataSource dataSource(@Value("${ledger.url}") String url) throws SQLException {
			JdbcDataSource dataSource = new JdbcDataSource();
			dataSource.setUrl(url);
			try (Connection connection = dataSource.getConnection();
					ResultSet row = connection.createStatement().executeQuery("select 42")) {
				row.next();
				this.answer = row.getInt(1);
			}
			return dataSource;
		}

	}

}
