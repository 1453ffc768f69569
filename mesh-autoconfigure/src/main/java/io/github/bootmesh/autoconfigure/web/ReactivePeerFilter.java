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

import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;

/**
 * Gives each exchange the verified peer of its connection, as the attribute that is named
 * after {@link MeshPeer}, and asks the application whether it may go on. By intentions it
 * was decided before.
 */
final class ReactivePeerFilter implements WebFilter, Ordered {

	private final RequestJudge judge;

	ReactivePeerFilter(RequestJudge judge) {
		this.judge = judge;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		ReactiveCall call = ReactiveCall.keep(exchange);
		if (call == null) {
			return chain.filter(exchange);
		}
		return this.judge.decideOwn(call.caller(), call.request())
			.flatMap((decision) -> decision.allowed() ? chain.filter(exchange)
					: ReactiveCall.refuse(exchange, decision));
	}

	// Before everything that may want to know the peer, Spring Security included.
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE + 100;
	}

}
