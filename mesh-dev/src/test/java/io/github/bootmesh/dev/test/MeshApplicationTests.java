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

package io.github.bootmesh.dev.test;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

import io.github.bootmesh.dev.DevConsul;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A whole application in the mesh of its development Consul, without a word of
 * configuration but its name: it registers, and calls itself by name over mTLS.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
		properties = "spring.application.name=orders")
@ExtendWith(DevConsulExtension.class)
class MeshApplicationTests {

	@Autowired
	private WebClient.Builder clients;

	private void assertCallSucceeds() {
		WebClient client = this.clients.build();
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(client.get()
				.uri("http://orders.service.consul/hello")
				.retrieve()
				.bodyToMono(String.class)
				.block(Duration.ofSeconds(10))).isEqualTo("hello"));
	}

	@Test
	void callsItselfByNameAndGoesOnAfterARotation(DevConsul consul) {
		assertCallSucceeds();
		consul.rotateRoot();
		consul.rotateLeaf("orders");
		assertCallSucceeds();
	}

	@Test
	void registersAgainWhenTheAgentHasForgottenIt(DevConsul consul) {
		assertCallSucceeds();
		consul.forgetRegistrations();
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(WebClient.create(consul.url() + "/v1/agent/services")
				.get()
				.retrieve()
				.bodyToMono(String.class)
				.block(Duration.ofSeconds(10))).contains("\"Service\":\"orders\""));
		assertCallSucceeds();
	}

	@Configuration(proxyBeanMethods = false)
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
