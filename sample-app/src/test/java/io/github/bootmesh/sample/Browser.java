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

package io.github.bootmesh.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.testing.Peers;

/**
 * A headless Chromium with one page, driven through its DevTools protocol. It talks to
 * nobody but loopback.
 */
final class Browser implements AutoCloseable {

	private static final Duration STARTUP = Duration.ofSeconds(30);

	private final Process process;

	private final Path profile;

	private final WebSocket socket;

	private final AtomicInteger ids = new AtomicInteger();

	private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

	private final List<String> complaints = new CopyOnWriteArrayList<>();

	private Browser(Process process, Path profile, URI page) {
		this.process = process;
		this.profile = profile;
		this.socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(page, new Listener()).join();
	}

	static Browser start() throws IOException, InterruptedException {
		Path binary = Peers.chromium();
		Path profile = Files.createTempDirectory("chromium");
		Process process = new ProcessBuilder(binary.toString(), "--headless", "--no-sandbox", "--disable-gpu",
				"--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
				"--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
				"--user-data-dir=" + profile, "--remote-debugging-port=0", "about:blank")
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		try {
			Browser browser = new Browser(process, profile, page(process, profile));
			browser.send("Runtime.enable", Map.of());
			browser.send("Log.enable", Map.of());
			return browser;
		}
		catch (IOException | InterruptedException | RuntimeException ex) {
			end(process, profile);
			throw ex;
		}
	}

	private static URI page(Process process, Path profile) throws IOException, InterruptedException {
		Path port = profile.resolve("DevToolsActivePort");
		Awaitility.await().atMost(STARTUP).until(() -> {
			assertAlive(process);
			return Files.exists(port) && Files.readAllLines(port).size() == 2;
		});
		URI list = URI.create("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/list");
		HttpResponse<String> pages = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(list).build(), HttpResponse.BodyHandlers.ofString());
		for (JsonNode target : JsonMapper.shared().readTree(pages.body())) {
			if (target.get("type").asString().equals("page")) {
				return URI.create(target.get("webSocketDebuggerUrl").asString());
			}
		}
		throw new IllegalStateException("Chromium has no page");
	}

	private static void assertAlive(Process process) {
		if (!process.isAlive()) {
			throw new IllegalStateException("Chromium has ended with " + process.exitValue());
		}
	}

	void open(String url) {
		send("Page.navigate", Map.of("url", url));
	}

	/** The text as a person sees it. */
	String text() {
		return evaluate("document.body ? document.body.innerText : ''").asString("");
	}

	JsonNode evaluate(String expression) {
		JsonNode answer = send("Runtime.evaluate",
				Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
		if (answer.has("exceptionDetails")) {
			throw new IllegalStateException(answer.get("exceptionDetails").toString());
		}
		return answer.path("result").path("value");
	}

	/** Errors of scripts, refused resources, and what else the console shows in red. */
	List<String> complaints() {
		return List.copyOf(this.complaints);
	}

	private JsonNode send(String method, Map<String, Object> parameters) {
		int id = this.ids.incrementAndGet();
		CompletableFuture<JsonNode> answer = new CompletableFuture<>();
		this.answers.put(id, answer);
		String message = JsonMapper.shared()
			.writeValueAsString(Map.of("id", id, "method", method, "params", parameters));
		this.socket.sendText(message, true).join();
		return answer.orTimeout(STARTUP.toSeconds(), TimeUnit.SECONDS).join();
	}

	@Override
	public void close() {
		this.socket.abort();
		end(this.process, this.profile);
	}

	private static void end(Process process, Path profile) {
		List<ProcessHandle> children = process.descendants().toList();
		process.destroyForcibly();
		children.forEach(ProcessHandle::destroyForcibly);
		process.onExit().join();
		children.forEach((child) -> child.onExit().join());
		FileSystemUtils.deleteRecursively(profile.toFile());
	}

	private final class Listener implements WebSocket.Listener {

		private final StringBuilder text = new StringBuilder();

		@Override
		public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
			this.text.append(data);
			if (last) {
				receive(JsonMapper.shared().readTree(this.text.toString()));
				this.text.setLength(0);
			}
			webSocket.request(1);
			return CompletableFuture.completedStage(null);
		}

		private void receive(JsonNode message) {
			if (message.has("id")) {
				CompletableFuture<JsonNode> answer = Browser.this.answers.remove(message.get("id").asInt());
				answer.complete(message.has("error") ? message.get("error") : message.get("result"));
				return;
			}
			String event = message.path("method").asString("");
			JsonNode entry = message.path("params").path("entry");
			if (event.equals("Runtime.exceptionThrown")
					|| (event.equals("Log.entryAdded") && entry.path("level").asString("").equals("error"))) {
				Browser.this.complaints.add(message.get("params").toString());
			}
		}

	}

}
