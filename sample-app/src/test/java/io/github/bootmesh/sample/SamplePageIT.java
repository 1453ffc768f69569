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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.testing.Peers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the page in a real browser.
 */
class SamplePageIT {

	private static RunningServices services;

	private static Page page;

	@BeforeAll
	static void start() {
		Peers.chromium();
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
	void whenThePageIsOpenedThenItShowsServicesIdentitiesAndTheCall() throws Exception {
		try (Browser browser = Browser.start()) {
			open(browser);
			assertThat(browser.text()).contains("Bootmesh sample", "the development Consul",
					"/ns/default/dc/dc1/svc/edge", "/ns/default/dc/dc1/svc/storefront",
					"/ns/default/dc/dc1/svc/inventory", "/ns/default/dc/dc1/svc/ledger", "in 71 h",
					"a browser, over plain HTTP on loopback", "7 lamps in stock", "failed: 0");
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void whenTheCaIsRotatedOnThePageThenItShowsTheNextGenerationsAndNoFailedCall() throws Exception {
		try (Browser browser = Browser.start()) {
			open(browser);
			click(browser, "rotate");
			shows(browser, "The CA has a new root");
			shows(browser, "edge has generation");
			shows(browser, "storefront has generation");
			shows(browser, "inventory has generation");
			shows(browser, "ledger has generation");
			assertThat(browser.text()).contains("failed: 0");
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void whenACallWithoutCertificateIsTriedOnThePageThenItShowsTheRefusal() throws Exception {
		try (Browser browser = Browser.start()) {
			open(browser);
			click(browser, "uninvited");
			shows(browser, "Refused, as it must be");
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void whenAnIntentionIsWrittenOnThePageThenItIsListedAndCanBeRemoved() throws Exception {
		try (Browser browser = Browser.start()) {
			open(browser);
			shows(browser, "There are none.");
			shows(browser, "Alive since");
			browser.evaluate("document.getElementById('source').value = 'other'");
			click(browser, "write");
			shows(browser, "Consul has the intention: deny other to call inventory");
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.until(() -> browser.evaluate("document.querySelector('#intentions button') !== null").asBoolean());
			assertThat(browser.evaluate("document.getElementById('intentions').innerText").asString()).contains("other",
					"inventory", "deny");
			Awaitility.await()
				.atMost(Duration.ofSeconds(10))
				.until(() -> !browser.evaluate("document.querySelector('#intentions button').disabled").asBoolean());
			browser.evaluate("document.querySelector('#intentions button').click()");
			shows(browser, "Consul has no intention from other to inventory");
			shows(browser, "There are none.");
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void whenTheStorefrontIsForbiddenToCallTheInventoryThenThePageShowsTheRefusalTheCutAndTheReason() throws Exception {
		try (Browser browser = Browser.start()) {
			open(browser);
			shows(browser, "Alive since");
			// The form is filled in with that intention.
			click(browser, "write");
			shows(browser, "Did not arrive");
			shows(browser, "Cut since");
			shows(browser, "What inventory says of GET /stock from storefront:");
			// It says nothing when it takes too long, and is asked again.
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> assertThat(
						browser.evaluate("document.getElementById('explanation').innerText").asString())
					.contains("storefront", "deny"));
			browser.evaluate("document.getElementById('action').value = 'allow'");
			click(browser, "write");
			shows(browser, "Arrived");
			shows(browser, "Alive since");
			// A refused call is an answer of the edge like any other: nothing for the
			// console.
			assertThat(browser.complaints()).isEmpty();
		}
		finally {
			page.remove("storefront", "inventory");
		}
	}

	@Test
	void whenTheStorefrontIsForbiddenToUseTheLedgerThenThePageSaysSoAndThatItBooksAgainWhenAllowed() throws Exception {
		try (Browser browser = Browser.start()) {
			open(browser);
			shows(browser, "Booked since");
			assertThat(browser.evaluate("document.getElementById('ledger').innerText").asString())
				.contains("Listens on", "127.0.0.1:", "Connects as", "/svc/storefront", "Leads to H2 on", "KB");
			browser.evaluate("document.getElementById('destination').value = 'ledger'");
			click(browser, "write");
			shows(browser, "Not booked since");
			shows(browser, "an intention forbids it, most likely");
			shows(browser, "possibly-refused: ");
			shows(browser, "What ledger says of a connection from storefront:");
			shows(browser, "DENIED: deny storefront => ledger");
			assertThat(browser.text()).contains("Arrived", "Alive since");
			browser.evaluate("document.getElementById('action').value = 'allow'");
			click(browser, "write");
			shows(browser, "Booked since");
			shows(browser, "The ledger has the storefront's entries again");
			assertThat(browser.complaints()).isEmpty();
		}
		finally {
			page.remove("storefront", "ledger");
		}
	}

	private static void open(Browser browser) {
		browser.open(page.base().toString());
		shows(browser, "Arrived");
	}

	private static void click(Browser browser, String id) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.until(() -> !browser.evaluate("document.getElementById('" + id + "').disabled").asBoolean());
		browser.evaluate("document.getElementById('" + id + "').click()");
	}

	private static void shows(Browser browser, String text) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(browser.text()).contains(text));
	}

}
