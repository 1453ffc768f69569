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

package io.github.bootmesh.dev;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.ImmediateEventExecutor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.FutureMono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * The HTTP side: takes requests on loopback, shows faults, writes answers.
 */
final class HttpListener implements AutoCloseable {

	// Consul's http_max_conns_per_client: it closes what comes beyond, without a byte.
	private static final int MOST_CONNECTIONS = 200;

	// Far more than any registration or prepared query has, and no burden on the heap.
	private static final int MOST_BODY_BYTES = 4 * 1024 * 1024;

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

	private static final byte[] HALF = ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			+ "X-Consul-Index: 1\r\nContent-Length: 50\r\n\r\n{\"ActiveRootID\":\"00:11:22")
		.getBytes(StandardCharsets.US_ASCII);

	private static final byte[] GARBAGE = "<<< this is no JSON >>>".getBytes(StandardCharsets.UTF_8);

	private static final Logger logger = LoggerFactory.getLogger(HttpListener.class);

	private final Router router;

	private final Faults faults;

	private final Scheduler timer;

	private final Supplier<Map<String, String>> headers;

	private final LoopResources loops = LoopResources.create("bootmesh-dev", 1, 2, true);

	private final ChannelGroup connections = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);

	private final AtomicInteger held = new AtomicInteger();

	private volatile @Nullable DisposableServer server;

	HttpListener(Router router, Faults faults, Scheduler timer, Supplier<Map<String, String>> headers) {
		this.router = router;
		this.faults = faults;
		this.timer = timer;
		this.headers = headers;
	}

	/**
	 * Starts to listen.
	 * @param port the port or 0 for a free one
	 * @return the port
	 * @throws RuntimeException if the port is taken
	 */
	int listen(int port) {
		DisposableServer bound = HttpServer.create()
			.bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
			.runOn(this.loops, false)
			.compress(true)
			.doOnChannelInit((observer, channel, address) -> admit(channel))
			.handle(this::handle)
			.bindNow();
		this.server = bound;
		return bound.port();
	}

	private void admit(Channel channel) {
		if (this.connections.size() >= MOST_CONNECTIONS) {
			FutureMono.from(channel.close()).subscribe();
			return;
		}
		this.connections.add(channel);
	}

	/**
	 * Stops to listen and closes every connection.
	 */
	void fallSilent() {
		DisposableServer bound = this.server;
		this.server = null;
		if (bound != null) {
			bound.disposeNow(STOP_TIMEOUT);
		}
		this.connections.close().awaitUninterruptibly(STOP_TIMEOUT.toMillis());
	}

	int heldRequests() {
		return this.held.get();
	}

	@Override
	public void close() {
		fallSilent();
		this.loops.disposeLater(Duration.ZERO, STOP_TIMEOUT).block(STOP_TIMEOUT.plusSeconds(1));
	}

	private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		this.headers.get().forEach(response::header);
		String host = request.requestHeaders().get(HttpHeaderNames.HOST);
		if (!LoopbackOnly.admits(host, request.requestHeaders().get(HttpHeaderNames.ORIGIN))) {
			return send(Answer.text(403, "A development Consul answers loopback only"), false, response);
		}
		QueryStringDecoder uri = new QueryStringDecoder(request.uri());
		return request.receive()
			.asByteArray()
			.collect(ByteArrayOutputStream::new, HttpListener::append)
			.flatMap((body) -> (body.size() > MOST_BODY_BYTES)
					? send(Answer.text(413, "Request body is larger than " + MOST_BODY_BYTES + " bytes"), false,
							response)
					: respond(new Request(request.method().name(), uri.path(), "", Map.copyOf(uri.parameters()),
							body.toString(StandardCharsets.UTF_8)), response));
	}

	// What comes beyond is read and dropped: a client that still sends would not see an
	// answer.
	private static void append(ByteArrayOutputStream body, byte[] part) {
		body.write(part, 0, Math.min(part.length, MOST_BODY_BYTES + 1 - body.size()));
	}

	private Mono<Void> respond(Request request, HttpServerResponse response) {
		Fault fault = this.faults.strike(request.path());
		if (fault == null) {
			return answer(request, response);
		}
		if (fault.kind() == Fault.Kind.DELAY) {
			return Mono.delay(fault.delay(), this.timer).then(Mono.defer(() -> answer(request, response)));
		}
		return show(fault, response);
	}

	private Mono<Void> answer(Request request, HttpServerResponse response) {
		Mono<Supplier<Mono<Void>>> answer = this.router.route(request)
			.onErrorResume((ex) -> Mono.just(failed(request, ex)))
			.map((given) -> () -> send(given, request.has("pretty"), response));
		Mono<Supplier<Mono<Void>>> fault = this.faults.arising(request.path())
			.map((struck) -> () -> show(struck, response));
		return held(Mono.firstWithSignal(answer, fault)).flatMap(Supplier::get);
	}

	private static Answer failed(Request request, Throwable ex) {
		logger.warn("The development Consul failed at {} {}", request.method(), request.path(), ex);
		return Answer.text(500, "The development Consul failed: " + ex);
	}

	private Mono<Void> show(Fault fault, HttpServerResponse response) {
		return switch (fault.kind()) {
			case STATUS -> send(Answer.text(fault.status(), fault.text()), false, response);
			case GARBAGE -> send(Answer.json(GARBAGE).index(1), false, response);
			case CUT -> cut(response);
			case SILENCE, DELAY -> held(Mono.never());
		};
	}

	private <T> Mono<T> held(Mono<T> answer) {
		return Mono.using(this.held::incrementAndGet, (count) -> answer, (count) -> this.held.decrementAndGet(), true);
	}

	// Past the HTTP codec, which would not let an answer out that is shorter than it
	// says.
	private static Mono<Void> cut(HttpServerResponse response) {
		response.withConnection((connection) -> {
			Channel channel = connection.channel();
			FutureMono.from(channel.pipeline().firstContext().writeAndFlush(Unpooled.wrappedBuffer(HALF)))
				.then(FutureMono.deferFuture(channel::close))
				.subscribe();
		});
		return Mono.never();
	}

	private static Mono<Void> send(Answer answer, boolean pretty, HttpServerResponse response) {
		byte[] body = answer.bytes(pretty);
		response.status(answer.status());
		answer.headers().forEach(response::header);
		response.header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
		if (body.length == 0 || Objects.equals(response.method().name(), "HEAD")) {
			return response.send();
		}
		return response.sendByteArray(Mono.just(body)).then();
	}

}
