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

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.netty.handler.codec.http.HttpHeaderNames;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufMono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * Stands between an application and its agent and keeps the secrets that pass: the tokens
 * that the application sends and the private keys that it is given.
 */
final class AgentTap implements AutoCloseable {

	private static final Pattern KEY = Pattern.compile("\"PrivateKeyPEM\":\"([^\"]+)\"");

	private final Set<String> tokens = ConcurrentHashMap.newKeySet();

	private final Set<String> keys = ConcurrentHashMap.newKeySet();

	private final AtomicInteger torn = new AtomicInteger();

	private volatile boolean tearing;

	private final ConnectionProvider connections = ConnectionProvider.create("tap", 200);

	private final LoopResources loops = LoopResources.create("tap", 2, true);

	private final HttpClient client;

	private final DisposableServer server;

	AgentTap(URI agent) {
		this.client = HttpClient.create(this.connections).runOn(this.loops).baseUrl(agent.toString());
		this.server = HttpServer.create().host("127.0.0.1").port(0).runOn(this.loops).handle(this::relay).bindNow();
	}

	URI url() {
		return URI.create("http://127.0.0.1:" + this.server.port());
	}

	/** The tokens that were sent. */
	Set<String> tokens() {
		return this.tokens;
	}

	/** The private keys that were served, in PEM. */
	Set<String> keys() {
		return this.keys;
	}

	/**
	 * From now on, or no longer, what a JSON parser stumbles over in a leaf is the
	 * private key itself.
	 */
	void tearLeaves(boolean tear) {
		this.tearing = tear;
	}

	/** How many leaves were served so. */
	int torn() {
		return this.torn.get();
	}

	private Publisher<Void> relay(HttpServerRequest request, HttpServerResponse response) {
		@Nullable String token = request.requestHeaders().get("X-Consul-Token");
		if (token != null) {
			this.tokens.add(token);
		}
		return request.receive()
			.aggregate()
			.asByteArray()
			.defaultIfEmpty(new byte[0])
			.flatMap((body) -> this.client.headers((headers) -> headers.set(request.requestHeaders()))
				.request(request.method())
				.uri(request.uri())
				.send(ByteBufMono.fromString(Mono.just(new String(body, StandardCharsets.UTF_8))))
				.responseSingle((answer, content) -> content.asString()
					.defaultIfEmpty("")
					.flatMap((text) -> answer(answer, text, response))));
	}

	private Mono<Void> answer(HttpClientResponse answer, String body, HttpServerResponse response) {
		response.status(answer.status())
			.headers(answer.responseHeaders().copy().remove(HttpHeaderNames.CONTENT_LENGTH));
		return response.sendString(Mono.just(seen(body))).then();
	}

	private String seen(String body) {
		Matcher key = KEY.matcher(body);
		if (!key.find()) {
			return body;
		}
		this.keys.add(key.group(1).replace("\\n", "\n"));
		if (!this.tearing) {
			return body;
		}
		this.torn.incrementAndGet();
		return body.replaceFirst("\"-----BEGIN[A-Z ]*PRIVATE KEY-----\\\\n", "");
	}

	@Override
	public void close() {
		this.server.disposeNow(Duration.ofSeconds(5));
		this.connections.dispose();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(Duration.ofSeconds(10));
	}

}
