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

import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.tls.MeshTls;

/**
 * Gives each exchange the verified peer of its connection, as the attribute that is named
 * after {@link MeshPeer}.
 */
final class MeshPeerWebFilter implements WebFilter, Ordered {

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		MeshPeer peer = peer(exchange.getRequest());
		if (peer != null) {
			exchange.getAttributes().put(MeshPeer.class.getName(), peer);
		}
		return chain.filter(exchange);
	}

	private static @Nullable MeshPeer peer(ServerHttpRequest request) {
		// Without TLS there is no peer, nor a native request in mock environments.
		if (request.getSslInfo() == null
				|| !(ServerHttpRequestDecorator.getNativeRequest(request) instanceof HttpServerRequest nettyRequest)) {
			return null;
		}
		MeshPeer[] peer = new MeshPeer[1];
		nettyRequest
			.withConnection((connection) -> peer[0] = MeshChannels.of(connection.channel()).attr(MeshTls.PEER).get());
		return peer[0];
	}

	// Before everything that may want to know the peer, Spring Security included.
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE + 100;
	}

}
