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

package io.github.bootmesh.sample;

import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.boot.webtestclient.autoconfigure.AutoConfigureWebTestClient;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.NestedTestConfiguration.EnclosingConfiguration;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClientRequestException;

import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.test.DevConsulExtension;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.tls.MeshTls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that the tests which an application has keep working when the starter and the
 * development Consul come on its class path.
 */
@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
class TestSuitesOfApplicationsTests {

	private static void assertServes(WebTestClient client) {
		client.get()
			.uri("/hello")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(String.class)
			.value((body) -> assertThat(body).isEqualTo("hello"));
	}

	private static Stream<String> ours(ApplicationContext context) {
		return Stream.of(context.getBeanDefinitionNames())
			.map((name) -> Objects.requireNonNull(context.getType(name, false)).getName())
			.filter((type) -> type.startsWith("io.github.bootmesh."))
			.filter((type) -> !type.startsWith("io.github.bootmesh.sample."));
	}

	@Nested
	@WebFluxTest
	class Slice {

		@Test
		void hasNothingOfTheMesh(@Autowired ApplicationContext context, @Autowired WebTestClient client) {
			assertThat(ours(context)).isEmpty();
			assertServes(client);
		}

	}

	@Nested
	@SpringBootTest(properties = "spring.application.name=orders")
	@ExtendWith(DevConsulExtension.class)
	class WithAMockOfTheServer {

		@Test
		void isInTheMeshButNotCalledByIt(@Autowired ApplicationContext context, DevConsul consul) {
			assertThat(context.getBean(MeshIdentity.class).current().spiffeId().service()).isEqualTo("orders");
			assertServes(WebTestClient.bindToApplicationContext(context).build());
			assertThat(context.getBean(MeshRegistrationLifecycle.class).status()).isNull();
			assertThat(context.getBean(MeshTls.class).connections().inbound()).isZero();
			assertThat(context.getEnvironment().getProperty("local.server.port")).isNull();
			WebTestClient.bindToServer()
				.baseUrl(consul.url().toString())
				.build()
				.get()
				.uri("/v1/agent/services")
				.exchange()
				.expectBody()
				.json("{}");
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
			properties = { "spring.application.name=orders", "bootmesh.inbound.mode=none" })
	@AutoConfigureWebTestClient
	class WithAServerForTheTestsOwnClient {

		@Test
		void isInTheMeshAndServesPlainHttp(@Autowired ApplicationContext context, @Autowired WebTestClient client) {
			assertServes(client);
			assertThat(context.getBean(MeshIdentity.class).current().spiffeId().service()).isEqualTo("orders");
			assertThat(context.getBean(MeshRegistrationLifecycle.class).status()).isNull();
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "spring.application.name=orders")
	@AutoConfigureWebTestClient
	class WithAServerOfTheMesh {

		@Test
		void refusesTheTestsOwnClient(@Autowired WebTestClient client) {
			assertThatExceptionOfType(WebClientRequestException.class).isThrownBy(() -> assertServes(client));
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "bootmesh.enabled=false")
	class WithTheMeshOff {

		@Test
		void hasNothingOfTheMesh(@Autowired ApplicationContext context, @LocalServerPort int port) {
			assertThat(ours(context)).isEmpty();
			assertServes(WebTestClient.bindToServer().baseUrl("http://127.0.0.1:" + port).build());
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Hello.class)
	static class Application {

	}

	@RestController
	static class Hello {

		@GetMapping("/hello")
		String hello() {
			return "hello";
		}

	}

}
