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
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.endpoint.jmx.ExposableJmxEndpoint;
import org.springframework.boot.actuate.endpoint.jmx.annotation.JmxEndpointDiscoverer;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.reactive.TomcatReactiveWebServerAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.TestMesh;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.TestIntentions;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The endpoint as it is asked over HTTP, on a management port.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MeshEndpointTests {

	private static final String QUESTION = "explain?source=web&method=GET";

	private final HttpClient client = HttpClient.newHttpClient();

	private ConfigurableApplicationContext application;

	@BeforeAll
	void start() {
		this.application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.REACTIVE)
			.registerShutdownHook(false)
			.run("--spring.application.name=orders", "--server.port=0", "--server.address=127.0.0.1",
					"--management.server.port=0", "--management.server.address=127.0.0.1",
					// A kept connection may be read no more (reactor/reactor-netty#4361).
					"--server.netty.max-keep-alive-requests=1", "--management.endpoints.web.exposure.include=mesh",
					"--spring.jmx.enabled=true", "--management.endpoints.jmx.exposure.include=mesh",
					"--bootmesh.inbound.mode=none", "--bootmesh.registration.enabled=false",
					"--spring.main.banner-mode=off");
	}

	@AfterAll
	void stop() {
		this.application.close();
	}

	@Test
	void whenIntentionsAreReadThenTheyStandInOrderInConsulsWords() throws Exception {
		JsonNode intentions = get("intentions", 200);
		assertThat(intentions.at("/usable").asBoolean()).isTrue();
		assertThat(intentions.at("/age").asString()).startsWith("PT");
		assertThat(intentions.at("/since").asString()).isNotEmpty();
		assertThat(intentions.at("/defaultPolicy/action").asString()).isEqualTo("deny");
		assertThat(intentions.at("/defaultPolicy/learnt").asString()).isEqualTo("of the test");
		assertThat(intentions.at("/rules")).extracting((rule) -> rule.get("sourceName").asString())
			.containsExactly("batch", "new", "web", "*");
		assertThat(intentions.at("/rules")).extracting((rule) -> rule.get("understood").asBoolean())
			.containsExactly(true, false, true, true);
		assertThat(intentions.at("/rules/0/action").asString()).isEqualTo("allow");
		assertThat(intentions.at("/rules/1/rule").asString()).contains("not understood", "JWT");
		assertThat(intentions.at("/rules/2/permissions/0/pathPrefix").asString()).isEqualTo("/admin");
		assertThat(intentions.at("/rules/2/permissions/0/action").asString()).isEqualTo("deny");
		assertThat(intentions.at("/rules/2/permissions/1/header/0/exact").asString()).isEqualTo("a, b");
	}

	@Test
	void whenAskedWhyThenTheRuleThatDecidesIsTold() throws Exception {
		JsonNode explanation = get(QUESTION + "&path=/admin/x", 200);
		assertThat(explanation.at("/decision").asString()).isEqualTo("denied");
		assertThat(explanation.at("/rule").asString()).contains("permission 1 of web => orders");
		assertThat(explanation.at("/steps")).extracting((step) -> step.get("decided").asBoolean())
			.endsWith(true)
			.containsOnlyOnce(true);
		assertThat(explanation.at("/steps/0/why").asString()).isEqualTo("source is another service");
		assertThat(explanation.at("/text").asString()).contains("no match: ", "DENIED: ");
	}

	@Test
	void whenAHeaderHasCommasThenItStaysOneValue() throws Exception {
		assertThat(decision("&header=" + encoded("X-Tags: a, b"))).isEqualTo("allowed");
		assertThat(decision("&header=" + encoded("X-Other: 1, 2") + "&header=" + encoded("x-tags: a, b")))
			.isEqualTo("allowed");
		assertThat(decision("&header=" + encoded("X-Tags: a"))).isEqualTo("denied");
		assertThat(decision("&header=" + encoded("X-Tags: a") + "&header=" + encoded("X-Tags: b"))).isEqualTo("denied");
		assertThat(decision("")).isEqualTo("denied");
	}

	@Test
	void whenAskedThenTheMethodAndTheHostsAreTakenAsOnTheWire() throws Exception {
		String tagged = "&path=/stock&header=" + encoded("X-Tags: a, b");
		assertThat(get("explain?source=web&method=GET" + tagged, 200).at("/decision").asString()).isEqualTo("allowed");
		assertThat(get("explain?source=web&method=get" + tagged, 200).at("/decision").asString()).isEqualTo("denied");
		String hosts = "&header=" + encoded("Host: a") + "&header=" + encoded("host: b");
		assertThat(get("explain?source=web&method=GET" + tagged + hosts, 200).at("/decision").asString())
			.isEqualTo("ambiguous");
	}

	@Test
	void whenTheSourceIsASpiffeIdThenItIsTakenAsItIs() throws Exception {
		String path = "&method=GET&path=/";
		assertThat(get("explain?source=" + encoded("spiffe://" + TestMesh.TRUST_DOMAIN + "/ns/default/dc/dc2/svc/batch")
				+ path, 200)
			.at("/decision")
			.asString()).isEqualTo("allowed");
		assertThat(get("explain?source=" + encoded("spiffe://another.consul/ns/default/dc/dc1/svc/batch") + path, 200)
			.at("/decision")
			.asString()).isEqualTo("denied");
	}

	@Test
	void whenTheViewIsUnknownThenItIsNotFound() throws Exception {
		get("nothing", 404);
	}

	@ParameterizedTest
	@ValueSource(strings = { "explain", "explain?source=web", "explain?source=web&method=GET",
			"explain?source=&method=GET&path=/", QUESTION + "&path=/&header=nameless",
			"explain?source=spiffe://nobody&method=GET&path=/" })
	void whenTheQuestionIsNotWholeThenItIsABadRequest(String question) throws Exception {
		get(question, 400);
	}

	@Test
	void whenWrittenToThenTheMethodIsNotAllowed() throws Exception {
		for (String path : List.of("/intentions", "")) {
			HttpRequest.Builder request = request(this.application, path).header("Content-Type", "application/json")
				.POST(HttpRequest.BodyPublishers.ofString("{\"mutualTlsMode\":\"strict\"}"));
			assertThat(this.client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode())
				.isEqualTo(405);
		}
	}

	@Test
	void whenAskedOverJmxThenThereAreTheSameOperations() {
		ExposableJmxEndpoint endpoint = this.application.getBean(JmxEndpointDiscoverer.class)
			.getEndpoints()
			.iterator()
			.next();
		assertThat(endpoint.getOperations()).extracting((operation) -> operation.getName())
			.as("what changes something has to be permitted first")
			.containsExactlyInAnyOrder("mesh", "view");
	}

	private String decision(String headers) throws Exception {
		return get(QUESTION + "&path=/stock" + headers, 200).at("/decision").asString();
	}

	private JsonNode get(String question, int status) throws IOException, InterruptedException {
		HttpResponse<String> response = this.client.send(request(this.application, "/" + question).build(),
				HttpResponse.BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		return (status == 200) ? JsonMapper.shared().readTree(response.body()) : JsonMapper.shared().createObjectNode();
	}

	static HttpRequest.Builder request(ConfigurableApplicationContext application, String path) {
		String port = application.getEnvironment().getRequiredProperty("local.management.port");
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/mesh" + path));
	}

	private static String encoded(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { TomcatReactiveWebServerAutoConfiguration.class,
			TomcatReactiveManagementContextAutoConfiguration.class })
	@Import(TestMesh.class)
	static class Application {

		@Bean
		static BeanFactoryPostProcessor identity() {
			return (factory) -> factory.getBean(TestMesh.Delivery.class).deliver("orders");
		}

		@Bean
		TestIntentions testIntentions() {
			TestIntentions intentions = TestIntentions
				.of(new SpiffeId(TestMesh.TRUST_DOMAIN, "default", "default", "dc1", "orders"));
			Permission admin = new Permission(false, new Permission.PathRule(Permission.PathKind.PREFIX, "/admin"),
					Set.of(), List.of());
			Permission tagged = new Permission(true, null, Set.of("GET"),
					List.of(new Permission.HeaderRule("X-Tags", Permission.HeaderKind.EXACT, "a, b", false, false)));
			intentions.deliver(
					TestIntentions.intention("web", "orders", new IntentionRule.Permissions(List.of(admin, tagged))),
					TestIntentions.intention("*", "orders", IntentionRule.DENY),
					TestIntentions.intention("new", "orders", new IntentionRule.NotUnderstood("JWT")),
					TestIntentions.intention("batch", "orders", IntentionRule.ALLOW));
			return intentions;
		}

		@Bean(initMethod = "")
		Authorizer authorizer(TestIntentions intentions) {
			return intentions.authorizer();
		}

	}

}
