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

package io.github.bootmesh.autoconfigure.web;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.server.Caller;
import io.github.bootmesh.autoconfigure.server.MeshChannels;
import io.github.bootmesh.autoconfigure.server.NettyRequestFacts;
import io.github.bootmesh.autoconfigure.server.Problem;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.RequestFacts;

/**
 * A request that came in on the mesh port, as it was on the wire.
 *
 * @param caller who sent it
 * @param request what was sent
 * @param channel where it was sent, in HTTP/2 the stream's
 */
record ReactiveCall(Caller caller, RequestFacts request, Channel channel) {

	private static final String ATTRIBUTE = ReactiveCall.class.getName();

	/** The call behind an exchange, whatever filters have made of that. */
	static @Nullable ReactiveCall of(ServerWebExchange exchange) {
		return exchange.getAttribute(ATTRIBUTE);
	}

	/**
	 * Keeps the call and its peer, if it has one, with an exchange.
	 * @return the call, or {@code null} if it did not come in on the mesh port
	 */
	static @Nullable ReactiveCall keep(ServerWebExchange exchange) {
		ReactiveCall call = read(exchange.getRequest());
		if (call != null) {
			exchange.getAttributes().put(ATTRIBUTE, call);
			MeshPeer peer = call.caller().peer();
			if (peer != null) {
				exchange.getAttributes().put(MeshPeer.class.getName(), peer);
			}
		}
		return call;
	}

	private static @Nullable ReactiveCall read(ServerHttpRequest request) {
		HttpServerRequest netty = netty(request);
		if (netty == null) {
			return null;
		}
		Channel[] channels = new Channel[1];
		netty.withConnection((connection) -> channels[0] = connection.channel());
		Caller caller = Caller.of(MeshChannels.of(channels[0]));
		return (caller != null) ? new ReactiveCall(caller, NettyRequestFacts.of(netty), channels[0]) : null;
	}

	// Not by the request's TLS, which is gone once its connection is, while the peer is
	// still known.
	private static @Nullable HttpServerRequest netty(ServerHttpRequest request) {
		try {
			return (ServerHttpRequestDecorator.getNativeRequest(request) instanceof HttpServerRequest netty) ? netty
					: null;
		}
		catch (IllegalStateException ex) {
			// How a mock says that it has none.
			return null;
		}
	}

	static Mono<Void> refuse(ServerWebExchange exchange, Decision decision) {
		return Mono.defer(() -> {
			Problem problem = Problem.of(decision);
			byte[] body = problem.body();
			ServerHttpResponse response = exchange.getResponse();
			response.setStatusCode(HttpStatusCode.valueOf(problem.status()));
			response.getHeaders().set(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
			response.getHeaders().setContentLength(body.length);
			DataBuffer buffer = response.bufferFactory().wrap(body);
			return response.writeWith(Mono.just(buffer));
		});
	}

}
