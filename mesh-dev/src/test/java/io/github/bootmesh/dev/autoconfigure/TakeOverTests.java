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

package io.github.bootmesh.dev.autoconfigure;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.DevConsulSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of an application when the host of its development Consul ends.
 */
class TakeOverTests {

	private static void assertCallSucceeds(ConfigurableApplicationContext application) {
		WebClient client = application.getBean(WebClient.Builder.class).build();
		Awaitility.await()
			.atMost(Duration.ofSeconds(60))
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(client.get()
				.uri("http://orders.service.consul/hello")
				.retrieve()
				.bodyToMono(String.class)
				.block(Duration.ofSeconds(10))).isEqualTo("hello"));
	}

	@Test
	void hostsItItselfAndGoesOnWithoutARestart() {
		DevConsul free = DevConsul.start();
		int port = free.url().getPort();
		free.close();
		// Stands for the application of another process that came first.
		DevConsul host = DevConsul
			.start(DevConsulSettings.DEFAULTS.withPort(port).withTrustDomain(SharedDevConsul.trustDomain(port)));
		try (ConfigurableApplicationContext application = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.REACTIVE)
			.run("--spring.application.name=orders", "--server.port=0", "--bootmesh.dev.enabled=true",
					"--bootmesh.dev.port=" + port, "--spring.main.cloud-platform=none")) {
			assertCallSucceeds(application);
			SharedDevConsul shared = application.getBean(SharedDevConsul.class);
			assertThat(shared.isHostedHere()).isFalse();
			host.close();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(shared::isHostedHere);
			Awaitility.await()
				.atMost(Duration.ofSeconds(60))
				.untilAsserted(() -> assertThat(WebClient.create(shared.url() + "/v1/health/connect/orders?passing")
					.get()
					.retrieve()
					.bodyToMono(String.class)
					.block(Duration.ofSeconds(10))).contains("\"Service\":\"orders\""));
			assertCallSucceeds(application);
		}
		finally {
			host.close();
		}
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
