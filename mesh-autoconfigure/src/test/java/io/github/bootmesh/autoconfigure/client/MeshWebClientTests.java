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

package io.github.bootmesh.autoconfigure.client;

import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.SSLException;

import io.netty.handler.timeout.ReadTimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;

import io.github.bootmesh.DestinationNotAllowedException;
import io.github.bootmesh.DestinationNotVisibleException;
import io.github.bootmesh.DiscoveryUnavailableException;
import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.PossiblyRefusedException;
import io.github.bootmesh.discovery.DestinationStatus;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class MeshWebClientTests {

	private static final Duration WAIT = Duration.ofSeconds(20);

	private final LoopbackMesh mesh = new LoopbackMesh();

	@AfterEach
	void close() throws Exception {
		this.mesh.close();
	}

	@ParameterizedTest
	@CsvSource({ "mesh://order_store/x?y=%2F, /x?y=%2F, order_store",
			"http://order_store.service.consul:8080//a/b, //a/b, order_store.service.consul:8080",
			"https://Order_Store.connect.consul, /, Order_Store.connect.consul" })
	void whenAMeshNameIsCalledThenItIsReachedOverMutualTlsByItsLogicalName(String url, String path, String host) {
		this.mesh.serve("order_store");
		run((client, context) -> assertThat(get(client, url))
			.isEqualTo("order_store " + path + " " + host + " " + this.mesh.ca.uri("orders")));
	}

	@Test
	void whenABodyIsSentThenItArrives() {
		this.mesh.serve("inventory");
		run((client,
				context) -> assertThat(client.post()
					.uri("mesh://inventory/echo")
					.bodyValue("x".repeat(100_000))
					.retrieve()
					.bodyToMono(String.class)
					.block(WAIT)).hasSize(100_000));
	}

	@Test
	void whenACallersCertificateIsForwardedThenItIsNotSentOn() {
		this.mesh.serve("inventory");
		run((client,
				context) -> assertThat(client.get()
					.uri("mesh://inventory/forwarded")
					.header("x-forwarded-Client-Cert", "By=spiffe://x;URI=spiffe://y")
					.retrieve()
					.bodyToMono(String.class)
					.block(WAIT)).isEqualTo("[]"));
	}

	@Test
	void whenRequestsFollowEachOtherThenTheConnectionIsKept() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		run((client, context) -> {
			for (int i = 0; i < 20; i++) {
				get(client, "mesh://inventory/");
				// The connection is back in its pool a moment after its response was
				// read.
				this.mesh.awaitEventLoops();
			}
			assertThat(inventory.requests).hasSize(20);
			assertThat(inventory.accepted).hasValue(1);
		});
	}

	@Test
	void whenAnotherServiceAnswersOnTheRightAddressThenNothingIsSentToIt() {
		LoopbackMesh.Service billing = this.mesh.serve("billing");
		this.mesh.catalog.add("inventory", "stale", billing.port());
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/secret"))
				.withCauseInstanceOf(SSLException.class)
				.withMessageContaining(this.mesh.ca.uri("inventory"))
				.withMessageContaining(this.mesh.ca.uri("billing"));
			assertThat(billing.requests).isEmpty();
			LoopbackMesh.Service inventory = this.mesh.serve("inventory");
			Awaitility.await().atMost(WAIT).until(() -> status(context, "inventory").endpoints().size() == 2);
			for (int i = 0; i < 20; i++) {
				assertThat(get(client, "mesh://inventory/secret")).startsWith("inventory ");
			}
			assertThat(billing.requests).isEmpty();
			assertThat(inventory.requests).hasSize(20);
		});
	}

	@Test
	void whenTwoServicesHaveOneAddressThenNoConnectionIsShared() {
		LoopbackMesh.Service billing = this.mesh.serve("billing");
		this.mesh.catalog.add("inventory", "stale", billing.port());
		run((client, context) -> {
			assertThat(get(client, "mesh://billing/")).startsWith("billing ");
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(SSLException.class);
			assertThat(get(client, "mesh://billing/")).startsWith("billing ");
			assertThat(billing.requests).hasSize(2);
		});
	}

	@Test
	void whenAnInstanceCannotBeConnectedThenAnotherOneServes() {
		int closed = closedPort();
		this.mesh.catalog.add("inventory", "i1", closed);
		this.mesh.serve("inventory");
		run((client, context) -> Flux.range(0, 50)
			.flatMap((i) -> client.get().uri("mesh://inventory/").retrieve().bodyToMono(String.class))
			.doOnNext((answer) -> assertThat(answer).startsWith("inventory "))
			.blockLast(WAIT));
	}

	@Test
	void whenNoInstanceCanBeConnectedThenTheErrorSaysWhy() {
		this.mesh.catalog.add("inventory", "i1", closedPort()).add("inventory", "i2", closedPort());
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(ConnectException.class);
			assertThat(status(context, "inventory").inFlight()).isZero();
		});
	}

	@Test
	void whenTheConnectionBreaksAfterTheRequestWasSentThenItIsNotSentAgain() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		LoopbackMesh.Service other = this.mesh.serve("inventory");
		run((client, context) -> {
			Mono<String> call = client.post().uri("mesh://inventory/never").retrieve().bodyToMono(String.class);
			AtomicBoolean failed = new AtomicBoolean();
			call.subscribe((answer) -> {
			}, (ex) -> failed.set(true));
			Awaitility.await().atMost(WAIT).until(() -> inventory.requests.size() + other.requests.size() == 1);
			(inventory.requests.isEmpty() ? other : inventory).stop();
			Awaitility.await().atMost(WAIT).untilTrue(failed);
			assertThat(inventory.requests.size() + other.requests.size()).isEqualTo(1);
		});
	}

	@Test
	void whenAPeerRefusesThenTheErrorSaysThatItsIntentionsMayBeWhy() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		inventory.denies = true;
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(PossiblyRefusedException.class)
				.withMessageContaining("inventory")
				.withMessageContaining("possibly refused by the peer's intentions");
			assertThat(inventory.requests).isEmpty();
			assertThat(status(context, "inventory").inFlight()).isZero();
			inventory.denies = false;
			assertThat(get(client, "mesh://inventory/")).startsWith("inventory ");
		});
	}

	@Test
	void whenOneInstanceRefusesThenWhatChangesNothingIsTriedElsewhereOnce() {
		LoopbackMesh.Service refusing = this.mesh.serve("inventory");
		this.mesh.serve("inventory");
		refusing.denies = true;
		run((client, context) -> {
			for (int i = 0; i < 20; i++) {
				assertThat(get(client, "mesh://inventory/")).startsWith("inventory ");
			}
			assertThat(refusing.refused).hasPositiveValue();
		});
	}

	@Test
	void whenAllInstancesRefuseThenTwoAreAskedAndNoMore() {
		for (int i = 0; i < 4; i++) {
			this.mesh.serve("inventory").denies = true;
		}
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(PossiblyRefusedException.class);
			assertThat(this.mesh.services.stream().mapToInt((service) -> service.refused.get()).sum()).isEqualTo(2);
		});
	}

	@Test
	void whenAPeerRefusesAChangeThenItIsNotTriedElsewhere() {
		LoopbackMesh.Service one = this.mesh.serve("inventory");
		LoopbackMesh.Service other = this.mesh.serve("inventory");
		one.denies = true;
		other.denies = true;
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> client.post()
					.uri("mesh://inventory/echo")
					.bodyValue("once")
					.retrieve()
					.bodyToMono(String.class)
					.block(WAIT))
				.withCauseInstanceOf(PossiblyRefusedException.class);
			assertThat(one.refused.get() + other.refused.get()).isOne();
		});
	}

	@Test
	void whenAConnectionEndsLaterThenThatIsNoRefusalAndNothingIsTriedElsewhere() {
		LoopbackMesh.Service one = this.mesh.serve("inventory");
		LoopbackMesh.Service other = this.mesh.serve("inventory");
		one.denies = true;
		other.denies = true;
		this.mesh.refusalWindow = Duration.ZERO;
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.satisfies((ex) -> assertThat(ex.getCause()).isNotInstanceOf(PossiblyRefusedException.class));
			assertThat(one.refused.get() + other.refused.get()).isOne();
		});
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void whenRefusedWhileThePeerIsVerifiedThenTheCallFailsAndTheEndpointIsNotAvoided(CapturedOutput output) {
		this.mesh.serve("inventory").denies = true;
		TestCa spare = TestCa.create(this.mesh.ca.trustDomain());
		run((client, context) -> {
			// With other roots the client verifies the server anew, which takes as long
			// as
			// the server's refusal: it remembers the client.
			Disposable rotating = Flux.interval(Duration.ofMillis(3))
				.onBackpressureDrop()
				.subscribe((i) -> this.mesh.orders
					.trust((i % 2 == 0) ? new TestCa[] { this.mesh.ca, spare } : new TestCa[] { this.mesh.ca }));
			for (int i = 0; i < 500; i++) {
				assertThatExceptionOfType(WebClientRequestException.class)
					.isThrownBy(() -> get(client, "mesh://inventory/"))
					.withCauseInstanceOf(PossiblyRefusedException.class);
			}
			rotating.dispose();
		});
		assertThat(output).doesNotContain("is avoided");
	}

	@Test
	void whenLeavesAndRootsRotateUnderLoadThenNoRequestFails() {
		this.mesh.serve("inventory");
		this.mesh.serve("inventory");
		run((client, context) -> {
			AtomicBoolean stop = new AtomicBoolean();
			AtomicInteger answers = new AtomicInteger();
			Mono<String> one = client.get().uri("mesh://inventory/").retrieve().bodyToMono(String.class);
			Mono<Void> load = Flux.range(0, 8)
				.flatMap((i) -> one.doOnNext((answer) -> answers.incrementAndGet()).repeat(() -> !stop.get()), 8)
				.then();
			AtomicBoolean done = new AtomicBoolean();
			StringBuffer failure = new StringBuffer();
			load.doFinally((signal) -> done.set(true)).subscribe(null, (ex) -> failure.append(ex));
			for (int round = 0; round < 20; round++) {
				int before = answers.get();
				TestCa former = this.mesh.ca;
				if (round % 2 == 0) {
					this.mesh.orders.rotateLeaf();
					this.mesh.services.forEach((service) -> service.identities.rotateLeaf());
				}
				else {
					this.mesh.rotateRoot();
				}
				Awaitility.await().atMost(WAIT).until(() -> answers.get() > before + 20 || done.get());
				if (round % 4 == 3) {
					// The root before is forgotten: its connections are drained.
					this.mesh.trust(this.mesh.ca);
					assertThat(former).isNotSameAs(this.mesh.ca);
				}
			}
			stop.set(true);
			Awaitility.await().atMost(WAIT).untilTrue(done);
			assertThat(failure).isEmpty();
		});
	}

	@Test
	void whenARootIsGoneThenItsPooledConnectionsAreNotUsedAgain() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		run((client, context) -> {
			get(client, "mesh://inventory/");
			TestCa other = this.mesh.ca.rotateWithoutCrossSigning();
			this.mesh.orders.rotateRoot(other);
			this.mesh.orders.trust(other);
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(SSLException.class);
			assertThat(inventory.requests).hasSize(1);
		});
	}

	@Test
	void whenTheIdentityHasExpiredThenNotEvenAPooledConnectionIsUsed() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		run((client, context) -> {
			get(client, "mesh://inventory/");
			this.mesh.orders.expire();
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(MeshIdentityUnavailableException.class);
			assertThat(inventory.requests).hasSize(1);
		});
	}

	@Test
	void whenTheFirstIdentityIsOnItsWayThenACallWaitsForItAsTheStartDoes() {
		this.mesh.serve("inventory");
		this.mesh.orders = TestIdentities.withoutIdentity(this.mesh.ca, "orders");
		run((client, context) -> {
			Mono<String> call = client.get().uri("mesh://inventory/").retrieve().bodyToMono(String.class).cache();
			Disposable waiting = call.subscribe();
			assertThat(waiting.isDisposed()).isFalse();
			this.mesh.orders.rotateLeaf();
			assertThat(call.block(WAIT)).startsWith("inventory ");
		});
	}

	@Test
	void whenNoIdentityCameInTimeThenACallFailsWithAnErrorOfItsOwn() {
		this.mesh.serve("inventory");
		this.mesh.orders = TestIdentities.withoutIdentity(this.mesh.ca, "orders");
		run(this.mesh.runner().withPropertyValues("bootmesh.startup-timeout=10ms"),
				(client, context) -> assertThatExceptionOfType(WebClientRequestException.class)
					.isThrownBy(() -> get(client, "mesh://inventory/"))
					.withCauseInstanceOf(MeshIdentityUnavailableException.class));
	}

	@Test
	void whenNobodyServesThenTheErrorTellsWhy() {
		this.mesh.catalog.empty("inventory");
		this.mesh.agent.answer("/v1/health/connect/billing", ScriptedAgent.Answer.text(403, "ACL not found"));
		run((client, context) -> {
			assertThatExceptionOfType(WebClientRequestException.class)
				.isThrownBy(() -> get(client, "mesh://inventory/"))
				.withCauseInstanceOf(DestinationNotVisibleException.class);
			assertThatExceptionOfType(WebClientRequestException.class).isThrownBy(() -> get(client, "mesh://billing/"))
				.withCauseInstanceOf(DiscoveryUnavailableException.class);
		});
	}

	@Test
	void whenADestinationIsNotAllowedThenConsulIsNotEvenAsked() {
		this.mesh.serve("billing");
		run(this.mesh.runner().withPropertyValues("bootmesh.client.allowed-destinations=inventory"),
				(client, context) -> {
					assertThatExceptionOfType(WebClientRequestException.class)
						.isThrownBy(() -> get(client, "mesh://billing/"))
						.withCauseInstanceOf(DestinationNotAllowedException.class);
					assertThat(this.mesh.agent.requests()).isEmpty();
				});
	}

	@Test
	void whenAnEventStreamIsReadThenItFlowsUntilItIsCancelled() {
		this.mesh.serve("inventory");
		run((client, context) -> {
			List<String> events = client.get()
				.uri("mesh://inventory/stream")
				.retrieve()
				.bodyToFlux(String.class)
				.doOnNext((event) -> assertThat(status(context, "inventory").inFlight()).isEqualTo(1))
				.take(5)
				.collectList()
				.block(WAIT);
			assertThat(events).containsExactly("0", "1", "2", "3", "4");
			Awaitility.await().atMost(WAIT).until(() -> status(context, "inventory").inFlight() == 0);
		});
	}

	@Test
	void whenExchangesEndInAnyWayThenNoneIsCountedAnyMore() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		run((client, context) -> {
			get(client, "mesh://inventory/");
			client.get().uri("mesh://inventory/").retrieve().toBodilessEntity().block(WAIT);
			client.get().uri("mesh://inventory/").exchangeToMono((response) -> Mono.empty()).block(WAIT);
			Disposable never = client.get().uri("mesh://inventory/never").retrieve().toBodilessEntity().subscribe();
			Awaitility.await().atMost(WAIT).until(() -> inventory.requests.size() == 4);
			assertThat(status(context, "inventory").inFlight()).isEqualTo(1);
			never.dispose();
			Awaitility.await().atMost(WAIT).until(() -> status(context, "inventory").inFlight() == 0);
		});
	}

	@Test
	void whenTheReadTimeoutOfBootIsSetThenItHoldsInTheMesh() {
		this.mesh.serve("inventory");
		run(this.mesh.runner().withPropertyValues("spring.http.clients.read-timeout=100ms"),
				(client, context) -> assertThatExceptionOfType(WebClientRequestException.class)
					.isThrownBy(() -> get(client, "mesh://inventory/never"))
					.withCauseInstanceOf(ReadTimeoutException.class));
	}

	@Test
	void whenTheHostIsOfTheOutsideThenItIsReachedAsBefore() {
		DisposableServer plain = this.mesh
			.servePlain((routes) -> routes.get("/a", (request, response) -> response.sendRedirect("/b"))
				.get("/b", (request, response) -> response.sendString(Mono.just("plain"))));
		run((client, context) -> {
			assertThat(get(client, "http://127.0.0.1:" + plain.port() + "/a")).isEqualTo("plain");
			assertThat(this.mesh.agent.requests()).isEmpty();
		});
	}

	@ParameterizedTest
	@CsvSource({ "http://inventory.service.consul/x", "mesh://inventory/x", "//inventory.service.consul/x",
			"https://user@INVENTORY.Service.Consul./x" })
	void whenTheOutsideRedirectsIntoTheMeshThenItIsNotFollowed(String location) {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		DisposableServer plain = this.mesh
			.servePlain((routes) -> routes.get("/a", (request, response) -> response.sendRedirect(location)));
		run((client, context) -> {
			ResponseEntity<Void> answer = client.get()
				.uri("http://127.0.0.1:" + plain.port() + "/a")
				.retrieve()
				.toBodilessEntity()
				.block(WAIT);
			assertThat(answer).isNotNull();
			assertThat(Objects.requireNonNull(answer).getStatusCode()).isEqualTo(HttpStatus.FOUND);
			assertThat(inventory.requests).isEmpty();
			assertThat(this.mesh.agent.requests()).isEmpty();
		});
	}

	@Test
	void whenAMeshServiceRedirectsThenTheCallerDecides() {
		this.mesh.serve("inventory");
		AtomicInteger followed = new AtomicInteger();
		DisposableServer plain = this.mesh.servePlain((routes) -> routes.get("/**", (request, response) -> {
			followed.incrementAndGet();
			return response.send();
		}));
		run((client, context) -> {
			for (String location : List.of("http://127.0.0.1:" + plain.port() + "/", "/elsewhere",
					"http://billing.service.consul/")) {
				ResponseEntity<Void> answer = client.get()
					.uri("mesh://inventory/redirect")
					.header("X-Location", location)
					.retrieve()
					.toBodilessEntity()
					.block(WAIT);
				assertThat(Objects.requireNonNull(answer).getStatusCode()).isEqualTo(HttpStatus.FOUND);
				assertThat(answer.getHeaders().getFirst("Location")).isEqualTo(location);
			}
			assertThat(followed).hasValue(0);
		});
	}

	@Test
	void whenAnEngineCannotBeGuardedThenItFollowsNoRedirect() {
		DisposableServer plain = this.mesh.servePlain((routes) -> routes
			.get("/a", (request, response) -> response.sendRedirect("http://inventory.service.consul/x"))
			.get("/b", (request, response) -> response.sendString(Mono.just("plain"))));
		this.mesh.serve("inventory");
		run(this.mesh.runner().withPropertyValues("spring.http.clients.reactive.connector=jdk"), (client, context) -> {
			assertThat(get(client, "http://127.0.0.1:" + plain.port() + "/b")).isEqualTo("plain");
			ResponseEntity<Void> answer = client.get()
				.uri("http://127.0.0.1:" + plain.port() + "/a")
				.retrieve()
				.toBodilessEntity()
				.block(WAIT);
			assertThat(Objects.requireNonNull(answer).getStatusCode()).isEqualTo(HttpStatus.FOUND);
			assertThat(get(client, "mesh://inventory/")).startsWith("inventory ");
		});
	}

	@Test
	void whenAHostIsExcludedThenItIsLeftToTheConnectorOfBoot() {
		LoopbackMesh.Service inventory = this.mesh.serve("inventory");
		ClientHttpConnectorBuilder<ClientHttpConnector> plain = (
				settings) -> (method, uri, callback) -> Mono.error(new IllegalStateException("plain " + uri));
		run(this.mesh.runner()
			.withBean("plain", ClientHttpConnectorBuilder.class, () -> plain)
			.withPropertyValues("bootmesh.client.exclude=inventory.service.*"), (client, context) -> {
				assertThatExceptionOfType(WebClientRequestException.class)
					.isThrownBy(() -> get(client, "http://inventory.service.consul/x"))
					.withMessageContaining("plain http://inventory.service.consul/x");
				assertThat(inventory.requests).isEmpty();
				assertThat(get(client, "mesh://inventory/")).startsWith("inventory ");
			});
	}

	@Test
	void whenTheTrustDomainIsAnotherThenOnlyTheOptOutAcceptsIt() {
		TestCa.Issued moved = this.mesh.ca
			.issue((leaf) -> leaf.uri("spiffe://other.consul/ns/default/dc/dc1/svc/inventory"));
		DisposableServer server = this.mesh.serveTls(moved);
		this.mesh.catalog.add("inventory", "moved", server.port());
		run((client, context) -> assertThatExceptionOfType(WebClientRequestException.class)
			.isThrownBy(() -> get(client, "mesh://inventory/"))
			.withMessageContaining("spiffe://other.consul/ns/default/dc/dc1/svc/inventory"));
		run(this.mesh.runner().withPropertyValues("bootmesh.client.any-trust-domain=true"),
				(client, context) -> assertThat(get(client, "mesh://inventory/")).isEqualTo("tls"));
	}

	@Test
	void whenConsulNamesAHostThenItIsResolvedWhenItIsDialled() {
		LoopbackMesh.Service inventory = this.mesh.serveUnregistered("inventory");
		this.mesh.catalog.addAt("inventory", "i1", "localhost", inventory.port());
		run((client, context) -> assertThat(get(client, "mesh://inventory/")).startsWith("inventory "));
	}

	@Test
	void whenRestClientIsGivenAMeshNameThenItRefusesToDialItInPlaintext() {
		DisposableServer plain = plainServer();
		this.mesh.runner().run((context) -> assertDialsNoMeshName(context, plain));
	}

	@Test
	void whenRestClientOfAWebFluxApplicationIsGivenAMeshNameThenItRefusesToDialItInPlaintext() {
		DisposableServer plain = plainServer();
		this.mesh.webFluxRunner().run((context) -> assertDialsNoMeshName(context, plain));
	}

	private DisposableServer plainServer() {
		return this.mesh
			.servePlain((routes) -> routes.get("/b", (request, response) -> response.sendString(Mono.just("plain")))
				.get("/a", (request, response) -> response.sendRedirect("http://inventory.service.consul/x")));
	}

	private static void assertDialsNoMeshName(ApplicationContext context, DisposableServer plain) {
		RestClient client = context.getBean(RestClient.Builder.class).build();
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> client.get().uri("http://inventory.service.consul/x").retrieve().body(String.class))
			.withMessageContaining("bootmesh.client.exclude");
		assertThat(client.get().uri("http://127.0.0.1:" + plain.port() + "/b").retrieve().body(String.class))
			.isEqualTo("plain");
		assertThat(client.get()
			.uri("http://127.0.0.1:" + plain.port() + "/a")
			.retrieve()
			.toBodilessEntity()
			.getStatusCode()).isEqualTo(HttpStatus.FOUND);
	}

	@Test
	void whenTheContextIsClosedThenNoConnectionIsLeft() {
		this.mesh.serve("inventory");
		MeshTls[] tls = new MeshTls[1];
		run((client, context) -> {
			tls[0] = context.getBean(MeshTls.class);
			get(client, "mesh://inventory/");
			assertThat(tls[0].connections().outbound()).isEqualTo(1);
		});
		Awaitility.await()
			.atMost(WAIT)
			.until(() -> tls[0].connections().outbound() == 0 && this.mesh.agent.blocked() == 0);
	}

	private void run(Call call) {
		run(this.mesh.runner(), call);
	}

	private void run(ApplicationContextRunner runner, Call call) {
		runner.run((context) -> call.make(context.getBean(WebClient.Builder.class).build(), context));
	}

	private static String get(WebClient client, String url) {
		return Objects
			.requireNonNull(client.get().uri(URI.create(url)).retrieve().bodyToMono(String.class).block(WAIT));
	}

	private static DestinationStatus status(AssertableApplicationContext context, String service) {
		return context.getBean(Endpoints.class)
			.statuses()
			.stream()
			.filter((status) -> status.destination().name().equals(service))
			.findFirst()
			.orElseThrow();
	}

	private int closedPort() {
		DisposableServer server = this.mesh.servePlain((routes) -> {
		});
		server.disposeNow();
		return server.port();
	}

	@FunctionalInterface
	private interface Call {

		void make(WebClient client, AssertableApplicationContext context) throws Exception;

	}

}
