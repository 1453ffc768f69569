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

import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.devtools.restart.classloader.RestartClassLoader;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.dev.DevConsul;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When an application gets the development Consul, and when not.
 */
@ExtendWith(OutputCaptureExtension.class)
class DevConsulAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DevConsulAutoConfiguration.class));

	// Whatever the platform is that the tests run on.
	private final ApplicationContextRunner enabled = this.runner.withPropertyValues("bootmesh.dev.enabled=true",
			"bootmesh.dev.port=0", "spring.main.cloud-platform=none");

	private static FailureAnalysis analysis(AssertableApplicationContext context) {
		return Objects.requireNonNull(
				new DevConsulRefusedFailureAnalyzer().analyze(Objects.requireNonNull(context.getStartupFailure())));
	}

	private static String call(String method, URI url, String path) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(url.resolve(path))
			.method(method, HttpRequest.BodyPublishers.ofString("{\"Name\":\"web\"}"))
			.build();
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
	}

	@Test
	void withoutThePropertyNothingHappens() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(ConsulConnectionDetails.class)
			.doesNotHaveBean(SharedDevConsul.class));
	}

	@Test
	void thePropertyGivesADevelopmentConsulAndALoudLine(CapturedOutput output) {
		this.enabled.run((context) -> {
			ConsulConnectionDetails details = context.getBean(ConsulConnectionDetails.class);
			assertThat(details.isDevelopment()).isTrue();
			assertThat(call("GET", details.getUrl(), "/v1/agent/self")).contains("\"Version\":\"1.13.9\"");
			assertThat(output).contains("WARN").contains("DEVELOPMENT CONSUL at " + details.getUrl());
		});
	}

	@Test
	void withTheMeshOffNothingHappens() {
		this.enabled.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(ConsulConnectionDetails.class));
	}

	@Test
	void withoutTheMeshOnTheClassPathNothingHappens() {
		this.enabled.withClassLoader(new FilteredClassLoader(ConsulConnectionDetails.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SharedDevConsul.class));
	}

	@Test
	void connectionDetailsOfTheApplicationWin() {
		this.enabled.withUserConfiguration(OtherConsul.class)
			.run((context) -> assertThat(context).hasSingleBean(ConsulConnectionDetails.class)
				.doesNotHaveBean(SharedDevConsul.class));
	}

	@Test
	void aDevConsulOfTheContextWins() {
		this.enabled.withBean(DevConsul.class, DevConsul::start)
			.run((context) -> assertThat(context.getBean(ConsulConnectionDetails.class).getUrl())
				.isEqualTo(context.getBean(DevConsul.class).url()));
	}

	@ParameterizedTest
	@CsvSource({ "bootmesh.consul.url=http://localhost:8500,bootmesh.consul.url",
			"bootmesh.consul.ssl.bundle=agent,bootmesh.consul.ssl.bundle",
			"CONSUL_HTTP_ADDR=consul:8500,CONSUL_HTTP_ADDR", "spring.cloud.consul.host=consul,spring.cloud.consul.host",
			"spring.main.cloud-platform=kubernetes,KUBERNETES", "spring.profiles.active=prod,profile 'prod'",
			"'spring.profiles.active=dev,PRODUCTION-eu',PRODUCTION-eu", "spring.profiles.default=prod,profile 'prod'" })
	void signsOfProductionOrOfAnotherConsulStopTheStart(String property, String named) {
		this.enabled.withPropertyValues(property).run((context) -> {
			assertThat(context).hasFailed();
			FailureAnalysis analysis = analysis(context);
			assertThat(analysis.getDescription()).contains("bootmesh.dev.enabled").contains(named);
			assertThat(analysis.getAction()).contains("bootmesh.dev.enabled");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.main.cloud-platform=none", "spring.profiles.active=dev",
			"spring.profiles.active=reproduce", "bootmesh.server.enabled=false" })
	void otherSettingsDoNot(String property) {
		this.enabled.withPropertyValues(property)
			.run((context) -> assertThat(context).hasSingleBean(ConsulConnectionDetails.class));
	}

	@Test
	void aDefaultProfileDoesNotCountBesideAnActiveOne() {
		this.enabled.withPropertyValues("spring.profiles.default=prod", "spring.profiles.active=dev")
			.run((context) -> assertThat(context).hasSingleBean(ConsulConnectionDetails.class));
	}

	@Test
	void thePropertiesAreDescribedInSentences() throws Exception {
		try (InputStream file = DevConsulProperties.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			JsonNode properties = JsonMapper.shared().readTree(file).get("properties");
			assertThat(properties).hasSize(3)
				.allSatisfy((property) -> assertThat(property.get("description").asString()).matches("[A-Z].*\\."));
		}
	}

	@Test
	void aPortThatAnotherProgramHasStopsTheStart() throws Exception {
		try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			Thread closing = new Thread(() -> closeAll(other));
			closing.start();
			this.enabled.withPropertyValues("bootmesh.dev.port=" + other.getLocalPort()).run((context) -> {
				assertThat(context).hasFailed();
				FailureAnalysis analysis = analysis(context);
				assertThat(analysis.getDescription()).contains("taken by another program");
				assertThat(analysis.getAction()).contains("bootmesh.dev.port");
			});
		}
	}

	private static void closeAll(ServerSocket server) {
		try {
			while (true) {
				server.accept().close();
			}
		}
		catch (java.io.IOException ex) {
			// The test is over.
		}
	}

	@Test
	void applicationsInOneJvmShareItAndTheLastOneEndsIt() {
		URI[] url = new URI[1];
		this.enabled.run((first) -> {
			url[0] = first.getBean(ConsulConnectionDetails.class).getUrl();
			call("PUT", url[0], "/v1/agent/service/register");
			this.enabled.run((second) -> {
				assertThat(second.getBean(ConsulConnectionDetails.class).getUrl()).isEqualTo(url[0]);
				assertThat(call("GET", url[0], "/v1/agent/services")).contains("\"web\"");
			});
			assertThat(call("GET", url[0], "/v1/agent/services")).contains("\"web\"");
		});
		org.assertj.core.api.Assertions.assertThatThrownBy(() -> call("GET", url[0], "/v1/agent/services"))
			.isInstanceOf(java.io.IOException.class);
	}

	@Test
	void applicationsThatShareItAgreeOnTheDefaultPolicy() {
		ApplicationContextRunner deny = this.enabled.withPropertyValues("bootmesh.dev.default-intention-policy=deny");
		deny.run((first) -> {
			URI url = first.getBean(ConsulConnectionDetails.class).getUrl();
			assertThat(call("GET", url, "/v1/connect/intentions/check?source=web&destination=api")).contains("false");
			deny.run((same) -> assertThat(same).hasNotFailed());
			this.enabled.run((whatever) -> assertThat(whatever).hasNotFailed());
			this.enabled.withPropertyValues("bootmesh.dev.default-intention-policy=allow").run((other) -> {
				assertThat(other).hasFailed();
				assertThat(analysis(other).getDescription()).contains("'deny'").contains("asks for 'allow'");
				assertThat(analysis(other).getAction()).contains("bootmesh.dev.default-intention-policy");
			});
		});
	}

	@Test
	void aDevToolsRestartKeepsItsState() throws Exception {
		int port;
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			port = free.getLocalPort();
		}
		ApplicationContextRunner restarted = this.enabled.withPropertyValues("bootmesh.dev.port=" + port);
		restarted.withClassLoader(new RestartClassLoader(getClass().getClassLoader(), new URL[0]))
			.run((context) -> call("PUT", context.getBean(ConsulConnectionDetails.class).getUrl(),
					"/v1/agent/service/register"));
		restarted.withClassLoader(new RestartClassLoader(getClass().getClassLoader(), new URL[0]))
			.run((context) -> assertThat(
					call("GET", context.getBean(ConsulConnectionDetails.class).getUrl(), "/v1/agent/services"))
				.contains("\"web\""));
		SharedDevConsul.end(port);
	}

	@Configuration(proxyBeanMethods = false)
	static class OtherConsul {

		@Bean
		ConsulConnectionDetails otherConsul() {
			return () -> URI.create("http://localhost:8500");
		}

	}

}
