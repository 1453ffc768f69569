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

package io.github.bootmesh.sample;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SampleApplication}: all services with the development Consul.
 */
class SampleApplicationTests {

	private static RunningServices services;

	private static Page page;

	@BeforeAll
	static void start() {
		services = RunningServices.start(List.of(SampleService.values()), SampleArguments.development());
		page = new Page(services);
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(page::callArrives);
	}

	@AfterAll
	static void stop() {
		if (services != null) {
			services.close();
		}
	}

	@Test
	void whenAllRunThenEachShowsItsIdentityAndItsExpiry() {
		JsonNode mesh = page.mesh();
		assertThat(mesh.at("/consul/development").asBoolean()).isTrue();
		assertThat(mesh.get("services")).hasSize(4);
		for (JsonNode service : mesh.get("services")) {
			assertThat(service.at("/member/spiffeId").asString()).startsWith("spiffe://")
				.endsWith(".consul/ns/default/dc/dc1/svc/" + service.get("name").asString());
			assertThat(Instant.parse(service.at("/member/notAfter").asString())).isAfter(Instant.now());
			assertThat(service.at("/member/generation").asLong()).isPositive();
		}
	}

	@Test
	void whenACallTravelsThenEachHopNamesThePeerThatItSaw() {
		JsonNode edge = page.mesh().at("/call/way");
		JsonNode storefront = edge.get("next");
		JsonNode inventory = storefront.get("next");
		assertThat(edge.get("caller").isNull()).isTrue();
		assertThat(storefront.get("caller")).isEqualTo(edge.get("spiffeId"));
		assertThat(inventory.get("caller")).isEqualTo(storefront.get("spiffeId"));
		assertThat(inventory.get("next").isNull()).isTrue();
	}

	@Test
	void whenTheCaIsRotatedThenEachServiceGetsAnotherCertificateAndNoCallFails() {
		Certificates certificates = Certificates.of(services);
		long generation = page.mesh().at("/services/0/member/generation").asLong();
		assertThat(page.post("api/rotation").statusCode()).isEqualTo(200);
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
			assertThat(page.callArrives()).isTrue();
			return certificates.areReplaced();
		});
		assertThat(page.mesh().at("/services/0/member/generation").asLong()).isGreaterThan(generation);
		assertThat(page.callArrives()).isTrue();
	}

	@Test
	void whenACallHasNoCertificateThenItIsRefused() {
		HttpResponse<String> answer = page.post("api/uninvited-call");
		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(Page.read(answer).get("refused").asBoolean()).isTrue();
		assertThat(Page.read(answer).get("detail").asString()).isNotBlank();
	}

	@Test
	void whenAWriteHasNoTokenThenItIsRefused() {
		HttpResponse<String> answer = page.postWithoutToken("api/rotation");
		assertThat(answer.statusCode()).isEqualTo(403);
		assertThat(answer.body()).contains("X-CSRF-Token");
		assertThat(page.postWithoutToken("api/uninvited-call").statusCode()).isEqualTo(403);
		assertThat(page.postWithoutToken("api/intentions").statusCode()).isEqualTo(403);
	}

	@Test
	void whenThePageWritesAnIntentionThenConsulHasItUntilItIsTakenAway() {
		assertThat(page.intend("other", "inventory", "allow").statusCode()).isEqualTo(200);
		assertThat(page.intentions()).containsExactly("other inventory allow");
		assertThat(page.intend("other", "inventory", "deny").statusCode()).isEqualTo(200);
		assertThat(page.intentions()).containsExactly("other inventory deny");
		assertThat(page.remove("other", "inventory").statusCode()).isEqualTo(200);
		assertThat(page.intentions()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "storefront,inventory,zork", "store/front,inventory,deny", "'',inventory,deny",
			"storefront,in*,deny" })
	void whenAnIntentionIsNoneThenItIsRefused(String source, String destination, String action) {
		assertThat(page.intend(source, destination, action).statusCode()).isEqualTo(400);
		assertThat(page.intentions()).isEmpty();
	}

	@Test
	void whenAllMayCallThenTheStreamIsAliveAndNothingFails() {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> page.mesh().at("/stream/alive").asBoolean());
		JsonNode mesh = page.mesh();
		assertThat(Instant.parse(mesh.at("/stream/since").asString())).isBefore(Instant.now());
		assertThat(mesh.get("failure").isNull()).isTrue();
	}

	@Test
	void whenACallIsForbiddenThenItIsRefusedTheStreamIsCutAndThePageSaysWhyUntilItIsAllowed() {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> page.mesh().at("/stream/alive").asBoolean());
		try {
			assertThat(page.intend("storefront", "inventory", "deny").statusCode()).isEqualTo(200);
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(page::showsThatTheStorefrontMayNotCallTheInventory);
		}
		finally {
			page.remove("storefront", "inventory");
		}
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.until(() -> page.callArrives() && page.mesh().at("/stream/alive").asBoolean());
	}

	@Test
	void whenTheStorefrontBooksThenBothEndsOfTheWayToTheLedgerCarryIt() {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> page.books());
		JsonNode ledger = page.mesh().get("ledger");
		assertThat(ledger.at("/storefront/entries").asLong()).isPositive();
		for (JsonNode end : List.of(ledger.at("/storefront/upstream"), ledger.get("publicListener"))) {
			assertThat(end.get("address").asString()).startsWith("127.0.0.1:");
			assertThat(end.get("connections").asInt()).isPositive();
			assertThat(end.get("received").asLong()).isPositive();
			assertThat(end.get("sent").asLong()).isPositive();
		}
		assertThat(ledger.get("server").asString()).startsWith("127.0.0.1:");
	}

	@Test
	void whenTheStorefrontMayNotUseTheLedgerThenThePageSaysSoAndItBooksAgainWhenItMay() {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> page.books());
		try {
			assertThat(page.intend("storefront", "ledger", "deny").statusCode()).isEqualTo(200);
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(page::showsThatTheStorefrontMayNotUseTheLedger);
			assertThat(page.callArrives()).isTrue();
		}
		finally {
			page.remove("storefront", "ledger");
		}
		long entries = page.mesh().at("/ledger/storefront/entries").asLong();
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.until(() -> page.books() && page.mesh().at("/ledger/storefront/entries").asLong() > entries);
	}

	@Test
	void whenAServiceIsAskedForItsHealthThenItIsUp() {
		for (JsonNode service : page.mesh().get("services")) {
			HttpResponse<String> health = page.get(service.at("/member/health").asString());
			assertThat(health.statusCode()).as(service.get("name").asString()).isEqualTo(200);
			assertThat(Page.read(health).at("/components/mesh/status").asString()).isEqualTo("UP");
		}
	}

	@Test
	void whenAServiceStartsAloneThenThePageTellsThatTheOthersAreAway() {
		try (RunningServices alone = RunningServices.start(List.of(SampleService.EDGE),
				SampleArguments.developmentAt(SampleArguments.freePort()))) {
			JsonNode mesh = new Page(alone).mesh();
			assertThat(mesh.at("/services/0/member/service").asString()).isEqualTo("edge");
			assertThat(mesh.at("/services/1/problem").asString()).contains("storefront");
			assertThat(mesh.at("/services/2/problem").asString()).contains("inventory");
			assertThat(mesh.at("/services/3/problem").asString()).contains("refused");
			assertThat(mesh.at("/ledger/storefront/problem").asString()).contains("storefront");
			assertThat(mesh.at("/ledger/publicListener").isNull()).isTrue();
			assertThat(mesh.at("/call/complete").asBoolean()).isFalse();
			assertThat(mesh.at("/call/way/problem").asString()).contains("storefront");
			assertThat(mesh.at("/stream/alive").asBoolean()).isFalse();
			assertThat(mesh.at("/failure/destination").asString()).isEqualTo("storefront");
		}
	}

}
