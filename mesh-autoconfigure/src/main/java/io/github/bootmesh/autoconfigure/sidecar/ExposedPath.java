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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.Future;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * One path of a local server for everybody, in plain HTTP. A request is not passed on but
 * asked anew: only what is read here can reach the server, and of that only a query and
 * few headers are the caller's own. Each connection has one request and ends soon.
 */
final class ExposedPath {

	/**
	 * Of all connections at once. Agents and Prometheus use one each.
	 */
	static final int MAX_CONNECTIONS = 64;

	/**
	 * Age at which a connection is closed. Checks and scrapes give up after ten seconds
	 * by default.
	 */
	static final Duration LIFETIME = Duration.ofSeconds(15);

	private static final Logger logger = LoggerFactory.getLogger(ExposedPath.class);

	private static final int CONNECT_TIMEOUT_MILLIS = 1000;

	// RFC 3986, section 3.4.
	private static final Pattern QUERY = Pattern.compile("(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\\[\\]-]|%[0-9A-Fa-f]{2})*");

	// Those about what is asked for. Not those about the connection, and none in which a
	// server may believe who called, for what host, path or method.
	private static final List<CharSequence> ASKED = List.of(HttpHeaderNames.ACCEPT, HttpHeaderNames.ACCEPT_ENCODING,
			HttpHeaderNames.AUTHORIZATION, HttpHeaderNames.IF_MODIFIED_SINCE, HttpHeaderNames.IF_NONE_MATCH,
			HttpHeaderNames.USER_AGENT, "X-Prometheus-Scrape-Timeout-Seconds");

	private static final List<CharSequence> ANSWERED = List.of(HttpHeaderNames.CACHE_CONTROL,
			HttpHeaderNames.CONTENT_ENCODING, HttpHeaderNames.CONTENT_LENGTH, HttpHeaderNames.CONTENT_TYPE,
			HttpHeaderNames.ETAG, HttpHeaderNames.LAST_MODIFIED, HttpHeaderNames.RETRY_AFTER, HttpHeaderNames.VARY,
			HttpHeaderNames.WWW_AUTHENTICATE);

	private final String path;

	private final LoopResources loops;

	private final HttpClient client;

	private final AtomicInteger connections = new AtomicInteger();

	ExposedPath(String path, InetSocketAddress server, LoopResources loops) {
		this.path = path;
		this.loops = loops;
		this.client = HttpClient.create(ConnectionProvider.newConnection())
			.runOn(loops)
			.protocol(HttpProtocol.HTTP11)
			.disableRetry(true)
			.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
			.responseTimeout(LIFETIME)
			.remoteAddress(() -> server);
	}

	DisposableServer listen(InetSocketAddress address) {
		return HttpServer.create()
			.runOn(this.loops)
			.bindAddress(() -> address)
			.protocol(HttpProtocol.HTTP11)
			.maxKeepAliveRequests(1)
			.doOnChannelInit((observer, channel, remote) -> limit(channel))
			.handle(this::answer)
			.bindNow();
	}

	private void limit(Channel channel) {
		Future<?> end = channel.eventLoop().schedule(() -> channel.close(), LIFETIME.toMillis(), TimeUnit.MILLISECONDS);
		int open = this.connections.incrementAndGet();
		channel.closeFuture().addListener((closed) -> {
			this.connections.decrementAndGet();
			end.cancel(false);
		});
		if (open > MAX_CONNECTIONS) {
			channel.close();
		}
	}

	private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
		String target = request.uri();
		int end = target.indexOf('?');
		String query = (end < 0) ? "" : target.substring(end + 1);
		if (!this.path.equals((end < 0) ? target : target.substring(0, end)) || !QUERY.matcher(query).matches()) {
			return response.status(HttpResponseStatus.NOT_FOUND).send();
		}
		HttpMethod method = request.method();
		if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
			return response.status(HttpResponseStatus.METHOD_NOT_ALLOWED)
				.header(HttpHeaderNames.ALLOW, "GET, HEAD")
				.send();
		}
		HttpHeaders headers = request.requestHeaders();
		if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING) || headers.contains(HttpHeaderNames.CONTENT_LENGTH)
				&& !"0".equals(headers.get(HttpHeaderNames.CONTENT_LENGTH))) {
			return response.status(HttpResponseStatus.BAD_REQUEST).send();
		}
		return ask(method, (end < 0) ? this.path : this.path + '?' + query, headers, response);
	}

	private Flux<Void> ask(HttpMethod method, String target, HttpHeaders headers, HttpServerResponse response) {
		return this.client.headers((asked) -> copy(ASKED, headers, asked))
			.request(method)
			.uri(target)
			.response((answer, body) -> {
				passOn(answer, response);
				return response.send(body.retain());
			})
			.onErrorResume((ex) -> {
				logger.debug("{} was not answered", this.path, ex);
				return response.hasSentHeaders() ? Mono.error(ex) : failed(response);
			});
	}

	private static void passOn(HttpClientResponse answer, HttpServerResponse response) {
		response.status(answer.status());
		copy(ANSWERED, answer.responseHeaders(), response.responseHeaders());
	}

	private static Mono<Void> failed(HttpServerResponse response) {
		response.responseHeaders().clear();
		return response.status(HttpResponseStatus.BAD_GATEWAY).send().then();
	}

	private static void copy(List<CharSequence> names, HttpHeaders from, HttpHeaders to) {
		for (CharSequence name : names) {
			List<String> values = from.getAll(name);
			if (!values.isEmpty()) {
				to.set(name, values);
			}
		}
	}

}
