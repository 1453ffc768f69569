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

package io.github.bootmesh.starter;

import java.util.Map;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.cloud.consul.ConsulAutoConfiguration;
import org.springframework.cloud.consul.discovery.ConsulDiscoveryClientConfiguration;
import org.springframework.cloud.consul.discovery.ConsulDiscoveryProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.tls.MeshTls;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class StarterTests {

	@Test
	void whenTheStarterIsAddedThenAnApplicationStaysWhatItWasAndHasClients() {
		run(Application.class, (context) -> {
			assertThat(context.getBeanProvider(WebClient.Builder.class).getIfAvailable()).isNotNull();
			assertThat(context.getBeanProvider(RestClient.Builder.class).getIfAvailable()).isNotNull();
			assertThat(context.getBean(MeshIdentity.class).status().usable()).isFalse();
			assertThat(context.getBean(MeshTls.class).provider()).isEqualTo("BoringSSL");
			assertThat(context.getEnvironment().getProperty("local.server.port")).isNull();
		}, "--spring.cloud.consul.enabled=false");
	}

	@Test
	void nothingOptionalIsOnTheClassPathOfTheseTests() {
		for (String name : new String[] { "org.springframework.boot.web.server.WebServer",
				"org.springframework.boot.actuate.endpoint.annotation.Endpoint",
				"org.springframework.boot.health.contributor.Health" }) {
			assertThat(ClassUtils.isPresent(name, null)).as(name).isFalse();
		}
	}

	@Test
	void whenTheMeshIsOffThenNothingOfItIsThere() {
		run(Application.class,
				(context) -> assertThat(context.getBeanProvider(MeshIdentity.class).getIfAvailable()).isNull(),
				"--bootmesh.enabled=false", "--spring.cloud.consul.enabled=false");
	}

	@Test
	void whenSpringCloudConsulIsThereTooThenItDoesNotRegister(CapturedOutput output) {
		run(SpringCloud.class,
				(context) -> assertThat(context.getBean(ConsulDiscoveryProperties.class).isRegister()).isFalse());
		assertThat(output).contains("Bootmesh registers this instance in Consul, so Spring Cloud Consul does not");
	}

	@Test
	void whenBootmeshIsOffThenSpringCloudConsulRegisters(CapturedOutput output) {
		run(SpringCloud.class,
				(context) -> assertThat(context.getBean(ConsulDiscoveryProperties.class).isRegister()).isTrue(),
				"--bootmesh.enabled=false");
		assertThat(output).doesNotContain("Bootmesh registers");
	}

	private static void run(Class<?> source, Consumer<ConfigurableApplicationContext> check, String... arguments) {
		SpringApplication application = new SpringApplication(source);
		application.setRegisterShutdownHook(false);
		application.setDefaultProperties(Map.of("spring.application.name", "orders", "bootmesh.consul.url",
				"http://127.0.0.1:1", "bootmesh.startup-timeout", "10ms", "bootmesh.fail-fast", "false",
				"spring.cloud.consul.port", "1", "spring.cloud.consul.host", "127.0.0.1"));
		try (ConfigurableApplicationContext context = application.run(arguments)) {
			check.accept(context);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ UtilAutoConfiguration.class, ConsulAutoConfiguration.class,
			ConsulDiscoveryClientConfiguration.class })
	static class SpringCloud {

	}

}
