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

package io.github.bootmesh.autoconfigure.security;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.handler.codec.http.HttpMethod;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.method.configuration.EnableReactiveMethodSecurity;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.SecurityWebFiltersOrder;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.web.ReactiveApplication;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

class MeshServerSecurityTests {

	private static final TestCa CA = ReactiveApplication.CA;

	@Test
	void thePeerIsAuthenticatedForChainAndMethods() {
		try (ReactiveApplication application = ReactiveApplication.start(Application.class)) {
			assertThat(application.get("/me").body())
				.isEqualTo(CA.uri("client") + " [MESH_SERVICE_client, MESH_DC_dc1, MESH_NS_default]");
			assertThat(status(application, "client", "/chain")).isEqualTo(403);
			assertThat(status(application, "ops", "/chain")).isEqualTo(200);
			assertThat(status(application, "client", "/method")).isEqualTo(403);
			assertThat(status(application, "ops", "/method")).isEqualTo(200);
			// Other credentials of the request win.
			assertThat(application.get("/me", "Authorization", "Basic dXNlcjpwYXNz").body()).startsWith("user [");
			assertThat(application.get("/me", "Authorization", "Basic dXNlcjpub25l").status()).isEqualTo(401);
		}
	}

	@Test
	void applicationAndIntentionsBothHaveToAllow() {
		try (ReactiveApplication application = ReactiveApplication
			.start((request) -> !request.target().equals("/chain"), Application.class)) {
			assertThat(status(application, "ops", "/chain")).isEqualTo(403);
			assertThat(status(application, "client", "/method")).isEqualTo(403);
			assertThat(status(application, "ops", "/method")).isEqualTo(200);
		}
	}

	@Test
	void whoShowsNoCertificateIsNotThePeerThatASessionHasKept() {
		Authentication kept = new MeshAuthentication(Mockito.mock(MeshPeer.class), List.of());
		AtomicReference<Object> seen = new AtomicReference<>();
		MeshServerSecurity.mesh()
			.filter(MockServerWebExchange.from(MockServerHttpRequest.get("/me")),
					(exchange) -> ReactiveSecurityContextHolder.getContext()
						.<Object>map(SecurityContext::getAuthentication)
						.defaultIfEmpty("nobody")
						.doOnNext(seen::set)
						.then())
			.contextWrite(ReactiveSecurityContextHolder.withAuthentication(kept))
			.block(Duration.ofSeconds(10));
		assertThat(seen).hasValue("nobody");
	}

	private static int status(ReactiveApplication application, String service, String path) {
		return application.call(CA.leaf(service), HttpMethod.GET, path, null).status();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableWebFluxSecurity
	@EnableReactiveMethodSecurity
	static class Application {

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http) {
			return http
				.authorizeExchange((exchanges) -> exchanges.pathMatchers("/chain")
					.hasAuthority("MESH_SERVICE_ops")
					.anyExchange()
					.authenticated())
				.addFilterAt(MeshServerSecurity.mesh(), SecurityWebFiltersOrder.AUTHENTICATION)
				.httpBasic(Customizer.withDefaults())
				.build();
		}

		@Bean
		MapReactiveUserDetailsService users() {
			return new MapReactiveUserDetailsService(
					User.withUsername("user").password("{noop}pass").authorities("USER").build());
		}

		@Bean
		Endpoints endpoints() {
			return new Endpoints();
		}

	}

	@RestController
	static class Endpoints {

		@GetMapping("/me")
		Mono<String> me(Authentication authentication, @AuthenticationPrincipal Object principal) {
			return Mono.just(((principal instanceof MeshPeer peer) ? peer.id().toString() : authentication.getName())
					+ " " + authentication.getAuthorities());
		}

		@GetMapping("/chain")
		Mono<String> chain() {
			return Mono.just("chain");
		}

		@PreAuthorize("hasAuthority('MESH_SERVICE_ops')")
		@GetMapping("/method")
		Mono<String> method() {
			return Mono.just("method");
		}

	}

}
