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

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

@ExtendWith(OutputCaptureExtension.class)
class StartFailureTests {

	private static final String TOKEN = "5f0ad2c4-secret";

	@Test
	void whenThereIsNoServiceNameThenItIsSaidWhatToSet(CapturedOutput output) {
		assertFails("--spring.application.name=");
		assertThat(report(output)).contains("no service name", "spring.application.name", "bootmesh.service-name");
	}

	@Test
	void whenNoAgentAnswersThenItIsSaidWhichAndWhereTheAddressComesFrom(CapturedOutput output) {
		assertFails("--bootmesh.consul.url=http://127.0.0.1:1");
		assertThat(report(output)).contains("127.0.0.1:1", "bootmesh.consul.url", "CONSUL_HTTP_ADDR",
				"bootmesh.fail-fast=false");
	}

	@Test
	void whenTheTokenIsRefusedThenTheMissingPermissionAndAPolicyAreShown(CapturedOutput output) {
		assertFailsWhenConsulSays(HttpResponseStatus.FORBIDDEN, "Permission denied");
		assertThat(report(output)).contains("Permission denied", "'service:write' on 'orders'",
				"-service-identity=orders", "service \"orders\" { policy = \"write\" }");
	}

	@ParameterizedTest
	@CsvSource({ "500, Connect must be enabled in order to use this endpoint", "404, not here",
			"429, Rate limit reached", "503, No cluster leader", "200, <html>another server</html>" })
	void whenConsulGivesNoIdentityThenItIsSaidWhatToLookAt(int status, String text, CapturedOutput output) {
		assertFailsWhenConsulSays(HttpResponseStatus.valueOf(status), text);
		assertThat(report(output)).contains("bootmesh.consul.url", "connect { enabled = true }",
				"bootmesh.fail-fast=false");
	}

	private static void assertFailsWhenConsulSays(HttpResponseStatus status, String text) {
		DisposableServer agent = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.handle((request, response) -> response.status(status)
				.header(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
				.sendString(Mono.just(text)))
			.bindNow();
		try {
			assertFails("--bootmesh.consul.url=http://127.0.0.1:" + agent.port(), "--bootmesh.consul.token=" + TOKEN);
		}
		finally {
			agent.disposeNow();
		}
	}

	@Test
	void whenTheKeyWouldTravelInPlaintextThenTheWaysOutAreTold(CapturedOutput output) {
		assertFails("--bootmesh.consul.url=http://consul.example:8500");
		assertThat(report(output)).contains("consul.example", "private key", "bootmesh.consul.ssl.bundle",
				"bootmesh.consul.allow-plaintext=true");
	}

	@Test
	void whenASettingIsWrongThenItsNameAndTheReasonAreTold(CapturedOutput output) {
		assertFails("--bootmesh.consul.url=localhost:8500");
		assertThat(report(output)).contains("bootmesh.consul.url", "localhost:8500", "must start with");
	}

	@Test
	void whenTokenAndTokenFileAreSetThenBothNamesAreTold(CapturedOutput output, @TempDir Path directory)
			throws Exception {
		Path file = Files.writeString(directory.resolve("token"), TOKEN);
		assertFails("--bootmesh.consul.token=" + TOKEN, "--bootmesh.consul.token-file=" + file);
		assertThat(report(output)).contains("bootmesh.consul.token", "bootmesh.consul.token-file");
	}

	@Test
	void whenTheDrainDelayIsTooLongThenTheOtherSettingIsTold(CapturedOutput output) {
		assertFails("--bootmesh.registration.drain-delay=40s");
		assertThat(report(output)).contains("bootmesh.registration.drain-delay", "40s",
				"spring.lifecycle.timeout-per-shutdown-phase", "30s");
	}

	@Test
	void whenThereIsNoPortToRegisterThenTheSettingIsTold(CapturedOutput output) {
		assertFails("--bootmesh.registration.enabled=true", "--bootmesh.fail-fast=false",
				"--bootmesh.consul.url=http://127.0.0.1:1");
		assertThat(report(output)).contains("no port to register", "bootmesh.registration.port");
	}

	private static void assertFails(String... arguments) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setRegisterShutdownHook(false);
		application
			.setDefaultProperties(Map.of("spring.application.name", "orders", "bootmesh.startup-timeout", "300ms"));
		assertThatException().isThrownBy(() -> application.run(arguments).close());
	}

	private static String report(CapturedOutput output) {
		assertThat(output.toString()).contains("APPLICATION FAILED TO START").doesNotContain(TOKEN);
		return output.toString().substring(output.toString().indexOf("APPLICATION FAILED TO START"));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ SslAutoConfiguration.class, ApplicationAvailabilityAutoConfiguration.class,
			LifecycleAutoConfiguration.class, MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
			MeshRegistrationAutoConfiguration.class })
	static class Application {

	}

}
