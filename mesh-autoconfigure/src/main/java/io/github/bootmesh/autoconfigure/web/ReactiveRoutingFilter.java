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

import java.util.function.BooleanSupplier;

import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

import io.github.bootmesh.autoconfigure.server.MeshChannels;

/**
 * Has a request decided on once more where it is routed on another method or path than
 * was sent: by then other filters may have taken the method from a parameter, a slash
 * from the end of the path, or the path from a header. Both have to be allowed.
 */
final class ReactiveRoutingFilter implements WebFilter, Ordered {

	private final RequestJudge judge;

	private final String basePath;

	private final BooleanSupplier anyCase;

	/**
	 * Creates the filter.
	 * @param judge decides
	 * @param basePath what the application's own paths come after
	 * @param anyCase whether paths are routed in any case
	 */
	ReactiveRoutingFilter(RequestJudge judge, String basePath, BooleanSupplier anyCase) {
		this.judge = judge;
		this.basePath = basePath;
		this.anyCase = anyCase;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		ReactiveCall call = ReactiveCall.of(exchange);
		if (call == null) {
			return chain.filter(exchange);
		}
		ServerHttpRequest request = exchange.getRequest();
		// Not the request's own context path, which a header may have set.
		RoutedRequest routed = RoutedRequest.of(call.request(), request.getMethod().name(),
				this.basePath + request.getPath().pathWithinApplication().value(), this.anyCase.getAsBoolean());
		if (routed.isAsSent()) {
			return chain.filter(exchange);
		}
		MeshChannels.routedOn(call.channel(), call.request(), routed);
		return this.judge.decideRouted(call.caller(), routed)
			.flatMap((decision) -> decision.allowed() ? chain.filter(exchange)
					: ReactiveCall.refuse(exchange, decision));
	}

	// After everything that rewrites.
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
