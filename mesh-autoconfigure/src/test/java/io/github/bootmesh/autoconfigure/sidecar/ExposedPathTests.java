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

package io.github.bootmesh.autoconfigure.sidecar;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What one exposed path opens of a server, and what it does not, byte by byte.
 */
class ExposedPathTests {

	private static final int PATIENCE = 30_000;

	private final LoopResources loops = LoopResources.create("exposed", 1, true);

	private final Queue<String> reached = new ConcurrentLinkedQueue<>();

	private final DisposableServer server = HttpServer.create()
		.bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
		.handle((request, response) -> {
			StringBuilder seen = new StringBuilder(request.method() + " " + request.uri());
			request.requestHeaders()
				.forEach((header) -> seen.append("\n").append(header.getKey()).append(": ").append(header.getValue()));
			this.reached.add(seen.toString());
			response.header("ETag", "\"1\"").header("X-Secret", "s").header("Set-Cookie", "a=b");
			if (request.uri().endsWith("?cut")) {
				return response.header("Content-Length", "100")
					.sendString(Flux.concat(Mono.just("part"), Mono.error(new IOException("cut"))));
			}
			if (request.uri().endsWith("?down")) {
				return response.status(503).sendString(Mono.just("down"));
			}
			if (request.method().name().equals("HEAD")) {
				return response.header("Content-Length", "2").send();
			}
			return response.sendString(Mono.just("UP"));
		})
		.bindNow();

	private DisposableServer exposed;

	@BeforeEach
	void open() {
		this.exposed = listen("/actuator/health", this.server.port());
	}

	private DisposableServer listen(String path, int port) {
		return new ExposedPath(path, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), this.loops)
			.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
	}

	@AfterEach
	void close() {
		this.exposed.disposeNow();
		this.server.disposeNow();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	private Socket connect() throws IOException {
		Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.exposed.port());
		socket.setSoTimeout(PATIENCE);
		return socket;
	}

	/** What comes for these bytes until the connection ends. */
	private String send(String bytes) throws IOException {
		try (Socket socket = connect()) {
			socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
			return readAll(socket);
		}
	}

	// A reset after the answer is an end as good.
	private static String readAll(Socket socket) throws IOException {
		StringBuilder answer = new StringBuilder();
		try {
			for (int next = socket.getInputStream().read(); next >= 0; next = socket.getInputStream().read()) {
				answer.append((char) next);
			}
		}
		catch (SocketException ex) {
			answer.append("(reset)");
		}
		return answer.toString();
	}

	private static String get(String target) {
		return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
	}

	@Test
	void whenThePathIsAskedForThenTheServerAnswersAndTheConnectionEnds() throws Exception {
		assertThat(send(get("/actuator/health"))).startsWith("HTTP/1.1 200")
			.contains("UP")
			.containsIgnoringCase("etag: \"1\"")
			.containsIgnoringCase("connection: close")
			.doesNotContainIgnoringCase("x-secret", "set-cookie");
		assertThat(send(get("/actuator/health?name[]=a&b=%2e%2E/../"))).contains("UP");
		assertThat(this.reached).hasSize(2).last().asString().startsWith("GET /actuator/health?name[]=a&b=%2e%2E/../");
	}

	@Test
	void whenOnlyTheHeadIsAskedForThenNoBodyComes() throws Exception {
		assertThat(send("HEAD /actuator/health HTTP/1.1\r\nHost: h\r\n\r\n")).startsWith("HTTP/1.1 200")
			.containsIgnoringCase("content-length: 2")
			.endsWith("\r\n\r\n");
	}

	@Test
	void whenTheServerIsNotWellThenTheCheckSeesIt() throws Exception {
		assertThat(send(get("/actuator/health?down"))).startsWith("HTTP/1.1 503").contains("down");
	}

	@Test
	void whenTheServerCutsItsAnswerThenNobodyTakesItForTheWhole() throws Exception {
		assertThat(send(get("/actuator/health?cut"))).containsIgnoringCase("content-length: 100").endsWith("part");
	}

	@Test
	void whenTheServerIsGoneThenTheCheckSeesIt() throws Exception {
		int free;
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			free = socket.getLocalPort();
		}
		this.exposed.disposeNow();
		this.exposed = listen("/actuator/health", free);
		assertThat(send(get("/actuator/health"))).startsWith("HTTP/1.1 502");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/actuator", "/actuator/", "/actuator/health/", "/actuator/healthz",
			"/actuator/health/x", "/Actuator/health", "//actuator/health", "/actuator//health", "/actuator/./health",
			"/actuator/health/.", "/actuator/health/..", "/actuator/health/../env", "/actuator/env/../health",
			"/./actuator/health", "/actuator%2Fhealth", "/actuator%2fhealth", "/actuator/%68ealth",
			"/actuator/health%00", "/actuator/health%2F..%2Fenv", "/actuator/health;a=b", "/actuator;x/health",
			"/actuator/health;/../env", "/actuator\\health", "/actuator/health#", "/actuator/health#/../env",
			"/actuator/health%3Fx", "/actuator/health/..;/env", "http://h/actuator/health",
			"http://127.0.0.1/actuator/health", "http://h/actuator/env", "//h/actuator/health", "*", "h:80",
			"actuator/health", "?/actuator/health", "/actuator/health?a#b", "/actuator/health?a\\b",
			"/actuator/health?%zz", "/actuator/health?\u00e4", "/actuator/health?a\tb" })
	void whenAnythingElseIsAskedForThenTheServerIsNotReached(String target) throws Exception {
		for (String method : List.of("GET", "HEAD", "CONNECT", "OPTIONS")) {
			assertThat(send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")).doesNotContain("HTTP/1.1 2")
				.doesNotContain("UP");
		}
		assertThat(this.reached).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "GETS" })
	void whenTheMethodMayChangeSomethingThenTheServerIsNotReached(String method) throws Exception {
		assertThat(send(method + " /actuator/health HTTP/1.1\r\nHost: h\r\n\r\n")).startsWith("HTTP/1.1 4");
		assertThat(this.reached).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello", "Transfer-Encoding: identity\r\n\r\n",
			"Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n" })
	void whenThereIsABodyThenTheServerIsNotReached(String rest) throws Exception {
		assertThat(send("GET /actuator/health HTTP/1.1\r\nHost: h\r\n" + rest)).contains("HTTP/1.1 4")
			.doesNotContain("UP");
		assertThat(this.reached).isEmpty();
	}

	@Test
	void whenASecondRequestFollowsThenItIsNotAnswered() throws Exception {
		String answer = send(get("/actuator/health") + get("/actuator/health") + get("/actuator/env"));
		assertThat(answer).containsOnlyOnce("HTTP/1.1");
		assertThat(this.reached).hasSize(1);
	}

	@Test
	void whenACallerAsksForMoreThanThePathThenTheServerIsNotTold() throws Exception {
		assertThat(send("GET /actuator/health HTTP/1.1\r\nHost: evil\r\nConnection: Upgrade, HTTP2-Settings, Accept\r\n"
				+ "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nX-HTTP-Method-Override: DELETE\r\n"
				+ "X-Original-URL: /actuator/env\r\nX-Rewrite-URL: /actuator/env\r\nX-Forwarded-For: 127.0.0.1\r\n"
				+ "X-Forwarded-Prefix: /x\r\nX-Forwarded-Client-Cert: URI=spiffe://t/x\r\nForwarded: for=127.0.0.1\r\n"
				+ "Cookie: a=b\r\nTE: trailers\r\nProxy-Authorization: x\r\nAuthorization: Bearer t\r\n\r\n"))
			.startsWith("HTTP/1.1 200");
		assertThat(send("GET /actuator/health HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
				+ "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
			.startsWith("HTTP/1.1 200");
		assertThat(this.reached).hasSize(2)
			.allSatisfy((seen) -> assertThat(seen.toLowerCase()).doesNotContain("evil", "upgrade", "settings",
					"override", "original", "rewrite", "forwarded", "cookie", "te:", "proxy", "websocket"));
		assertThat(this.reached.peek()).contains("Bearer t");
	}

	@Test
	void whenTheyOnlyComeOrStopMidwayThenTheyEndAndOthersAreServed() throws Exception {
		List<Socket> sockets = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			Socket socket = connect();
			if (i % 2 == 1) {
				socket.getOutputStream().write("GET /actuator/he".getBytes(StandardCharsets.US_ASCII));
			}
			sockets.add(socket);
		}
		assertThat(send(get("/actuator/health"))).contains("UP");
		for (Socket socket : sockets) {
			assertThat(readAll(socket)).doesNotContain("HTTP/1.1 2");
			socket.close();
		}
		assertThat(send(get("/actuator/health"))).contains("UP");
	}

	@Test
	void whenThereIsNoRoomThenConnectionsAreClosedUntilThereIs() throws Exception {
		List<Socket> sockets = new ArrayList<>();
		for (int i = 0; i < ExposedPath.MAX_CONNECTIONS; i++) {
			sockets.add(connect());
		}
		assertThat(send(get("/actuator/health"))).doesNotContain("HTTP");
		for (Socket socket : sockets) {
			socket.close();
		}
		Awaitility.await()
			.atMost(Duration.ofMillis(PATIENCE))
			.until(() -> send(get("/actuator/health")).contains("UP"));
	}

}
