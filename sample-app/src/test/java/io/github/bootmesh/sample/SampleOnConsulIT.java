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

import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the sample on a real Consul.
 */
class SampleOnConsulIT {

	private static final List<SampleService> ALL = List.of(SampleService.values());

	@Test
	void whenTheTokenHasTheServiceIdentitiesThenCallsTravelAndThePageCannotChangeConsul() throws Exception {
		try (ConsulAgent consul = ConsulAgent.start((options) -> options.dev().acls());
				RunningServices services = RunningServices.start(ALL,
						SampleArguments.on(consul.uri(), "--bootmesh.consul.token="
								+ consul.serviceToken("edge", "storefront", "inventory", "ledger")))) {
			// Its ACLs deny by default, so that its intentions do.
			consul.allow("edge", "storefront");
			consul.allow("edge", "inventory");
			consul.allow("storefront", "inventory");
			Page page = new Page(services);
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(page::callArrives);
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(page::showsThatTheStorefrontMayNotUseTheLedger);
			consul.allow("storefront", "ledger");
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(page::books);
			assertThat(page.mesh().at("/consul/development").asBoolean()).isFalse();
			assertThat(page.mesh().at("/consul/changesAllowed").asBoolean()).isFalse();
			assertThat(page.mesh().at("/call/way/spiffeId").asString()).contains(consul.trustDomain());
			String roots = consul.roots();
			assertThat(page.post("api/rotation").statusCode()).isEqualTo(403);
			assertThat(consul.roots()).isEqualTo(roots);
			assertThat(page.intend("other", "inventory", "deny").statusCode()).isEqualTo(403);
			assertThat(page.remove("other", "inventory").statusCode()).isEqualTo(403);
			assertThatABrowserShows(page, "Consul: " + consul.uri(), "Arrived", "7 lamps in stock",
					"spiffe://" + consul.trustDomain() + "/ns/default/dc/dc1/svc/inventory",
					"Rotating the CA and writing intentions of a real Consul is off.");
		}
	}

	@Test
	void whenChangesAreAllowedThenTheRotationReachesEachServiceAndNoCallFails() {
		try (ConsulAgent consul = ConsulAgent.start(ConsulAgent.Options::dev);
				RunningServices services = RunningServices.start(ALL,
						SampleArguments.on(consul.uri(), "--sample.allow-changes=true"))) {
			Page page = new Page(services);
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(page::callArrives);
			Certificates certificates = Certificates.of(services);
			String roots = consul.roots();
			assertThat(page.post("api/rotation").statusCode()).isEqualTo(200);
			assertThat(consul.roots()).contains(roots).isNotEqualTo(roots);
			// An agent takes up to 30 s to renew a leaf after a rotation.
			Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> {
				assertThat(page.callArrives()).isTrue();
				return certificates.areReplaced();
			});
			assertThat(page.post("api/uninvited-call").body()).contains("\"refused\":true");
			assertThat(page.intend("other", "inventory", "deny").statusCode()).isEqualTo(200);
			assertThat(page.intend("other", "inventory", "allow").statusCode()).isEqualTo(200);
			assertThat(page.intentions()).containsExactly("other inventory allow");
			assertThat(page.remove("other", "inventory").statusCode()).isEqualTo(200);
			assertThat(page.intentions()).isEmpty();
		}
	}

	@Test
	void whenAnIntentionForbidsACallThenItIsRefusedAndTheStreamIsCutUntilItIsTakenAway() {
		try (ConsulAgent consul = ConsulAgent.start(ConsulAgent.Options::dev);
				RunningServices services = RunningServices.start(ALL,
						SampleArguments.on(consul.uri(), "--sample.allow-changes=true"))) {
			Page page = new Page(services);
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> works(page));
			assertThat(page.intend("storefront", "inventory", "deny").statusCode()).isEqualTo(200);
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(page::showsThatTheStorefrontMayNotCallTheInventory);
			assertThat(page.remove("storefront", "inventory").statusCode()).isEqualTo(200);
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> works(page));
		}
	}

	private static void assertThatABrowserShows(Page page, String... texts) throws Exception {
		try (Browser browser = Browser.start()) {
			browser.open(page.base().toString());
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> assertThat(browser.text()).contains(texts));
			assertThat(browser.evaluate("document.getElementById('rotate').disabled").asBoolean()).isTrue();
			assertThat(browser.complaints()).isEmpty();
		}
	}

	private static boolean works(Page page) {
		return page.callArrives() && page.mesh().at("/stream/alive").asBoolean();
	}

}
