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
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.BeanInstantiationException;
import org.springframework.boot.actuate.autoconfigure.context.properties.ConfigurationPropertiesReportEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.env.EnvironmentEndpointAutoConfiguration;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.env.EnvironmentEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.Disposable;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;

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
	void whenConnectionsAreFewThenWatchesAndClientKeepToThem() {
		try (ScriptedAgent agent = ScriptedAgent.start()) {
			List<String> services = List.of("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8");
			services.forEach((service) -> agent.answer("/v1/health/connect/" + service, Answer.json("[]").index(5)));
			this.runner.withPropertyValues("bootmesh.consul.url=" + agent.url(), "bootmesh.consul.max-connections=11")
				.run((context) -> {
					ConsulClient client = context.getBean(ConsulClient.class);
					Watches watches = context.getBean(Watches.class);
					List<Disposable> watching = services.stream()
						.map((service) -> watches
							.watch(service, Watches.Place.SHARED,
									(query) -> client.connectInstances(Destination.service(service), query))
							.subscribe())
						.toList();
					Awaitility.await()
						.until(() -> watches.statuses()
							.stream()
							.allMatch((watch) -> watch.state() == WatchStatus.State.CURRENT) && agent.blocked() > 0);
					assertThat(agent.blocked()).as("one connection is left for destinations").isOne();
					watching.forEach(Disposable::dispose);
					Awaitility.await().until(() -> agent.blocked() == 0);
					services.forEach((service) -> client
						.connectInstances(Destination.service(service), ConsulQuery.after(5, Duration.ofMinutes(1)))
						.onErrorComplete()
						.subscribe());
					Awaitility.await().during(Duration.ofMillis(300)).until(() -> agent.blocked() == 5);
				});
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 10, 201 })
	void whenThereAreTooFewOrTooManyConnectionsThenTheStartFails(int connections) {
		this.runner.withPropertyValues("bootmesh.consul.max-connections=" + connections)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidConfigurationPropertyValueException.class)
				.hasMessageContaining("bootmesh.consul.max-connections")
				.hasMessageContaining("from 11 to 200"));
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
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("meshConsulTokenSanitizingFunction"));
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
