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

package io.github.bootmesh.autoconfigure.actuate;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * An operator who ends permissive mode.
 */
class MutualTlsModeTests {

	private final ConfigurableApplicationContext application = new SpringApplicationBuilder(
			MeshEndpointTests.Application.class, Served.class)
		.web(WebApplicationType.REACTIVE)
		.registerShutdownHook(false)
		.run("--spring.application.name=orders", "--server.port=0", "--server.address=127.0.0.1",
				"--management.server.port=0", "--management.server.address=127.0.0.1",
				"--management.endpoints.web.exposure.include=mesh,metrics",
				"--management.endpoint.mesh.access=unrestricted", "--bootmesh.inbound.mutual-tls-mode=permissive",
				"--bootmesh.inbound.permissive-from=127.0.0.1", "--bootmesh.registration.enabled=false",
				"--spring.main.banner-mode=off");

	@AfterEach
	void stop() {
		this.application.close();
	}

	@Test
	void whenWhoDoesWithoutTlsIsSeenThenItCanBeEndedButNotBegun() throws Exception {
		assertThat(plain()).isEqualTo(403);
		JsonNode plaintext = state().at("/plaintext");
		assertThat(plaintext.at("/mutualTlsMode").asString()).isEqualTo("PERMISSIVE");
		assertThat(plaintext.at("/callers")).singleElement().satisfies((caller) -> {
			assertThat(caller.at("/address").asString()).isEqualTo("127.0.0.1");
			assertThat(caller.at("/refused").asInt()).isEqualTo(1);
			assertThat(caller.at("/last").asString()).isNotEmpty();
		});
		assertThat(metric("bootmesh.plaintext.requests?tag=outcome:refused")).isEqualTo(1);
		assertThat(make("permissive")).isEqualTo(400);
		assertThat(make("strict")).isEqualTo(204);
		assertThat(state().at("/plaintext/mutualTlsMode").asString()).isEqualTo("STRICT");
		assertThatExceptionOfType(IOException.class).isThrownBy(this::plain);
		assertThat(make("permissive")).isEqualTo(400);
		assertThatExceptionOfType(IOException.class).isThrownBy(this::plain);
	}

	private int plain() throws IOException, InterruptedException {
		String port = this.application.getEnvironment().getRequiredProperty("local.server.port");
		return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))).statusCode();
	}

	private int make(String mode) throws IOException, InterruptedException {
		return send(MeshEndpointTests.request(this.application, "")
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString("{\"mutualTlsMode\":\"" + mode + "\"}"))).statusCode();
	}

	private JsonNode state() throws IOException, InterruptedException {
		return JsonMapper.shared().readTree(send(MeshEndpointTests.request(this.application, "")).body());
	}

	private double metric(String name) throws IOException, InterruptedException {
		URI mesh = MeshEndpointTests.request(this.application, "").build().uri();
		return JsonMapper.shared()
			.readTree(send(HttpRequest.newBuilder(mesh.resolve("/actuator/metrics/" + name))).body())
			.at("/measurements/0/value")
			.asDouble();
	}

	// On a connection of its own.
	private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.build()
			.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	/**
	 * With TLS that is not a mock.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Served {

		@Bean
		@Primary
		MeshTls servedMeshTls(MeshIdentity identity, TlsSettings settings, PeerAdmission admission) {
			return new MeshTls(identity, settings, admission, Clock.systemUTC());
		}

	}

}
