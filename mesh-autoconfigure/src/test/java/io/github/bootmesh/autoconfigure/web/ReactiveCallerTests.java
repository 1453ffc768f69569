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

import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import io.netty.handler.codec.http.HttpMethod;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.filter.reactive.UrlHandlerFilter;
import org.springframework.web.reactive.config.PathMatchConfigurer;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.server.PlaintextCallers;
import io.github.bootmesh.autoconfigure.server.RequestGate;
import io.github.bootmesh.autoconfigure.web.ReactiveApplication.Answer;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decision.Outcome;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.RequestFacts;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What a WebFlux application knows of its callers, and what they can do to it, over real
 * mutual TLS.
 */
class ReactiveCallerTests {

	private static final TestCa CA = ReactiveApplication.CA;

	private static final String SPOOFED = "By=spiffe://x;Hash=00;URI=spiffe://" + CA.trustDomain()
			+ "/ns/default/dc/dc1/svc/admin";

	@Test
	void theCallerIsAnArgumentOfHandlers() {
		try (ReactiveApplication application = ReactiveApplication.start(Endpoints.class)) {
			assertThat(application.get("/peer").body()).isEqualTo("client default default dc1 " + CA.trustDomain());
			assertThat(application.get("/optional").body()).isEqualTo("client");
			assertThat(application.get("/mono").body()).isEqualTo("client");
			assertThat(application.get("/nullable").body()).isEqualTo("client");
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void whatThePeerSaysOfItsCertificateIsReplacedByWhatWasVerified(boolean http2) throws Exception {
		TestCa.Issued leaf = CA.leaf("client");
		String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.leaf().getEncoded()));
		String verified = "By=" + CA.uri("web") + ";Hash=" + hash + ";URI=" + CA.uri("client");
		try (ReactiveApplication application = ReactiveApplication.start(Endpoints.class,
				"server.http2.enabled=" + http2)) {
			assertThat(xfcc(application, leaf)).isEqualTo(List.of(verified).toString());
			assertThat(xfcc(application, leaf, SPOOFED)).isEqualTo(List.of(verified).toString());
			assertThat(xfcc(application, leaf, SPOOFED, SPOOFED)).isEqualTo(List.of(verified).toString());
			assertThat(application.call(leaf, HttpMethod.GET, "/first-filter", null, "x-FORWARDED-client-Cert", SPOOFED)
				.body()).isEqualTo(List.of(verified).toString());
			assertThat(
					application.call(leaf, HttpMethod.GET, "/route", null, "X-FORWARDED-CLIENT-CERT", SPOOFED).body())
				.isEqualTo(List.of(verified).toString());
		}
	}

	@ParameterizedTest
	@CsvSource({ "sanitize, 0", "off, 2" })
	void whatThePeerSaysOfItsCertificateIsDroppedOrLeftAlone(String mode, int values) {
		try (ReactiveApplication application = ReactiveApplication.start(Endpoints.class,
				"bootmesh.inbound.forwarded-client-cert=" + mode)) {
			assertThat(xfcc(application, CA.leaf("client"), SPOOFED, SPOOFED))
				.isEqualTo((values == 0) ? "[]" : List.of(SPOOFED, SPOOFED).toString());
		}
	}

	@Test
	void aMockOfARequestHasNoCallerAndIsLetPass() {
		Authorizer denying = ReactiveApplication.authorizer((request) -> false);
		RequestJudge judge = new RequestJudge(
				new RequestGate(denying, new Decisions(denying), Mockito.mock(PlaintextCallers.class)), List.of(),
				Duration.ofSeconds(1));
		MockServerWebExchange exchange = MockServerWebExchange
			.from(MockServerHttpRequest.get("/peer").sslInfo(Mockito.mock(SslInfo.class)));
		AtomicBoolean passed = new AtomicBoolean();
		new ReactivePeerFilter(judge).filter(exchange, (next) -> Mono.fromRunnable(() -> passed.set(true)))
			.block(Duration.ofSeconds(10));
		assertThat(passed).isTrue();
		assertThat(exchange.<Object>getAttribute(MeshPeer.class.getName())).isNull();
	}

	@Test
	void onlyOfGatewaysIsItTakenWhomTheyCarry() {
		try (ReactiveApplication application = ReactiveApplication.start(Endpoints.class,
				"bootmesh.inbound.forwarded-client-cert=append-forward",
				"bootmesh.inbound.gateways=gateway," + CA.uri("other").replace("dc1", "dc2"))) {
			assertThat(xfcc(application, CA.leaf("gateway"), SPOOFED, SPOOFED))
				.startsWith("[" + SPOOFED + "," + SPOOFED + ",By=" + CA.uri("web") + ";Hash=")
				.endsWith(";URI=" + CA.uri("gateway") + "]");
			assertThat(xfcc(application, CA.leaf("gateway"))).startsWith("[By=" + CA.uri("web"));
			TestCa.Issued other = CA.issue((spec) -> spec.uri(CA.uri("other").replace("dc1", "dc2")));
			assertThat(xfcc(application, other, SPOOFED)).startsWith("[" + SPOOFED + ",By=");
			TestCa.Issued elsewhere = CA.issue((spec) -> spec.uri(CA.uri("gateway").replace("dc1", "dc2")));
			assertThat(xfcc(application, elsewhere, SPOOFED)).startsWith("[By=").doesNotContain("admin");
			assertThat(xfcc(application, CA.leaf("client"), SPOOFED)).startsWith("[By=").doesNotContain("admin");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.inbound.forwarded-client-cert=append-forward",
			"bootmesh.inbound.gateways=spiffe://nobody", "bootmesh.inbound.gateways=a/b",
			"bootmesh.inbound.authorizer-timeout=0s" })
	void aWrongSettingStopsTheStart(String property) {
		assertThatException().isThrownBy(() -> ReactiveApplication.start(Endpoints.class, property).close())
			.havingRootCause()
			.withMessageContaining(property.substring(0, property.indexOf('=')));
	}

	@Test
	void aMethodThatAParameterNamesIsDecidedOn() {
		try (ReactiveApplication application = ReactiveApplication.start(
				(request) -> !request.method().equals("DELETE"), Endpoints.class,
				"spring.webflux.hiddenmethod.filter.enabled=true")) {
			assertThat(post(application, "/item", "").status()).isEqualTo(200);
			assertThat(post(application, "/item", "_method=PUT").status()).isEqualTo(405);
			assertRefused(post(application, "/item", "_method=DELETE"));
		}
		try (ReactiveApplication application = ReactiveApplication.start(Endpoints.class,
				"spring.webflux.hiddenmethod.filter.enabled=true")) {
			assertThat(post(application, "/item", "_method=DELETE").body()).isEqualTo("deleted");
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void whatIsRewrittenIsDecidedOnAgainWhileItIsAnswered(boolean http2) {
		Endpoints.ENDLESS.set(0);
		AtomicBoolean deletes = new AtomicBoolean(true);
		try (ReactiveApplication application = ReactiveApplication.start(
				(request) -> deletes.get() || !request.method().equals("DELETE"), Endpoints.class,
				"spring.webflux.hiddenmethod.filter.enabled=true", "bootmesh.inbound.revocation-grace=100ms",
				"server.http2.enabled=" + http2)) {
			CompletableFuture<Answer> answer = CompletableFuture
				.supplyAsync(() -> post(application, "/endless", "_method=DELETE"));
			Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> Endpoints.ENDLESS.get() > 0);
			deletes.set(false);
			application.intentionsChanged();
			assertThat(answer).failsWithin(Duration.ofSeconds(10)).withThrowableOfType(ExecutionException.class);
		}
	}

	@Test
	void aPathThatIsRewrittenIsDecidedOn() {
		Predicate<RequestFacts> noAdmin = (request) -> !request.target().equals("/admin");
		try (ReactiveApplication application = ReactiveApplication.start(noAdmin, Endpoints.class,
				"server.forward-headers-strategy=framework")) {
			assertRefused(application.get("/admin"));
			assertRefused(application.get("/admin/"));
			assertRefused(application.get("/old-admin"));
			assertThat(application.get("/old-admin?x=1").status()).isEqualTo(200);
			assertRefused(application.get("/admin/", "X-Forwarded-Prefix", "/public"));
			assertThat(application.get("/item", "X-Forwarded-Prefix", "/admin").body()).isEqualTo("item");
		}
	}

	@Test
	void whatIsRewrittenIsCountedOnceAndWhereItIsRefusedOnceMore() {
		try (ReactiveApplication application = ReactiveApplication
			.start((request) -> !request.target().equals("/admin"), Endpoints.class)) {
			assertThat(application.get("/item/").body()).isEqualTo("item");
			assertThat(application.counted(Outcome.ALLOWED)).isOne();
			assertThat(application.counted(Outcome.DENIED)).isZero();
			assertRefused(application.get("/admin/"));
			assertThat(application.counted(Outcome.ALLOWED)).isEqualTo(2);
			assertThat(application.counted(Outcome.DENIED)).isOne();
		}
	}

	@Test
	void theBasePathIsPartOfWhatIsDecidedOn() {
		Predicate<RequestFacts> onlyItem = (request) -> request.target().equals("/base/item");
		try (ReactiveApplication application = ReactiveApplication.start(onlyItem, Endpoints.class,
				"spring.webflux.base-path=/base")) {
			assertThat(application.get("/base/item").body()).isEqualTo("item");
			assertRefused(application.get("/base/item/"));
		}
	}

	@Test
	void whereCaseMeansNothingToRoutingItMeansNothingToRules() {
		Predicate<RequestFacts> noAdmin = (request) -> !(request.anyCase() ? request.target().equalsIgnoreCase("/admin")
				: request.target().equals("/admin"));
		try (ReactiveApplication application = ReactiveApplication.start(noAdmin, AnyCase.class)) {
			assertThat(application.get("/ITEM").body()).isEqualTo("item");
			assertRefused(application.get("/ADMIN"));
		}
		try (ReactiveApplication application = ReactiveApplication.start(noAdmin, Endpoints.class)) {
			assertThat(application.get("/ADMIN").status()).isEqualTo(404);
		}
	}

	@Test
	void theApplicationCanOnlyNarrow() {
		try (ReactiveApplication application = ReactiveApplication.start(
				(request) -> !request.target().equals("/admin"), Narrowed.class,
				"bootmesh.inbound.authorizer-timeout=200ms")) {
			assertThat(application.get("/item", "wish", "good").body()).isEqualTo("item");
			for (String wish : List.of("bad", "failing", "throwing", "empty", "slow", "nothing")) {
				assertRefused(application.get("/item", "wish", wish));
			}
			assertThat(application.get("/item", "wish", "good").body()).isEqualTo("item");
			assertRefused(application.get("/admin", "wish", "good"));
			assertThat(application.get("/item/?other", "wish", "good").body()).isEqualTo("item");
			assertRefused(application.get("/item/?narrowed", "wish", "good"));
		}
	}

	@ParameterizedTest
	@ValueSource(classes = { NarrowedWithRoutes.class, NarrowedWithHandler.class })
	void whereTheApplicationWouldNotBeAskedTheStartFails(Class<?> source) {
		assertThatException().isThrownBy(() -> ReactiveApplication.start(source).close())
			.withMessageContaining("MeshAuthorizer")
			.withMessageContaining("bypass");
	}

	private static Answer post(ReactiveApplication application, String path, String form) {
		return application.call(CA.leaf("client"), HttpMethod.POST, path, form);
	}

	private static void assertRefused(Answer answer) {
		assertThat(answer.status()).isEqualTo(403);
		assertThat(answer.type()).isEqualTo("application/problem+json");
		assertThat(answer.body()).isEqualTo("{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403}");
	}

	private static String xfcc(ReactiveApplication application, TestCa.Issued leaf, String... values) {
		String[] headers = new String[values.length * 2];
		for (int i = 0; i < values.length; i++) {
			headers[2 * i] = (i % 2 == 0) ? "X-Forwarded-Client-Cert" : "x-forwarded-client-cert";
			headers[2 * i + 1] = values[i];
		}
		return application.call(leaf, HttpMethod.GET, "/xfcc", null, headers).body();
	}

	@Configuration(proxyBeanMethods = false)
	@RestController
	static class Endpoints {

		private static final AtomicInteger ENDLESS = new AtomicInteger();

		@GetMapping("/peer")
		String peer(MeshPeer peer) {
			return String.join(" ", peer.service(), peer.namespace(), peer.partition(), peer.datacenter(),
					peer.trustDomain());
		}

		@GetMapping("/optional")
		String optional(Optional<MeshPeer> peer) {
			return peer.orElseThrow().service();
		}

		@GetMapping("/mono")
		Mono<String> mono(Mono<MeshPeer> peer) {
			return peer.map(MeshPeer::service);
		}

		@GetMapping("/nullable")
		String nullable(@Nullable MeshPeer peer) {
			return (peer != null) ? peer.service() : "nobody";
		}

		@GetMapping("/xfcc")
		String xfcc(@RequestHeader HttpHeaders headers) {
			return headers.getOrEmpty("X-Forwarded-Client-Cert").toString();
		}

		@GetMapping("/item")
		String item() {
			return "item";
		}

		@PostMapping("/item")
		String post() {
			return "posted";
		}

		@DeleteMapping("/item")
		String delete() {
			return "deleted";
		}

		@DeleteMapping("/endless")
		Mono<String> endless() {
			ENDLESS.incrementAndGet();
			return Mono.never();
		}

		@GetMapping("/admin")
		String admin() {
			return "admin";
		}

		@Bean
		UrlHandlerFilter trailingSlashes() {
			return UrlHandlerFilter.trailingSlashHandler("/**").mutateRequest().build();
		}

		@Bean
		@Order(Ordered.LOWEST_PRECEDENCE)
		WebFilter oldPaths() {
			return (exchange, chain) -> {
				String path = exchange.getRequest().getPath().value();
				return chain.filter(path.startsWith("/old-")
						? exchange.mutate().request((request) -> request.path("/" + path.substring(5))).build()
						: exchange);
			};
		}

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		WebFilter first() {
			return (exchange, chain) -> {
				if (!exchange.getRequest().getPath().value().equals("/first-filter")) {
					return chain.filter(exchange);
				}
				String seen = exchange.getRequest().getHeaders().getOrEmpty("X-Forwarded-Client-Cert").toString();
				return exchange.getResponse()
					.writeWith(Mono.just(exchange.getResponse().bufferFactory().wrap(seen.getBytes())));
			};
		}

		@Bean
		NettyRouteProvider route() {
			return (routes) -> routes.get("/route", (request, response) -> response
				.sendString(Mono.just(request.requestHeaders().getAll("X-Forwarded-Client-Cert").toString())));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AnyCase extends Endpoints implements WebFluxConfigurer {

		@Override
		public void configurePathMatching(PathMatchConfigurer configurer) {
			configurer.setUseCaseSensitiveMatch(false);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@RestController
	static class Narrowed {

		@GetMapping("/item")
		String item() {
			return "item";
		}

		@Bean
		UrlHandlerFilter trailingSlashes() {
			return UrlHandlerFilter.trailingSlashHandler("/**").mutateRequest().build();
		}

		@Bean
		MeshAuthorizer meshAuthorizer() {
			return (caller, request) -> switch (request.headers("wish").get(0)) {
				case "good" -> Mono.just(!request.target().equals("/item?narrowed"));
				case "failing" -> Mono.error(new IllegalStateException("failing"));
				case "throwing" -> throw new IllegalStateException("throwing");
				case "empty" -> Mono.empty();
				case "slow" -> Mono.just(true).delayElement(Duration.ofSeconds(5));
				case "nothing" -> nothing();
				default -> Mono.just(false);
			};
		}

		@SuppressWarnings("NullAway")
		private static Mono<Boolean> nothing() {
			return null;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class NarrowedWithRoutes extends Narrowed {

		@Bean
		NettyRouteProvider bypass() {
			return (routes) -> routes;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class NarrowedWithHandler extends Narrowed {

		@Bean
		HttpHandler bypass() {
			return (request, response) -> Mono.empty();
		}

	}

}
