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

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class PeerVerifierTests {

	private final TestCa ca = TestCa.create("mesh.consul");

	private final MovableClock clock = new MovableClock();

	private PeerVerifier verifier(TestCa... trusted) {
		return new PeerVerifier(List.of(trusted).stream().map(TestCa::root).toList(), this.clock);
	}

	private static X509Certificate[] shown(TestCa.Issued issued) {
		return issued.chain().toArray(new X509Certificate[0]);
	}

	@Test
	void whenChainIsShownAgainThenItIsNotComputedAgain() throws Exception {
		PeerVerifier verifier = verifier(this.ca);
		X509Certificate[] web = shown(this.ca.leaf("web"));
		assertThat(verifier.remembered(web, PeerUse.CLIENT)).isNull();
		VerifiedChain chain = verifier.verify(web, PeerUse.CLIENT);
		assertThat(verifier.verify(web, PeerUse.CLIENT)).isSameAs(chain);
		assertThat(verifier.remembered(web, PeerUse.CLIENT)).isSameAs(chain);
		assertThat(verifier.validations()).isOne();
		assertThat(chain.peer().service()).isEqualTo("web");
		assertThat(chain.anchor()).isEqualTo(this.ca.root());
	}

	@Test
	void whenChainIsShownByTheOtherSideThenItIsAnotherChain() throws Exception {
		PeerVerifier verifier = verifier(this.ca);
		X509Certificate[] web = shown(this.ca.leaf("web"));
		verifier.verify(web, PeerUse.CLIENT);
		assertThat(verifier.remembered(web, PeerUse.SERVER)).isNull();
		verifier.verify(web, PeerUse.SERVER);
		assertThat(verifier.validations()).isEqualTo(2);
	}

	@Test
	void whenOneByteDiffersThenItIsAnotherChain() throws Exception {
		PeerVerifier verifier = verifier(this.ca);
		TestCa.Issued web = this.ca.leaf("web");
		verifier.verify(shown(web), PeerUse.CLIENT);
		List<X509Certificate> longer = new ArrayList<>(web.chain());
		longer.add(this.ca.root());
		assertThat(verifier.remembered(longer.toArray(new X509Certificate[0]), PeerUse.CLIENT)).isNull();
		assertThat(verifier.verify(longer.toArray(new X509Certificate[0]), PeerUse.CLIENT).peer().service())
			.isEqualTo("web");
	}

	@Test
	void whenChainFailsThenThatIsNotRemembered() {
		PeerVerifier verifier = verifier(this.ca);
		X509Certificate[] stranger = shown(TestCa.create("mesh.consul").leaf("web"));
		for (int i = 0; i < 2; i++) {
			assertRefused(verifier, stranger, Refusal.UNTRUSTED);
		}
		assertThat(verifier.validations()).isEqualTo(2);
	}

	@Test
	void whenTimePassesThenDatesOfRememberedChainsCount() throws Exception {
		PeerVerifier verifier = verifier(this.ca);
		X509Certificate[] web = shown(this.ca.leaf("web"));
		verifier.verify(web, PeerUse.CLIENT);
		this.clock.move(Duration.ofHours(73));
		assertRefused(verifier, web, Refusal.EXPIRED);
		assertThatExceptionOfType(PeerRefusedException.class)
			.isThrownBy(() -> verifier.remembered(web, PeerUse.CLIENT));
		this.clock.move(Duration.ofHours(-75));
		assertRefused(verifier, web, Refusal.NOT_YET_VALID);
		assertThat(verifier.validations()).isOne();
	}

	@Test
	void whenTheRootHasEndedThenSoHasThePath() {
		Instant now = Instant.now();
		TestCa.Issued web = this.ca
			.issue((leaf) -> leaf.uri(this.ca.uri("web")).valid(now.minusSeconds(60), now.plus(Duration.ofDays(5000))));
		this.clock.move(Duration.ofDays(4000));
		assertRefused(verifier(this.ca), shown(web), Refusal.EXPIRED);
	}

	@Test
	void whenRootIsRotatedThenTheCrossSignedChainLeadsToWhicheverRootIsKnown() throws Exception {
		TestCa next = this.ca.rotate();
		X509Certificate[] web = shown(next.leaf("web"));
		assertThat(web).hasSize(2);
		assertThat(verifier(this.ca).verify(web, PeerUse.CLIENT).anchor()).isEqualTo(this.ca.root());
		assertThat(verifier(next).verify(web, PeerUse.CLIENT).anchor()).isEqualTo(next.root());
		assertThat(verifier(this.ca, next).verify(web, PeerUse.CLIENT).anchor()).isEqualTo(next.root());
		assertRefused(verifier(this.ca.rotateWithoutCrossSigning()), web, Refusal.UNTRUSTED);
	}

	@Test
	void whenChainIsLongOrEmptyThenNothingIsComputed() {
		PeerVerifier verifier = verifier(this.ca);
		X509Certificate[] many = new X509Certificate[11];
		Arrays.fill(many, this.ca.leaf("web").leaf());
		assertRefused(verifier, many, Refusal.CHAIN_TOO_LONG);
		assertRefused(verifier, new X509Certificate[0], Refusal.NO_CERTIFICATE);
		assertThat(verifier.validations()).isZero();
	}

	@Test
	void whenRsaIsUsedThenItIsVerifiedToo() throws Exception {
		TestCa.Issued web = this.ca.issue((leaf) -> leaf.uri(this.ca.uri("web")).keys(TestCa.rsaKeys(2048)));
		assertThat(verifier(this.ca).verify(shown(web), PeerUse.CLIENT).peer().service()).isEqualTo("web");
	}

	private static void assertRefused(PeerVerifier verifier, X509Certificate[] shown, Refusal reason) {
		assertThatExceptionOfType(PeerRefusedException.class).isThrownBy(() -> verifier.verify(shown, PeerUse.CLIENT))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(reason));
	}

}
