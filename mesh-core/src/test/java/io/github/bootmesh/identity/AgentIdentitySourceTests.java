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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import io.github.bootmesh.consul.CaRoots;
import io.github.bootmesh.consul.Leaf;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

class AgentIdentitySourceTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Sinks.Many<CaRoots> roots = Sinks.many().unicast().onBackpressureBuffer();

	private final Sinks.Many<Leaf> leaves = Sinks.many().unicast().onBackpressureBuffer();

	private final List<IdentityUpdate> updates = new ArrayList<>();

	private final TestCa first = TestCa.create(TRUST_DOMAIN);

	private final TestCa second = this.first.rotate();

	private Disposable subscription;

	@BeforeEach
	void subscribe() {
		AgentIdentitySource source = new AgentIdentitySource(this.roots.asFlux(), this.leaves.asFlux(),
				Clock.systemUTC(), this.time);
		this.subscription = source.updates().subscribe(this.updates::add);
	}

	@AfterEach
	void cancel() {
		this.subscription.dispose();
		assertThat(this.roots.currentSubscriberCount() + this.leaves.currentSubscriberCount()).isZero();
	}

	@Test
	void leafAndRootsTogetherAreAnIdentity() {
		TestCa.Issued leaf = this.first.leaf("orders");
		leaf(leaf);
		assertThat(this.updates).isEmpty();
		roots(this.first);
		assertThat(this.updates).singleElement().isInstanceOfSatisfying(IdentityMaterial.class, (material) -> {
			assertThat(material.chain()).isEqualTo(leaf.chain());
			assertThat(material.roots()).containsExactly(this.first.root());
			assertThat(material.trustDomain()).isEqualTo(TRUST_DOMAIN);
		});
	}

	@Test
	void aLeafWhoseRootIsNotKnownYetWaitsForIt() {
		roots(this.first);
		leaf(this.first.leaf("orders"));
		TestCa.Issued next = this.first.rotateWithoutCrossSigning().leaf("orders");
		leaf(next);
		assertThat(this.updates).hasSize(1);
	}

	@Test
	void inARotationNoTornPairIsSeen() {
		TestCa unrelated = this.first.rotateWithoutCrossSigning();
		roots(this.first);
		leaf(this.first.leaf("orders"));
		leaf(unrelated.leaf("orders"));
		roots(this.first, unrelated);
		assertThat(this.updates).hasSize(2).allSatisfy((update) -> {
			IdentityMaterial material = (IdentityMaterial) update;
			assertThat(TrustPath.order(material.chain(), material.roots(), Instant.now())).isNotEmpty();
		});
	}

	@Test
	void whenTheRootDoesNotComeItIsSaid() {
		roots(this.first);
		leaf(this.first.rotateWithoutCrossSigning().leaf("orders"));
		leaf(this.first.rotateWithoutCrossSigning().leaf("orders"));
		this.updates.clear();
		this.time.advanceTimeBy(Duration.ofSeconds(20));
		assertThat(this.updates).singleElement().satisfies(rejected(RejectionReason.UNTRUSTED));
	}

	@Test
	void newRootsAreAnIdentityWithTheLeafSoFar() {
		roots(this.first);
		leaf(this.first.leaf("orders"));
		roots(this.first, this.second);
		assertThat(this.updates).hasSize(2);
		assertThat(((IdentityMaterial) this.updates.get(1)).roots()).hasSize(2);
		leaf(this.second.leaf("orders"));
		assertThat(this.updates).hasSize(3);
	}

	@Test
	void aFirstLeafThatTheActiveRootHasNotSignedWaitsForTheNext() {
		roots(this.first, this.second);
		leaf(this.first.leaf("orders"));
		assertThat(this.updates).singleElement().satisfies(rejected(RejectionReason.STALE));
		leaf(this.second.leaf("orders"));
		assertThat(this.updates).hasSize(2).last().isInstanceOf(IdentityMaterial.class);
	}

	@Test
	void aFirstLeafThatHasExpiredWaitsForTheNext() {
		roots(this.first);
		leaf(expired());
		assertThat(this.updates).singleElement().satisfies(rejected(RejectionReason.STALE));
		leaf(this.first.leaf("orders"));
		assertThat(this.updates).hasSize(2).last().isInstanceOf(IdentityMaterial.class);
	}

	@Test
	void aFirstLeafThatIsNotReplacedIsOfferedBeforeAStartGivesUp() {
		roots(this.first, this.second);
		leaf(this.first.leaf("orders"));
		this.time.advanceTimeBy(Duration.ofSeconds(26));
		assertThat(this.updates).singleElement().satisfies(rejected(RejectionReason.STALE));
		assertThat(((IdentityUpdate.Rejected) this.updates.get(0)).detail()).contains("waited for, 27 s at most");
		this.time.advanceTimeBy(Duration.ofSeconds(2));
		assertThat(this.updates).hasSize(2).last().isInstanceOf(IdentityMaterial.class);
		roots(this.first, this.second, this.second.rotate());
		assertThat(this.updates).hasSize(3).last().isInstanceOf(IdentityMaterial.class);
	}

	@Test
	void whenRootsChangeMeanwhileThenAFirstLeafIsNotWithheldForLonger() {
		roots(this.first, this.second);
		leaf(this.first.leaf("orders"));
		this.time.advanceTimeBy(Duration.ofSeconds(20));
		roots(this.first, this.second, this.second.rotate());
		assertThat(this.updates).allSatisfy(rejected(RejectionReason.STALE));
		this.time.advanceTimeBy(Duration.ofSeconds(8));
		assertThat(this.updates).last().isInstanceOf(IdentityMaterial.class);
	}

	@Test
	void whatCannotBeReadIsSaidAndTheNextIsRead() {
		roots(this.first);
		TestCa.Issued good = this.first.leaf("orders");
		emit(this.leaves, leafOf("garbage", good.keyPem()));
		emit(this.leaves, leafOf(good.chainPem(), "garbage"));
		emit(this.leaves, leafOf(good.chainPem().repeat(11), good.keyPem()));
		assertThat(this.updates).hasSize(3).allSatisfy(rejected(RejectionReason.UNREADABLE));
		assertThat(this.updates.toString()).doesNotContain("PRIVATE");
		leaf(good);
		emit(this.roots, new CaRoots("broken", TRUST_DOMAIN,
				List.of(new CaRoots.Root("broken", null, "garbage", List.of(), null, true))));
		assertThat(this.updates).hasSize(5).last().satisfies(rejected(RejectionReason.UNREADABLE));
		roots(this.first);
		assertThat(this.updates).hasSize(6).last().isInstanceOf(IdentityMaterial.class);
	}

	@Test
	void withoutSigningKeyIdsTheFirstLeafIsTaken() {
		emit(this.roots,
				new CaRoots("0", TRUST_DOMAIN, Stream.of(this.second, this.first)
					.map((ca) -> new CaRoots.Root("0", null, TestCa.pem(List.of(ca.root())), List.of(), null, true))
					.toList()));
		leaf(this.first.leaf("orders"));
		assertThat(this.updates).singleElement().isInstanceOf(IdentityMaterial.class);
	}

	private TestCa.Issued expired() {
		Instant now = Instant.now();
		return this.first.issue((spec) -> spec.uri(this.first.uri("orders"))
			.valid(now.minus(Duration.ofHours(3)), now.minus(Duration.ofHours(2))));
	}

	private static Consumer<IdentityUpdate> rejected(RejectionReason reason) {
		return (update) -> assertThat(((IdentityUpdate.Rejected) update).reason()).isEqualTo(reason);
	}

	// The last one is the active one.
	private void roots(TestCa... cas) {
		List<CaRoots.Root> list = new ArrayList<>();
		for (TestCa ca : cas) {
			String id = String.valueOf(list.size());
			list.add(new CaRoots.Root(id, "root", TestCa.pem(List.of(ca.root())), List.of(), signingKeyId(ca),
					list.size() == cas.length - 1));
		}
		emit(this.roots, new CaRoots(String.valueOf(cas.length - 1), TRUST_DOMAIN, list));
	}

	static String signingKeyId(TestCa ca) {
		byte[] identifier = SubjectKeyIdentifier
			.getInstance(ASN1OctetString.getInstance(ca.root().getExtensionValue("2.5.29.14")).getOctets())
			.getKeyIdentifier();
		return HexFormat.ofDelimiter(":").formatHex(identifier);
	}

	private void leaf(TestCa.Issued leaf) {
		emit(this.leaves, leafOf(leaf.chainPem(), leaf.keyPem()));
	}

	private static Leaf leafOf(String chain, String key) {
		return new Leaf("orders", "spiffe://whatever", chain, key, Instant.now(), Instant.now());
	}

	private static <T> void emit(Sinks.Many<T> sink, T value) {
		sink.emitNext(value, Sinks.EmitFailureHandler.FAIL_FAST);
	}

}
