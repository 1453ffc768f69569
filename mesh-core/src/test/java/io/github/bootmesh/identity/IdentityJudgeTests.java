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

package io.github.bootmesh.identity;

import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class IdentityJudgeTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	private static final IdentityExpectation ORDERS = TestIdentities.expectation("orders");

	private final TestCa ca = TestCa.create(TRUST_DOMAIN);

	private final Instant now = Instant.now();

	@Test
	void aGoodIdentityIsTaken() throws IdentityRejectedException {
		IdentityMaterial material = material(this.ca.leaf("orders"));
		IdentityJudge.Accepted accepted = judge(ORDERS, material, null);
		assertThat(accepted.spiffeId()).isEqualTo(SpiffeId.parse(this.ca.uri("orders")));
		assertThat(accepted.chain()).isEqualTo(material.chain());
	}

	@Test
	void anRsaKeyIsAsGood() throws IdentityRejectedException {
		KeyPair keys = TestCa.rsaKeys(2048);
		assertThat(judge(ORDERS, material(orders((spec) -> spec.keys(keys))), null)).isNotNull();
	}

	@Test
	void theKeyHasToBeTheLeafs() {
		assertRejected(withKeyOf(TestCa.ecKeys()), RejectionReason.KEY_MISMATCH, "EC");
		assertRejected(withKeyOf(TestCa.rsaKeys(2048)), RejectionReason.KEY_MISMATCH, "RSA");
	}

	@Test
	void thereHasToBeOneUri() {
		assertRejected(material(this.ca.issue((spec) -> spec)), RejectionReason.NOT_ONE_URI, "0 URIs");
		assertRejected(material(this.ca.issue((spec) -> spec.dnsName("orders.service.consul"))),
				RejectionReason.NOT_ONE_URI, "0 URIs");
		assertRejected(material(orders((spec) -> spec.uri(this.ca.uri("billing")))), RejectionReason.NOT_ONE_URI,
				"2 URIs");
		assertRejected(material(orders((spec) -> spec.uri(this.ca.uri("orders")))), RejectionReason.NOT_ONE_URI,
				"2 URIs");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/agent/client/dc/dc1/id/node-1", "/gateway/mesh/dc/dc1", "", "/svc/orders",
			"/ns/default/dc/dc1/svc/orders/more", "/ns/default/dc/dc1/svc/or%2Fders" })
	void theUriHasToBeThatOfAService(String path) {
		assertRejected(material(this.ca.issue((spec) -> spec.uri("spiffe://" + TRUST_DOMAIN + path))),
				RejectionReason.NOT_A_SERVICE, "");
	}

	@Test
	void itHasToBeTheServiceAskedFor() {
		assertRejected(material(this.ca.leaf("billing")), RejectionReason.OTHER_SERVICE, "'billing'");
		assertRejected(material(this.ca.leaf("Orders")), RejectionReason.OTHER_SERVICE, "'Orders'");
		assertRejected(withUri("/ns/other/dc/dc1/svc/orders"), RejectionReason.OTHER_NAMESPACE, "'other'");
		assertRejected(withUri("/ap/team/ns/default/dc/dc1/svc/orders"), RejectionReason.OTHER_PARTITION, "'team'");
	}

	@Test
	void whatTheExpectationLeavesOpenIsPinnedByTheFirst() throws IdentityRejectedException {
		IdentityMaterial elsewhere = withUri("/ns/default/dc/dc2/svc/orders");
		assertThat(judge(ORDERS, elsewhere, null).spiffeId().datacenter()).isEqualTo("dc2");
		assertRejected(ORDERS, elsewhere, SpiffeId.parse(this.ca.uri("orders")), RejectionReason.OTHER_DATACENTER,
				"expected 'dc1'");
		assertRejected(expectation("dc1", null), elsewhere, null, RejectionReason.OTHER_DATACENTER, "expected 'dc1'");
	}

	@Test
	void theTrustDomainCanBePinnedFromTheStart() throws IdentityRejectedException {
		IdentityMaterial material = material(this.ca.leaf("orders"));
		assertRejected(expectation(null, "other.consul"), material, null, RejectionReason.OTHER_TRUST_DOMAIN,
				"expected 'other.consul'");
		assertThat(judge(expectation(null, TRUST_DOMAIN.toUpperCase(Locale.ROOT)), material, null)).isNotNull();
	}

	@Test
	void rootsOfAnotherTrustDomainAreNotOurs() {
		TestCa.Issued leaf = this.ca.leaf("orders");
		assertRejected(new IdentityMaterial(leaf.chain(), leaf.key(), List.of(this.ca.root()), "other.consul"),
				RejectionReason.OTHER_TRUST_DOMAIN, "other.consul");
	}

	@Test
	void aCertificateOfACaIsNoIdentity() {
		assertRejected(material(orders(TestCa.LeafSpec::certificateAuthority)), RejectionReason.NOT_A_LEAF, "CA");
	}

	@Test
	void anExpiredLeafIsNotTakenAndAClockThatMayBeWrongIsNamed() {
		assertRejected(valid(Duration.ofDays(-3), Duration.ofHours(-5)), RejectionReason.EXPIRED, "was valid until");
		assertRejected(valid(Duration.ofDays(-3), Duration.ofMinutes(-4)), RejectionReason.EXPIRED, "Consul's clock");
	}

	@Test
	void aLeafThatIsNotValidYetIsNotTakenAndBothClocksAreNamed() {
		assertRejected(valid(Duration.ofMinutes(2), Duration.ofDays(3)), RejectionReason.NOT_YET_VALID,
				"by Consul's clock, but this machine's clock says " + this.now);
	}

	@Test
	void theChainHasToLeadToARoot() {
		TestCa.Issued leaf = TestCa.create(TRUST_DOMAIN).leaf("orders");
		assertRejected(material(leaf), RejectionReason.UNTRUSTED, "none of the 1 roots");
		assertRejected(new IdentityMaterial(leaf.chain(), leaf.key(), List.of(), TRUST_DOMAIN),
				RejectionReason.UNTRUSTED, "none of the 0 roots");
	}

	@Test
	void anExpiredRootIsNone() {
		Instant late = this.now.plus(Duration.ofDays(3660));
		IdentityMaterial material = material(orders((spec) -> spec.valid(this.now, late.plusSeconds(60))));
		assertThatExceptionOfType(IdentityRejectedException.class)
			.isThrownBy(() -> new IdentityJudge(ORDERS).judge(material, null, late))
			.extracting((ex) -> ex.rejection().reason())
			.isEqualTo(RejectionReason.UNTRUSTED);
	}

	@Test
	void crossSignedChainsAreTakenByOldAndNewRootAlike() throws IdentityRejectedException {
		TestCa next = this.ca.rotate();
		TestCa.Issued leaf = next.leaf("orders");
		for (List<X509Certificate> roots : List.of(List.of(this.ca.root()), List.of(next.root()),
				List.of(this.ca.root(), next.root()))) {
			IdentityMaterial material = new IdentityMaterial(leaf.chain(), leaf.key(), roots, TRUST_DOMAIN);
			assertThat(judge(ORDERS, material, null).chain()).isEqualTo(leaf.chain());
		}
	}

	@Test
	void intermediatesInAnyOrderArePutInOrder() throws IdentityRejectedException {
		TestCa next = this.ca.rotate();
		TestCa.Issued leaf = next.leaf("orders");
		X509Certificate crossSigned = leaf.chain().get(1);
		X509Certificate older = TestCa.create(TRUST_DOMAIN).rotate().leaf("orders").chain().get(1);
		IdentityMaterial material = new IdentityMaterial(List.of(leaf.leaf(), older, crossSigned), leaf.key(),
				List.of(this.ca.root()), TRUST_DOMAIN);
		assertThat(judge(ORDERS, material, null).chain()).containsExactly(leaf.leaf(), crossSigned, older);
	}

	@Test
	void developmentRootsAreRefusedUnlessDevelopmentModeIsOn() throws IdentityRejectedException {
		TestCa development = TestCa.create(TRUST_DOMAIN, "CN=dev,O=" + DevelopmentRoots.ORGANIZATION);
		TestCa.Issued leaf = development.leaf("orders");
		List<X509Certificate> roots = new ArrayList<>(List.of(this.ca.root(), development.root()));
		IdentityMaterial material = new IdentityMaterial(leaf.chain(), leaf.key(), roots, TRUST_DOMAIN);
		assertRejected(material, RejectionReason.DEVELOPMENT_ROOTS, "development");
		IdentityExpectation inDevelopment = new IdentityExpectation("orders", null, "default", "default", null, true);
		assertThat(judge(inDevelopment, material, null)).isNotNull();
	}

	private TestCa.Issued orders(UnaryOperator<TestCa.LeafSpec> wishes) {
		return this.ca.issue((spec) -> wishes.apply(spec.uri(this.ca.uri("orders"))));
	}

	private IdentityMaterial withKeyOf(KeyPair keys) {
		return new IdentityMaterial(this.ca.leaf("orders").chain(), keys.getPrivate(), List.of(this.ca.root()),
				TRUST_DOMAIN);
	}

	private IdentityMaterial withUri(String path) {
		return material(this.ca.issue((spec) -> spec.uri("spiffe://" + TRUST_DOMAIN + path)));
	}

	private IdentityMaterial valid(Duration from, Duration until) {
		return material(orders((spec) -> spec.valid(this.now.plus(from), this.now.plus(until))));
	}

	private IdentityMaterial material(TestCa.Issued leaf) {
		return new IdentityMaterial(leaf.chain(), leaf.key(), List.of(this.ca.root()), TRUST_DOMAIN);
	}

	private static IdentityExpectation expectation(@Nullable String datacenter, @Nullable String trustDomain) {
		return new IdentityExpectation("orders", datacenter, "default", "default", trustDomain, false);
	}

	private IdentityJudge.Accepted judge(IdentityExpectation expectation, IdentityMaterial material,
			@Nullable SpiffeId first) throws IdentityRejectedException {
		return new IdentityJudge(expectation).judge(material, first, this.now);
	}

	private void assertRejected(IdentityMaterial material, RejectionReason reason, String detail) {
		assertRejected(ORDERS, material, null, reason, detail);
	}

	private void assertRejected(IdentityExpectation expectation, IdentityMaterial material, @Nullable SpiffeId first,
			RejectionReason reason, String detail) {
		assertThatExceptionOfType(IdentityRejectedException.class).isThrownBy(() -> judge(expectation, material, first))
			.satisfies((ex) -> {
				assertThat(ex.rejection().reason()).isEqualTo(reason);
				assertThat(ex.rejection().detail()).contains(detail);
			});
	}

}
