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

package io.github.bootmesh.autoconfigure.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Attempts to reach what a rule forbids by writing it in another way, against a real
 * controller, also one that believes forwarded headers.
 */
@ParameterizedClass
@EnumSource(Stack.class)
class PathBypassTests {

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private static final TestCa.Issued CLIENT = CA.leaf("client");

	private static final TestIdentities IDENTITIES = TestIdentities.of(CA, "web");

	private static final String CLOSE = "Connection: close\r\n\r\n";

	// Spring expects no query and no fragment in it, and answers 500 without us as well.
	private static final List<String> FAILS_IN_SPRING = List.of("X-Forwarded-Prefix: /admin/x?\r\n",
			"X-Forwarded-Prefix: /admin#\r\n");

	private static final Map<String, TestServer> SERVERS = new TreeMap<>();

	@Parameter
	private @Nullable Stack stack;

	@BeforeParameterizedClassInvocation
	static void start(Stack stack) {
		SERVERS.put("plain", server(stack, "server.http2.enabled=true"));
		SERVERS.put("forwarded",
				server(stack, "server.http2.enabled=true", "server.forward-headers-strategy=framework"));
		SERVERS.put("permissive", server(stack, "server.http2.enabled=true", "server.forward-headers-strategy=native",
				"bootmesh.inbound.mutual-tls-mode=permissive", "bootmesh.inbound.permissive-from=127.0.0.1"));
	}

	private static TestServer server(Stack stack, String... properties) {
		return TestServer.start(stack, IDENTITIES, List.of(Guarded.class), properties);
	}

	@AfterParameterizedClassInvocation
	static void stop() {
		SERVERS.values().forEach(TestServer::close);
		SERVERS.clear();
	}

	@AfterAll
	static void end() {
		IDENTITIES.close();
	}

	/** The columns: a server, and rules that forbid the same things in two ways. */
	static List<Arguments> columns() {
		return SERVERS.keySet()
			.stream()
			.flatMap((server) -> Stream.of(Arguments.of(server, false), Arguments.of(server, true)))
			.toList();
	}

	private static TestServer guarded(String name, boolean onlyPublic) {
		TestServer server = Objects.requireNonNull(SERVERS.get(name));
		HeaderRule role = new HeaderRule("x-role", HeaderKind.PRESENT, "", false, false);
		Permission noRoot = new Permission(false, null, Set.of(), List.of(role));
		Permission noDelete = new Permission(false, null, Set.of("DELETE"), List.of());
		PathRule path = new PathRule(PathKind.PREFIX, onlyPublic ? "/public/" : "/admin");
		Permission last = new Permission(onlyPublic, path, Set.of(), List.of());
		server.intentions()
			.deliver(!onlyPublic, TestIntentions.intention("client", "web",
					new IntentionRule.Permissions(List.of(noRoot, noDelete, last))));
		Guarded.reached.clear();
		return server;
	}

	@ParameterizedTest
	@MethodSource("columns")
	void whatARuleForbidsIsNotReachedByWritingItDifferently(String name, boolean onlyPublic) throws Exception {
		TestServer server = guarded(name, onlyPublic);
		TestCa.Issued leaf = name.equals("permissive") ? null : CLIENT;
		atOnce(BypassAttempts.http1(), (head) -> {
			String answer = RawClient.attempt(server.port(), leaf, head + CLOSE);
			if (FAILS_IN_SPRING.stream().noneMatch(head::endsWith)) {
				assertThat(answer).as(head).doesNotContainPattern("HTTP/\\d\\.\\d 5");
			}
		});
		assertThat(Guarded.reached).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("columns")
	void whatARuleForbidsIsNotReachedByHttp2(String name, boolean onlyPublic) throws Exception {
		TestServer server = guarded(name, onlyPublic);
		atOnce(BypassAttempts.http2(), (fields) -> {
			int status = RawClient.http2Status(server.port(), CLIENT, fields.toArray(String[]::new));
			assertThat(status).as("%s", fields).isLessThan(500);
		});
		assertThat(Guarded.reached).isEmpty();
	}

	/** The rows of the table in security.md: what is sent, and the status. */
	static List<Arguments> rows() {
		String host = " HTTP/1.1\r\nHost: web\r\n";
		List<Arguments> rows = new ArrayList<>();
		for (String path : List.of("/api/../admin", "/api/%2e%2e/admin", "//admin", "/admin%2fx", "/public/..%2fadmin",
				"/\\admin", "/;/admin", "/admin;x", "/admin%00", "/admin#x", "*")) {
			rows.add(Arguments.of("GET " + path + host, 400));
		}
		rows.add(Arguments.of("OPTIONS *" + host, 400));
		rows.add(Arguments.of("CONNECT web:443" + host, 400));
		rows.add(Arguments.of("GET /admin" + host + "Host: other\r\n", 400));
		rows.add(Arguments.of("POST /admin" + host + "Content-Length: 0\r\nContent-Length: 1\r\n", 400));
		rows.add(Arguments.of("POST /admin" + host + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400));
		rows.add(Arguments.of("GET /%61dmin" + host, 403));
		rows.add(Arguments.of("GET http://web/admin" + host, 403));
		rows.add(Arguments.of("GET /admin/" + host, 403));
		rows.add(Arguments.of("GET /ADMIN" + host, 404));
		rows.add(Arguments.of("GET /public/x" + host + "X-HTTP-Method-Override: DELETE\r\n", 200));
		return rows;
	}

	@ParameterizedTest
	@MethodSource("rows")
	void whatTheDocumentationSaysIsAnswered(String head, int status) {
		assertThat(RawClient.status(guarded("plain", false).port(), CLIENT, head)).isEqualTo(status);
		assertThat(Guarded.reached).isEmpty();
	}

	@Test
	void whatTheDocumentationSaysOfExtendedConnectIsAnswered() {
		TestServer server = guarded("plain", false);
		Awaitility.await()
			.untilAsserted(
					() -> assertThat(RawClient.http2Status(server.port(), CLIENT, ":method", "CONNECT", ":protocol",
							"websocket", ":scheme", "https", ":path", "/admin", ":authority", "web"))
						.isEqualTo(400));
		assertThat(Guarded.reached).isEmpty();
	}

	@Test
	void withoutRulesManyOfTheAttemptsArrive() throws Exception {
		TestServer server = guarded("plain", false);
		server.intentions().deliver(true);
		atOnce(BypassAttempts.http1(), (head) -> RawClient.attempt(server.port(), CLIENT, head + CLOSE));
		assertThat(Guarded.reached).hasSizeGreaterThan(60);
		Guarded.reached.clear();
		atOnce(BypassAttempts.http2(),
				(fields) -> RawClient.http2Status(server.port(), CLIENT, fields.toArray(String[]::new)));
		assertThat(Guarded.reached).hasSizeGreaterThan(15);
	}

	// Some are never answered.
	private static <T> void atOnce(Stream<T> attempts, Consumer<T> attempt) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(24);
		try {
			List<Future<?>> all = new ArrayList<>();
			attempts.forEach((one) -> all.add(threads.submit(() -> attempt.accept(one))));
			for (Future<?> one : all) {
				one.get(60, TimeUnit.SECONDS);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	/**
	 * What the rules guard: a path, a method and a header.
	 */
	@Configuration(proxyBeanMethods = false)
	@RestController
	static class Guarded {

		static final Queue<String> reached = new ConcurrentLinkedQueue<>();

		@RequestMapping({ "/admin", "/admin/**" })
		String admin(HttpMethod method) {
			reached.add(method + " /admin");
			return "admin";
		}

		@RequestMapping("/public/**")
		String open(HttpMethod method, @RequestHeader HttpHeaders headers) {
			if (headers.containsHeader("X-Role")) {
				reached.add(method + " /public with a role");
			}
			return "public";
		}

		@DeleteMapping("/public/**")
		String delete() {
			reached.add("DELETE /public");
			return "deleted";
		}

	}

}
