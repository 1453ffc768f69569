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

package io.github.bootmesh.tls;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class ConnectionEndTests {

	private final Testbed testbed = new Testbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private Service orders(SslProvider provider, Duration drain) {
		return this.testbed.service(TestIdentities.of(this.testbed.ca(), "orders"), provider,
				new TlsSettings(Duration.ofSeconds(10), 10, 10, drain, drain), PeerAdmission.EVERY_VERIFIED_PEER);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenRootIsGoneThenConnectionsOfItEndAtBothSides(SslProvider provider) throws Exception {
		Service orders = orders(provider, Duration.ofSeconds(10));
		Service web = this.testbed.service("web", provider);
		Server server = this.testbed.listen(orders);
		Server other = this.testbed.listen(this.testbed.ca().leaf("ledger"), provider, new TrustingEverybody());
		Dialled inbound = this.testbed.dial(web, this.testbed.expecting("orders"), server);
		assertThat(inbound.answer()).succeedsWithin(Testbed.PATIENCE);
		Dialled outbound = this.testbed.dial(orders, this.testbed.expecting("ledger"), other);
		assertThat(outbound.answer()).succeedsWithin(Testbed.PATIENCE);
		TestCa next = this.testbed.ca().rotate();
		orders.identities().rotateRoot(next);
		web.identities().rotateRoot(next);
		Dialled renewed = this.testbed.dial(web, this.testbed.expecting("orders"), server);
		assertThat(renewed.answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(inbound.channel().isOpen()).isTrue();
		assertThat(outbound.channel().isOpen()).isTrue();
		orders.identities().trust(next);
		await().until(() -> !inbound.channel().isOpen() && !outbound.channel().isOpen());
		assertThat(renewed.channel().isOpen()).isTrue();
		await().until(() -> orders.tls().connections().inbound() == 1);
		assertThat(orders.tls().connections().outbound()).isZero();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenTrustEndsThenTheExchangesInFlightGetTheDrainTime(SslProvider provider) throws Exception {
		Service patient = orders(provider, Duration.ofMinutes(1));
		Service strict = orders(provider, Duration.ofMillis(100));
		for (Service orders : new Service[] { patient, strict }) {
			Server server = this.testbed.listen(orders);
			Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
			assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE);
			Channel accepted = server.accepted().get(0);
			CompletableFuture<Channel> draining = new CompletableFuture<>();
			accepted.attr(OpenConnections.PROTOCOL).set(draining::complete);
			TestCa next = this.testbed.ca().rotate();
			orders.identities().rotateRoot(next);
			orders.identities().trust(next);
			assertThat(draining).succeedsWithin(Testbed.PATIENCE).isSameAs(accepted);
			if (orders == patient) {
				assertThat(accepted.isOpen()).isTrue();
			}
			else {
				await().until(() -> !accepted.isOpen());
			}
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenThePeersCertificateEndsThenItsConnectionEnds(SslProvider provider) throws Exception {
		MovableClock clock = new MovableClock();
		Service orders = this.testbed.service(TestIdentities.of(this.testbed.ca(), "orders"), provider,
				TlsSettings.DEFAULTS, PeerAdmission.EVERY_VERIFIED_PEER, clock);
		Server server = this.testbed.listen(orders);
		TestCa.Issued brief = this.testbed.ca()
			.issue((leaf) -> leaf.uri(this.testbed.ca().uri("web"))
				.valid(clock.instant().minusSeconds(60), clock.instant().plusSeconds(2)));
		Dialled web = this.testbed.dial(brief, provider, "TLSv1.3", server);
		Dialled billing = this.testbed.dial(this.testbed.ca().leaf("billing"), provider, "TLSv1.3", server);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(billing.answer()).succeedsWithin(Testbed.PATIENCE);
		clock.move(Duration.ofSeconds(4));
		await().until(() -> !web.channel().isOpen());
		assertThat(billing.channel().isOpen()).isTrue();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenTlsIsClosedThenNothingStaysOpen(SslProvider provider) throws Exception {
		Service orders = orders(provider, Duration.ofSeconds(10));
		Server server = this.testbed.listen(orders);
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE);
		orders.tls().close();
		await().until(() -> !web.channel().isOpen() && orders.tls().connections().inbound() == 0);
	}

}
