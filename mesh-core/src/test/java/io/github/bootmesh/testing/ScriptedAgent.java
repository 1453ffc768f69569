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

package io.github.bootmesh.testing;

import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.SslContext;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * A Consul agent that answers what a test tells it, well or badly, and remembers what it
 * was asked. Answers that carry an index or a hash block as Consul's do.
 *
 * <pre>
 * try (ScriptedAgent agent = ScriptedAgent.start()) {
 *     agent.answer("/v1/agent/connect/ca/roots", Answer.json(roots).index(5));
 *     agent.next("/v1/agent/connect/ca/roots", Answer.text(500, "No cluster leader"), Answer.garbage());
 *     ...
 *     agent.answer("/v1/agent/connect/ca/roots", Answer.json(newRoots).index(6));
 * }
 * </pre>
 */
public final class ScriptedAgent implements AutoCloseable {

	private static final Answer UNKNOWN = Answer.text(404, "Invalid URL path: not a recognized HTTP API endpoint");

	private final LoopResources loops = LoopResources.create("scripted-agent", 1, true);

	private final HttpServer server;

	private final String scheme;

	private final Map<String, Answer> standing = new HashMap<>();

	private final Map<String, Deque<Answer>> once = new HashMap<>();

	private final List<Held> held = new ArrayList<>();

	private final List<Request> requests = new CopyOnWriteArrayList<>();

	private final AtomicInteger connections = new AtomicInteger();

	private final AtomicInteger peakConnections = new AtomicInteger();

	private final List<Channel> channels = new CopyOnWriteArrayList<>();

	private SocketAddress address;

	private DisposableServer bound;

	private volatile boolean stopped;

	private ScriptedAgent(HttpServer server, String scheme) {
		this.scheme = scheme;
		this.server = server.runOn(this.loops).doOnConnection((connection) -> {
			Channel channel = connection.channel();
			if (!this.channels.contains(channel)) {
				this.channels.add(channel);
				this.peakConnections.accumulateAndGet(this.connections.incrementAndGet(), Math::max);
				channel.closeFuture().addListener((closed) -> {
					this.channels.remove(channel);
					this.connections.decrementAndGet();
				});
			}
			// It was being accepted when the agent stopped.
			if (this.stopped) {
				channel.close();
			}
		}).handle(this::handle);
		this.bound = this.server.bindNow();
		this.address = this.bound.address();
	}

	public static ScriptedAgent start() {
		return new ScriptedAgent(HttpServer.create().host("127.0.0.1").port(0), "http");
	}

	public static ScriptedAgent startTls(SslContext ssl) {
		return new ScriptedAgent(HttpServer.create().host("127.0.0.1").port(0).secure((spec) -> spec.sslContext(ssl)),
				"https");
	}

	public static ScriptedAgent startUnix(Path socket) {
		return new ScriptedAgent(HttpServer.create().bindAddress(() -> new DomainSocketAddress(socket.toFile())),
				"unix");
	}

	public URI url() {
		return (this.address instanceof DomainSocketAddress socket) ? URI.create("unix://" + socket.path())
				: URI.create(this.scheme + "://127.0.0.1:" + this.bound.port());
	}

	/**
	 * What the path answers from now on. Blocked queries are answered if it has another
	 * index or hash than theirs.
	 * @param path the path without its query, as encoded
	 * @param answer the answer
	 * @return this agent
	 */
	public synchronized ScriptedAgent answer(String path, Answer answer) {
		this.standing.put(path, answer);
		release(path);
		return this;
	}

	/**
	 * What the path answers next, once each, before what stands. Blocked queries get it
	 * too.
	 * @param path the path without its query, as encoded
	 * @param answers the answers
	 * @return this agent
	 */
	public synchronized ScriptedAgent next(String path, Answer... answers) {
		this.once.computeIfAbsent(path, (key) -> new ArrayDeque<>()).addAll(Arrays.asList(answers));
		release(path);
		return this;
	}

	public List<Request> requests() {
		return List.copyOf(this.requests);
	}

	public List<Request> requests(String path) {
		return this.requests.stream().filter((request) -> request.path().equals(path)).toList();
	}

	public int connections() {
		return this.connections.get();
	}

	public int peakConnections() {
		return this.peakConnections.get();
	}

	/**
	 * How many queries are blocked now.
	 * @return the number
	 */
	public synchronized int blocked() {
		return this.held.size();
	}

	/**
	 * Closes the port and every connection; what is scripted stays.
	 */
	public void stop() {
		this.stopped = true;
		this.bound.disposeNow();
		this.channels.forEach((channel) -> channel.close().syncUninterruptibly());
	}

	/**
	 * Opens the same port again.
	 */
	public void restart() {
		this.stopped = false;
		this.bound = this.server.bindAddress(() -> this.address).bindNow();
	}

	@Override
	public void close() {
		stop();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		return request.receive().aggregate().asString().defaultIfEmpty("").flatMap((body) -> {
			Request recorded = Request.of(request, body);
			this.requests.add(recorded);
			return find(recorded).flatMap((answer) -> answer.delay().isZero() ? Mono.just(answer)
					: Mono.delay(answer.delay()).thenReturn(answer))
				.flatMap((answer) -> write(answer, response));
		});
	}

	private synchronized Mono<Answer> find(Request request) {
		Answer answer = ready(request);
		if (answer != null) {
			return Mono.just(answer);
		}
		Held waiting = new Held(request, Sinks.one());
		this.held.add(waiting);
		return waiting.sink()
			.asMono()
			.timeout(request.waitTime(), Mono.fromSupplier(() -> current(request)))
			.doFinally((signal) -> forget(waiting));
	}

	private synchronized void forget(Held waiting) {
		this.held.remove(waiting);
	}

	private synchronized Answer current(Request request) {
		return this.standing.getOrDefault(request.path(), UNKNOWN);
	}

	private Answer ready(Request request) {
		Deque<Answer> queue = this.once.get(request.path());
		if (queue != null && !queue.isEmpty()) {
			return queue.poll();
		}
		Answer answer = current(request);
		return request.holds(answer) ? null : answer;
	}

	private void release(String path) {
		for (Held waiting : List.copyOf(this.held)) {
			if (waiting.request().path().equals(path)) {
				Answer answer = ready(waiting.request());
				if (answer != null) {
					this.held.remove(waiting);
					waiting.sink().tryEmitValue(answer);
				}
			}
		}
	}

	private static Mono<Void> write(Answer answer, HttpServerResponse response) {
		return switch (answer.kind()) {
			case WHOLE -> {
				response.status(answer.status());
				answer.headers().forEach(response::header);
				yield response.send(ByteBufFlux.fromString(Mono.just(answer.body()))).then();
			}
			case CUT -> {
				StringBuilder head = new StringBuilder("HTTP/1.1 " + answer.status() + " Some\r\n");
				answer.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
				head.append("Content-Length: " + answer.body().length() + "\r\n\r\n");
				yield raw(response, head + answer.body().substring(0, answer.body().length() / 2));
			}
			case GARBAGE -> raw(response, answer.body());
			case SILENCE -> Mono.never();
		};
	}

	private static Mono<Void> raw(HttpServerResponse response, String text) {
		response.withConnection((connection) -> connection.channel()
			.pipeline()
			.context(NettyPipeline.HttpCodec)
			.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8))
			.addListener(ChannelFutureListener.CLOSE));
		return Mono.never();
	}

	private record Held(Request request, Sinks.One<Answer> sink) {

	}

	/**
	 * An answer.
	 *
	 * @param kind whether it is whole
	 * @param status the HTTP status
	 * @param headers the headers
	 * @param body the body
	 * @param delay the time before it
	 */
	public record Answer(Kind kind, int status, Map<String, String> headers, String body, Duration delay) {

		/**
		 * An answer with JSON.
		 * @param body the JSON
		 * @return the answer, 200
		 */
		public static Answer json(String body) {
			return new Answer(Kind.WHOLE, 200, Map.of("Content-Type", "application/json"), body, Duration.ZERO);
		}

		/**
		 * An answer with plain text, as Consul sends for errors.
		 * @param status the HTTP status
		 * @param body the text
		 * @return the answer
		 */
		public static Answer text(int status, String body) {
			return new Answer(Kind.WHOLE, status, Map.of("Content-Type", "text/plain; charset=utf-8"), body,
					Duration.ZERO);
		}

		/**
		 * Something that is not HTTP.
		 * @return the answer
		 */
		public static Answer garbage() {
			return new Answer(Kind.GARBAGE, 0, Map.of(), "\u0015\u0003 this is not HTTP\r\n\r\n", Duration.ZERO);
		}

		/**
		 * No answer at all, on an open connection.
		 * @return the answer
		 */
		public static Answer silence() {
			return new Answer(Kind.SILENCE, 0, Map.of(), "", Duration.ZERO);
		}

		public Answer status(int status) {
			return new Answer(this.kind, status, this.headers, this.body, this.delay);
		}

		public Answer header(String name, String value) {
			Map<String, String> changed = new LinkedHashMap<>(this.headers);
			changed.put(name, value);
			return new Answer(this.kind, this.status, changed, this.body, this.delay);
		}

		public Answer index(long index) {
			return header("X-Consul-Index", Long.toString(index));
		}

		public Answer hash(String hash) {
			return header("X-Consul-ContentHash", hash);
		}

		public Answer delay(Duration delay) {
			return new Answer(this.kind, this.status, this.headers, this.body, delay);
		}

		/**
		 * The same answer, but the connection breaks in the middle of the body.
		 * @return the answer
		 */
		public Answer cut() {
			return new Answer(Kind.CUT, this.status, this.headers, this.body, this.delay);
		}

	}

	/**
	 * Whether an answer is whole.
	 */
	public enum Kind {

		/**
		 * All of it.
		 */
		WHOLE,

		/**
		 * Half of it.
		 */
		CUT,

		/**
		 * Not HTTP.
		 */
		GARBAGE,

		/**
		 * Nothing.
		 */
		SILENCE

	}

	/**
	 * What the agent was asked.
	 *
	 * @param method the HTTP method
	 * @param uri path and query as sent
	 * @param path the path as sent
	 * @param query the query's parameters, decoded
	 * @param headers the headers, by name in any case
	 * @param body the body
	 */
	public record Request(String method, String uri, String path, Map<String, String> query,
			Map<String, String> headers, String body) {

		static Request of(HttpServerRequest request, String body) {
			QueryStringDecoder decoder = new QueryStringDecoder(request.uri());
			Map<String, String> query = new LinkedHashMap<>();
			decoder.parameters().forEach((name, values) -> query.put(name, values.get(0)));
			Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
			request.requestHeaders().forEach((header) -> headers.put(header.getKey(), header.getValue()));
			return new Request(request.method().name(), request.uri(), decoder.rawPath(), query, headers, body);
		}

		boolean holds(Answer answer) {
			String index = answer.headers().get("X-Consul-Index");
			String hash = answer.headers().get("X-Consul-ContentHash");
			if (hash != null && this.query.containsKey("hash")) {
				return hash.equals(this.query.get("hash"));
			}
			return index != null && this.query.containsKey("index") && !this.query.get("index").equals("0")
					&& Long.parseLong(index) <= Long.parseLong(this.query.get("index"));
		}

		Duration waitTime() {
			String time = this.query.getOrDefault("wait", "300s");
			return time.endsWith("ms") ? Duration.ofMillis(Long.parseLong(time.substring(0, time.length() - 2)))
					: Duration.ofSeconds(Long.parseLong(time.substring(0, time.length() - 1)));
		}

	}

}
