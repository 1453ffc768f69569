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

package io.github.bootmesh.autoconfigure.consul;

import java.net.URI;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.BeanInstantiationException;
import org.springframework.boot.actuate.autoconfigure.context.properties.ConfigurationPropertiesReportEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.env.EnvironmentEndpointAutoConfiguration;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.env.EnvironmentEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;

import static org.assertj.core.api.Assertions.assertThat;

class MeshConsulAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshConsulAutoConfiguration.class));

	@Test
	void whenEnabledThenThereIsAClientWithItsOwnEventLoops() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(ConsulClient.class)
			.hasSingleBean(Watches.class)
			.hasSingleBean(ConsulConnectionDetails.class)
			.hasBean("bootmeshLoopResources"));
	}

	@Test
	void whenDisabledThenThereIsNothing() {
		this.runner.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(ConsulClient.class)
				.doesNotHaveBean(ConsulConnectionDetails.class)
				.doesNotHaveBean(ConsulProperties.class)
				.doesNotHaveBean(SanitizingFunction.class)
				.doesNotHaveBean(LoopResources.class));
	}

	@Test
	void whenTheContextIsClosedThenNoThreadIsLeft() {
		this.runner.run((context) -> {
			LoopResources loops = context.getBean("bootmeshLoopResources", LoopResources.class);
			loops.onClient(false).next().submit(() -> {
			}).sync();
			assertThat(threads()).isPositive();
		});
		Awaitility.await().untilAsserted(() -> assertThat(threads()).isZero());
	}

	@Test
	void whenConnectionDetailsAreGivenThenTheyBeatEveryProperty() {
		this.runner.withUserConfiguration(DetailsConfiguration.class)
			.withPropertyValues("bootmesh.consul.url=http://localhost:1")
			.run((context) -> assertThat(context).getBean(ConsulConnectionDetails.class)
				.extracting(ConsulConnectionDetails::getUrl)
				.isEqualTo(URI.create("http://localhost:2")));
	}

	@Test
	void whenTheAgentWouldBeSpokenToInPlaintextThenTheStartFails() {
		this.runner.withPropertyValues("bootmesh.consul.url=http://consul.example:8500")
			.run((context) -> assertThat(context).getFailure()
				.hasCauseInstanceOf(BeanInstantiationException.class)
				.cause()
				.cause()
				.isInstanceOfSatisfying(FailureAnalyzedException.class, (ex) -> {
					assertThat(ex.analysis().getDescription()).contains("consul.example", "private key");
					assertThat(ex.analysis().getAction()).contains("bootmesh.consul.allow-plaintext=true");
				}));
	}

	@Test
	void whenPlaintextIsAllowedThenTheStartGoesOn() {
		this.runner
			.withPropertyValues("bootmesh.consul.url=http://consul.example:8500",
					"bootmesh.consul.allow-plaintext=true")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenValuesAreShownToOperatorsThenTokensAreNot() {
		this.runner.run((context) -> {
			SanitizingFunction function = context.getBean(SanitizingFunction.class);
			for (String key : new String[] { "bootmesh.consul.token", "BOOTMESH_CONSUL_TOKEN", "CONSUL_HTTP_TOKEN",
					"CONSUL_HTTP_AUTH", "spring.cloud.consul.discovery.acl-token",
					"spring.cloud.consul.config.aclToken" }) {
				assertThat(shown(function, key)).isEqualTo(SanitizableData.SANITIZED_VALUE);
			}
			assertThat(shown(function, "bootmesh.consul.url")).isEqualTo("value");
			assertThat(shown(function, "bootmesh.consul.token-file")).isEqualTo("value");
		});
	}

	@Test
	void whenEnvironmentAndPropertiesAreShownInFullThenTheTokenIsStillNot() {
		this.runner
			.withConfiguration(AutoConfigurations.of(EnvironmentEndpointAutoConfiguration.class,
					ConfigurationPropertiesReportEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.web.exposure.include=env,configprops",
					"management.endpoint.env.show-values=always", "management.endpoint.configprops.show-values=always",
					"bootmesh.consul.token=5f0ad2c4-secret", "bootmesh.consul.server-name=shown")
			.run((context) -> {
				JsonMapper json = JsonMapper.shared();
				String env = json
					.writeValueAsString(context.getBean(EnvironmentEndpoint.class).environment("bootmesh"));
				String properties = json.writeValueAsString(
						context.getBean(ConfigurationPropertiesReportEndpoint.class).configurationProperties());
				assertThat(env).contains("shown").doesNotContain("5f0ad2c4-secret");
				assertThat(properties).contains("shown").doesNotContain("5f0ad2c4-secret");
			});
	}

	@Test
	void whenThereIsNoActuatorThenNothingIsSanitized() {
		this.runner.withClassLoader(new FilteredClassLoader(SanitizingFunction.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("consulTokenSanitizingFunction"));
	}

	private static @Nullable Object shown(SanitizingFunction function, String key) {
		return function.applyUnlessFiltered(new SanitizableData(null, key, "value")).getValue();
	}

	private static long threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("bootmesh-"))
			.count();
	}

	@Configuration(proxyBeanMethods = false)
	static class DetailsConfiguration {

		@Bean
		ConsulConnectionDetails details() {
			return () -> URI.create("http://localhost:2");
		}

	}

}
