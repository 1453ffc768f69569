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

package io.github.bootmesh.sample.edge;

import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Keeps other web sites out of a page that listens on loopback. The {@code Host} must be
 * a loopback name, which a rebound DNS name is not; what is not a read must come from
 * this origin and carry the CSRF token.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class BrowserGuard implements WebFilter {

	private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

	private static final Set<HttpMethod> READS = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

	private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
			+ "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

	private final CsrfToken csrfToken;

	BrowserGuard(CsrfToken csrfToken) {
		this.csrfToken = csrfToken;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		HttpHeaders answer = exchange.getResponse().getHeaders();
		answer.set("Content-Security-Policy", POLICY);
		answer.set("X-Content-Type-Options", "nosniff");
		answer.set("Referrer-Policy", "same-origin");
		answer.set("Cross-Origin-Resource-Policy", "same-origin");
		answer.setCacheControl("no-store");
		String refusal = refusal(exchange.getRequest().getMethod(), exchange.getRequest().getHeaders());
		if (refusal != null) {
			return Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN, refusal));
		}
		return chain.filter(exchange);
	}

	private @Nullable String refusal(HttpMethod method, HttpHeaders headers) {
		InetSocketAddress host = headers.getHost();
		if (host == null || !LOOPBACK.contains(host.getHostString().toLowerCase(Locale.ROOT))) {
			return "The Host header does not name this machine's loopback";
		}
		if (READS.contains(method)) {
			return null;
		}
		String origin = headers.getOrigin();
		if (origin != null && !origin.equals("http://" + headers.getFirst(HttpHeaders.HOST))) {
			return "The request comes from another origin";
		}
		if (!this.csrfToken.matches(headers.getFirst(CsrfToken.HEADER))) {
			return "The " + CsrfToken.HEADER + " header does not hold the token of GET /api/csrf";
		}
		return null;
	}

}
