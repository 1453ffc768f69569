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

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.awaitility.Awaitility;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.logging.LoggingInitializationContext;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.autoconfigure.consul.ConsulProperties;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.Fault;
import io.github.bootmesh.dev.FaultSpec;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The ACL token and the private keys of a whole application show nowhere, however much it
 * is made to log and to show, in good times and in bad ones.
 */
class SeededSecretsTests {

	private static final String TOKEN = "seeded-" + UUID.randomUUID();

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	// What an application that runs asks for again and again.
	private static final List<String> WATCHED = List.of("/v1/**/ca/roots", "/v1/agent/connect/ca/leaf/*",
			"/v1/health/connect/*", "/v1/agent/check/**");

	// What only a caller asks for who is to see the error.
	private static final List<String> CALLED = List.of("/v1/agent/connect/ca/leaf/shipping",
			"/v1/health/connect/unknown-*");

	private final DevConsul consul = DevConsul.start();

	private final AgentTap agent = new AgentTap(this.consul.url());

	/** Every text that somebody may come to see, by where. */
	private final Map<String, String> shown = new LinkedHashMap<>();

	private final Path log;

	SeededSecretsTests(@TempDir Path directory) {
		this.log = directory.resolve("application.log");
	}

	@AfterEach
	void stop() {
		this.agent.close();
		this.consul.close();
		// What comes after this test shall log as usual.
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		logging.cleanUp();
		logging.beforeInitialize();
		logging.initialize(new LoggingInitializationContext(new StandardEnvironment()), null, null);
	}

	@Test
	void whenEverythingIsLoggedAndShownThenNeitherTokenNorKeyIsInIt() throws Exception {
		refusedStart();
		try (ConfigurableApplicationContext application = start()) {
			callSucceeds(application);
			rotate();
			callSucceeds(application);
			refusedClients(application);
			trouble(application, "forbidden", (fault) -> fault.status(403, "Permission denied"));
			trouble(application, "broken", (fault) -> fault.status(500, "No cluster leader"));
			trouble(application, "garbage", FaultSpec::garbage);
			tornLeaves(application);
			rotate();
			callSucceeds(application);
			actuator(application, "at the end");
			beans(application);
		}
		this.shown.put("log", Files.readString(this.log));
		assertThat(leaks()).isEmpty();
		assertThatMuchWasShown();
		// Nobody else reads this log.
		assertThat(this.shown.get("log").lines()).noneMatch((line) -> line.contains("LEAK: ByteBuf"));
	}

	private void assertThatMuchWasShown() {
		assertThat(this.agent.tokens()).containsExactly(TOKEN);
		assertThat(this.agent.keys()).hasSizeGreaterThanOrEqualTo(3);
		assertThat(this.shown.get("log")).contains("DEBUG", "TRACE", "APPLICATION FAILED TO START",
				"reactor.netty.http.client", "io.github.bootmesh");
		assertThat(this.shown.get("/actuator/env/bootmesh.consul.token at the end")).contains("******");
		assertThat(this.shown.get("/actuator/configprops/bootmesh.consul at the end")).contains("******",
				this.agent.url().toString());
		assertThat(this.shown.get("/actuator/mesh at the end")).contains("spiffe://");
		assertThat(this.shown).containsKeys("/actuator/health at the end", "/actuator/beans at the end",
				"/actuator/conditions at the end", "/actuator/loggers at the end", "/actuator/metrics at the end");
		assertThat(this.shown.keySet()).anyMatch((where) -> where.startsWith(ConsulProperties.class.getName()))
			.filteredOn((where) -> where.startsWith("exception"))
			.hasSizeGreaterThan(6);
	}

	// Which secret is where; not what it is, for this is shown too.
	private Set<String> leaks() throws IOException {
		Map<String, String> secrets = secrets();
		Set<String> leaks = new TreeSet<>();
		this.shown.forEach((where, text) -> secrets.forEach((secret, what) -> {
			if (text.contains(secret)) {
				leaks.add(what + " in " + where);
			}
		}));
		return leaks;
	}

	private Map<String, String> secrets() throws IOException {
		Map<String, String> secrets = new LinkedHashMap<>();
		secrets.put(TOKEN, "the token");
		for (String pem : this.agent.keys()) {
			// The first line of a P-256 key holds the secret number, the others its
			// public
			// half.
			String line = pem.split("\n")[1];
			for (int start = 0; start + 24 <= 52; start += 4) {
				secrets.put(line.substring(start, start + 24), "a key's PEM");
			}
			ECPrivateKey key = key(pem);
			secrets.put(key.getS().toString(), "a key's number");
			secrets.put(key.getS().toString(16), "a key's number in hex");
		}
		return secrets;
	}

	private static ECPrivateKey key(String pem) throws IOException {
		try (PEMParser parser = new PEMParser(new StringReader(pem))) {
			PEMKeyPair keys = (PEMKeyPair) Objects.requireNonNull(parser.readObject());
			return (ECPrivateKey) new JcaPEMKeyConverter().getKeyPair(keys).getPrivate();
		}
	}

	private void refusedStart() {
		Fault forbidden = this.consul.faults().on("/v1/**").status(403, "Permission denied");
		catching(() -> start("--bootmesh.startup-timeout=1s"));
		forbidden.end();
	}

	private ConfigurableApplicationContext start(String... more) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setRegisterShutdownHook(false);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		List<String> arguments = new ArrayList<>(List.of("--spring.application.name=orders", "--server.port=0",
				"--server.address=127.0.0.1", "--management.server.port=0", "--management.server.address=127.0.0.1",
				"--bootmesh.consul.url=" + this.agent.url(), "--bootmesh.consul.token=" + TOKEN,
				"--bootmesh.registration.drain-delay=0s", "--bootmesh.registration.check.ttl=6s",
				"--bootmesh.registration.check.interval=1s", "--management.endpoints.web.exposure.include=*",
				// The log itself, which is looked at whole.
				"--management.endpoints.web.exposure.exclude=logfile", "--management.endpoint.env.show-values=always",
				"--management.endpoint.configprops.show-values=always",
				"--management.endpoint.health.show-details=always",
				"--management.endpoint.health.show-components=always", "--logging.level.root=debug",
				"--logging.level.io.github.bootmesh=trace",
				// This test's own client.
				"--logging.level.jdk.internal.httpclient=warn", "--logging.threshold.console=off",
				"--logging.file.name=" + this.log, "--logging.logback.rollingpolicy.max-file-size=1GB"));
		arguments.addAll(List.of(more));
		return application.run(arguments.toArray(String[]::new));
	}

	private void callSucceeds(ConfigurableApplicationContext application) {
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(call(application, "orders")).isEqualTo("hello"));
	}

	private static @Nullable String call(ConfigurableApplicationContext application, String service) {
		return application.getBean(WebClient.Builder.class)
			.build()
			.get()
			.uri("http://" + service + ".service.consul/")
			.retrieve()
			.bodyToMono(String.class)
			.block(Duration.ofSeconds(20));
	}

	// A leaf after it proves that the watches have recovered, too.
	private void rotate() {
		int before = this.agent.keys().size();
		this.consul.rotateRoot();
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.keys().size() > before);
		int between = this.agent.keys().size();
		this.consul.rotateLeaf("orders");
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.keys().size() > between);
	}

	private void refusedClients(ConfigurableApplicationContext application) throws Exception {
		String port = application.getEnvironment().getRequiredProperty("local.server.port");
		SslContext trusting = SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE).build();
		reactor.netty.http.client.HttpClient stranger = reactor.netty.http.client.HttpClient
			.create(ConnectionProvider.newConnection())
			.disableRetry(true);
		catching(() -> stranger.secure((spec) -> spec.sslContext(trusting))
			.get()
			.uri("https://127.0.0.1:" + port + "/")
			.response()
			.block(Duration.ofSeconds(20)));
		catching(() -> stranger.get().uri("http://127.0.0.1:" + port + "/").response().block(Duration.ofSeconds(20)));
	}

	private void trouble(ConfigurableApplicationContext application, String name, Function<FaultSpec, Fault> kind)
			throws Exception {
		List<Fault> faults = WATCHED.stream().map((path) -> kind.apply(this.consul.faults().on(path))).toList();
		// Whoever asks again has dealt with the first fault.
		Awaitility.await().atMost(PATIENCE).until(() -> faults.stream().allMatch((fault) -> fault.hits() >= 2));
		actuator(application, name);
		faults.forEach(Fault::end);
		List<Fault> ofCallers = CALLED.stream().map((path) -> kind.apply(this.consul.faults().on(path))).toList();
		catching(() -> call(application, "unknown-" + name));
		catching(() -> leaf(application));
		ofCallers.forEach(Fault::end);
		rotate();
	}

	private void tornLeaves(ConfigurableApplicationContext application) throws Exception {
		this.agent.tearLeaves(true);
		this.consul.rotateLeaf("orders");
		Awaitility.await().atMost(PATIENCE).until(() -> this.agent.torn() >= 2);
		catching(() -> leaf(application));
		actuator(application, "with a torn leaf");
		this.agent.tearLeaves(false);
	}

	private static Object leaf(ConfigurableApplicationContext application) {
		return Objects.requireNonNull(application.getBean(ConsulClient.class)
			.leaf("shipping", ConsulQuery.NOW)
			.block(Duration.ofSeconds(20)));
	}

	private void catching(Callable<?> failing) {
		try {
			failing.call();
		}
		catch (Exception ex) {
			StringWriter text = new StringWriter();
			ex.printStackTrace(new PrintWriter(text, true));
			this.shown.put("exception " + this.shown.size() + " " + ex.getClass().getName(), text.toString());
			return;
		}
		throw new AssertionError("This should have failed");
	}

	private void actuator(ConfigurableApplicationContext application, String when) throws Exception {
		URI management = URI
			.create("http://127.0.0.1:" + application.getEnvironment().getRequiredProperty("local.management.port"));
		List<String> paths = new ArrayList<>(List.of("/actuator/env/bootmesh.consul.token",
				"/actuator/configprops/bootmesh.consul", "/actuator/health/mesh", "/actuator/health/readiness"));
		JsonMapper json = new JsonMapper();
		for (JsonNode link : json.readTree(get(management.resolve("/actuator"))).get("_links")) {
			if (!link.get("templated").asBoolean()) {
				paths.add(URI.create(link.get("href").asString()).getPath());
			}
		}
		for (JsonNode metric : json.readTree(get(management.resolve("/actuator/metrics"))).get("names")) {
			paths.add("/actuator/metrics/" + metric.asString());
		}
		for (String path : paths) {
			this.shown.put(path + " " + when, get(management.resolve(path)));
		}
	}

	// A connection each: Reactor Netty 1.3.7 may stop reading one that is used again
	// (reactor-netty#4361).
	private static String get(URI uri) throws Exception {
		HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
		connection.setRequestProperty("Connection", "close");
		connection.setReadTimeout((int) PATIENCE.toMillis());
		try (InputStream body = (connection.getResponseCode() < 400) ? connection.getInputStream()
				: connection.getErrorStream()) {
			return (body != null) ? new String(body.readAllBytes(), StandardCharsets.UTF_8) : "";
		}
	}

	/** What the objects of our types say of themselves, as far as the beans lead. */
	private void beans(ConfigurableApplicationContext application) throws IllegalAccessException {
		ConfigurableListableBeanFactory factory = application.getBeanFactory();
		Deque<Object> next = new ArrayDeque<>();
		for (String name : factory.getSingletonNames()) {
			next.add(Objects.requireNonNull(factory.getSingleton(name)));
		}
		Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
		while (!next.isEmpty()) {
			Object object = next.remove();
			if (!seen.add(object)) {
				continue;
			}
			if (isOurs(object.getClass())) {
				this.shown.put(object.getClass().getName() + " " + seen.size(), object.toString());
				addFields(object, next);
			}
			else if (object instanceof Map<?, ?> map) {
				next.add(new ArrayList<>(map.keySet()));
				next.add(new ArrayList<>(map.values()));
			}
			else if (object instanceof Collection<?> collection) {
				collection.stream().filter(Objects::nonNull).forEach(next::add);
			}
			else if (object instanceof Object[] array) {
				Arrays.stream(array).filter(Objects::nonNull).forEach(next::add);
			}
			else if (object instanceof AtomicReference<?> reference && reference.get() != null) {
				next.add(reference.get());
			}
		}
	}

	private static void addFields(Object object, Deque<Object> values) throws IllegalAccessException {
		for (Class<?> type = object.getClass(); type != null && isOurs(type); type = type.getSuperclass()) {
			for (Field field : type.getDeclaredFields()) {
				if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()
						&& field.trySetAccessible()) {
					Object value = field.get(object);
					if (value != null) {
						values.add(value);
					}
				}
			}
		}
	}

	private static boolean isOurs(Class<?> type) {
		return type.getName().startsWith("io.github.bootmesh.");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		ConsulConnectionDetails seededAgent(ConsulProperties properties) {
			return new SeededAgent(properties);
		}

		@Bean
		RouterFunction<ServerResponse> routes() {
			return RouterFunctions.route().GET("/", (request) -> ServerResponse.ok().bodyValue("hello")).build();
		}

	}

	/**
	 * What the properties say, and that the CA is a development one.
	 */
	static final class SeededAgent implements ConsulConnectionDetails {

		private final ConsulProperties properties;

		SeededAgent(ConsulProperties properties) {
			this.properties = properties;
		}

		@Override
		public URI getUrl() {
			return URI.create(Objects.requireNonNull(this.properties.url()));
		}

		@Override
		public @Nullable String getToken() {
			return this.properties.token();
		}

		@Override
		public boolean isDevelopment() {
			return true;
		}

	}

}
