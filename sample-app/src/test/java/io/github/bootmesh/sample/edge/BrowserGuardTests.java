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

import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link BrowserGuard}.
 */
class BrowserGuardTests {

	private final CsrfToken token = new CsrfToken();

	private final BrowserGuard guard = new BrowserGuard(this.token);

	@ParameterizedTest
	@ValueSource(strings = { "localhost", "localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080" })
	void whenTheHostIsLoopbackThenReadsPass(String host) {
		assertThat(passes(MockServerHttpRequest.get("/api/mesh").header(HttpHeaders.HOST, host))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "attacker.example:8080", "localhost.attacker.example", "127.0.0.1.attacker.example",
			"192.168.1.4:8080", "0.0.0.0:8080" })
	void whenTheHostIsAReboundNameThenEvenReadsAreRefused(String host) {
		assertRefused(MockServerHttpRequest.get("/api/mesh").header(HttpHeaders.HOST, host), "Host");
	}

	@Test
	void whenThereIsNoHostThenTheRequestIsRefused() {
		assertRefused(MockServerHttpRequest.get("/api/mesh"), "Host");
	}

	@Test
	void whenAWriteHasTheTokenAndThisOriginThenItPasses() {
		assertThat(passes(post().header(HttpHeaders.ORIGIN, "http://localhost:8080")
			.header(CsrfToken.HEADER, this.token.value()))).isTrue();
	}

	@Test
	void whenAWriteHasNoTokenThenItIsRefused() {
		assertRefused(post().header(HttpHeaders.ORIGIN, "http://localhost:8080"), CsrfToken.HEADER);
	}

	@Test
	void whenAWriteHasAnotherTokenThenItIsRefused() {
		assertRefused(post().header(CsrfToken.HEADER, new CsrfToken().value()), CsrfToken.HEADER);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://attacker.example", "http://localhost:9090", "https://localhost:8080", "null" })
	void whenAWriteComesFromAnotherOriginThenItIsRefusedInSpiteOfTheToken(String origin) {
		assertRefused(post().header(HttpHeaders.ORIGIN, origin).header(CsrfToken.HEADER, this.token.value()), "origin");
	}

	@Test
	void whenAnythingIsAnsweredThenNoOtherSourceMayRunOrFrameIt() {
		MockServerWebExchange exchange = MockServerWebExchange
			.from(MockServerHttpRequest.get("/").header(HttpHeaders.HOST, "localhost:8080"));
		this.guard.filter(exchange, (passed) -> Mono.empty()).block();
		assertThat(exchange.getResponse().getHeaders().getFirst("Content-Security-Policy"))
			.startsWith("default-src 'none'")
			.contains("script-src 'self'", "frame-ancestors 'none'")
			.doesNotContain("unsafe");
	}

	private static MockServerHttpRequest.BaseBuilder<?> post() {
		return MockServerHttpRequest.post("/api/rotation").header(HttpHeaders.HOST, "localhost:8080");
	}

	private boolean passes(MockServerHttpRequest.BaseBuilder<?> request) {
		AtomicBoolean passed = new AtomicBoolean();
		this.guard
			.filter(MockServerWebExchange.from(request.build()),
					(exchange) -> Mono.fromRunnable(() -> passed.set(true)))
			.block();
		return passed.get();
	}

	private void assertRefused(MockServerHttpRequest.BaseBuilder<?> request, String reason) {
		assertThatExceptionOfType(ResponseStatusException.class).isThrownBy(() -> passes(request))
			.satisfies((ex) -> assertThat(ex.getStatusCode()).isEqualTo(HttpStatus.FORBIDDEN))
			.satisfies((ex) -> assertThat(ex.getReason()).contains(reason));
	}

}
