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

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@ExtendWith(OutputCaptureExtension.class)
class MeshIdentityTests {

	private final TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final List<IdentityGeneration> generations = new ArrayList<>();

	private final List<Boolean> usable = new ArrayList<>();

	private TestIdentities identities;

	private MeshIdentity identity;

	@BeforeEach
	void start() {
		this.identities = TestIdentities.withoutIdentity(this.ca, "orders");
		this.identity = this.identities.identity();
		this.identity.onGeneration(this.generations::add);
		this.identity.onUsable(this.usable::add);
	}

	@AfterEach
	void stop() {
		this.identities.close();
	}

	@Test
	void withoutAnIdentityThereIsNoneAndTheReasonIsGiven() {
		assertThatExceptionOfType(MeshIdentityUnavailableException.class).isThrownBy(this.identity::current)
			.withMessageContaining("orders")
			.withMessageContaining("no identity was delivered yet");
		assertThat(this.identity.ready().toCompletableFuture()).isNotDone();
		assertThat(this.identity.status().usable()).isFalse();
	}

	@Test
	void theFirstIdentityIsAnnounced() {
		this.identities.deliver();
		assertThat(this.identity.current().spiffeId()).hasToString(this.ca.uri("orders"));
		assertThat(this.identity.current().number()).isEqualTo(1);
		assertThat(this.identity.ready().toCompletableFuture()).isCompletedWithValue(this.identity.current());
		assertThat(this.generations).containsExactly(this.identity.current());
		assertThat(this.usable).containsExactly(true);
		assertThat(this.identity.status().problem()).isNull();
	}

	@Test
	void whoComesLaterIsToldOfTheCurrentGeneration() {
		this.identities.deliver();
		this.identities.rotateLeaf();
		List<Object> told = new ArrayList<>();
		this.identity.onGeneration(told::add);
		this.identity.onUsable(told::add);
		assertThat(told).containsExactly(this.identity.current(), true);
	}

	@Test
	void aRotationMakesTheNextGeneration() {
		this.identities.deliver();
		IdentityGeneration first = this.identity.current();
		this.identities.rotateRoot(this.ca.rotate());
		IdentityGeneration second = this.identity.current();
		assertThat(second.number()).isEqualTo(2);
		assertThat(second.roots()).hasSize(2).containsAll(first.roots());
		assertThat(second.chain()).hasSize(2).doesNotContainAnyElementsOf(first.chain());
		assertThat(this.generations).containsExactly(first, second);
		assertThat(this.usable).containsExactly(true);
	}

	@Test
	void rootsAloneMakeANewGeneration() {
		this.identities.deliver();
		this.identities.trust(this.ca, this.ca.rotate());
		assertThat(this.identity.current().number()).isEqualTo(2);
		assertThat(this.identity.current().roots()).hasSize(2);
	}

	@Test
	void theSameMaterialMakesNoNewGeneration() {
		this.identities.deliver();
		this.identities.deliver();
		assertThat(this.generations).hasSize(1);
	}

	@Test
	void whatIsRejectedLeavesTheGenerationBefore() {
		this.identities.deliver();
		IdentityGeneration before = this.identity.current();
		this.identities.deliver(this.ca.leaf("billing"));
		this.identities.deliver(this.ca.leaf("billing"));
		IdentityStatus status = this.identity.status();
		assertThat(this.identity.current()).isSameAs(before);
		assertThat(status.usable()).isTrue();
		assertThat(status.problem()).contains("other-service").contains("billing").contains("orders");
		assertThat(status.since()).isEqualTo(this.identities.now());
		assertThat(status.rejections()).isEqualTo(Map.of("other-service", 2L));
		this.identities.rotateLeaf();
		assertThat(this.identity.status().problem()).isNull();
		assertThat(this.identity.status().rejections()).containsEntry("other-service", 2L);
	}

	@Test
	void aSeriesOfRejectionsIsLoggedOnceAReason(CapturedOutput output) {
		this.identities.deliver();
		for (int i = 0; i < 5; i++) {
			this.identities.deliver(this.ca.leaf("billing"));
		}
		for (int i = 0; i < 5; i++) {
			this.identities.deliver(this.ca.issue((spec) -> spec));
		}
		assertThat(output.getAll().lines().filter((line) -> line.contains("rejected"))).hasSize(2)
			.first()
			.asString()
			.contains("WARN", "other-service", "Still in use: generation 1");
	}

	@Test
	void theFirstGenerationPinsDatacenterAndTrustDomain() {
		this.identities.deliver();
		this.identities
			.deliver(this.ca.issue((spec) -> spec.uri(this.ca.uri("orders").replace("/dc/dc1/", "/dc/dc2/"))));
		assertThat(this.identity.status().problem()).contains("other-datacenter").contains("dc2");
		TestCa other = TestCa.create("99999999-2222-3333-4444-555555555555.consul");
		this.identities.rotateRoot(other);
		assertThat(this.identity.status().problem()).contains("other-trust-domain").contains(other.trustDomain());
		assertThat(this.identity.current().spiffeId()).hasToString(this.ca.uri("orders"));
	}

	@Test
	void atExpiryThereIsNoIdentityAndLaterItRecovers() {
		this.identities.deliver();
		this.identities.advance(Duration.ofHours(71));
		assertThat(this.usable).containsExactly(true);
		this.identities.expire();
		assertThat(this.usable).containsExactly(true, false);
		assertThatExceptionOfType(MeshIdentityUnavailableException.class).isThrownBy(this.identity::current)
			.withMessageContaining("expired at");
		IdentityStatus status = this.identity.status();
		assertThat(status.usable()).isFalse();
		assertThat(status.generation()).isSameAs(this.generations.get(0));
		assertThat(status.since()).isEqualTo(this.generations.get(0).notAfter());
		Instant now = this.identities.now();
		this.identities.deliver(this.ca.issue(
				(spec) -> spec.uri(this.ca.uri("orders")).valid(now.minusSeconds(60), now.plus(Duration.ofHours(72)))));
		assertThat(this.usable).containsExactly(true, false, true);
		assertThat(this.identity.current().number()).isEqualTo(2);
	}

	@Test
	void aLeafThatIsNotRenewedIsSaidToBeOverdueWhileItStillServes() {
		this.identities.deliver();
		this.identities.advance(Duration.ofHours(64));
		assertThat(this.identity.status().problem()).isNull();
		this.identities.advance(Duration.ofHours(2));
		assertThat(this.identity.status().problem()).contains("no new leaf came");
		assertThat(this.identity.status().usable()).isTrue();
		assertThat(this.identity.current()).isNotNull();
	}

	@Test
	void aLeafFromAClockAheadIsTakenWhenItsTimeHasComeAndNotBefore() {
		Instant start = this.identities.now().plus(Duration.ofMinutes(4));
		this.identities.deliver(this.ca
			.issue((spec) -> spec.uri(this.ca.uri("orders")).valid(start, start.plus(Duration.ofHours(72)))));
		IdentityStatus status = this.identity.status();
		assertThat(status.usable()).isFalse();
		assertThat(status.problem()).contains("not-yet-valid").contains("set the clocks right");
		this.identities.advance(Duration.ofMinutes(3));
		assertThat(this.identity.status().usable()).isFalse();
		assertThat(this.identity.status().rejections()).containsEntry("not-yet-valid", 1L);
		this.identities.advance(Duration.ofMinutes(1));
		assertThat(this.identity.current().number()).isEqualTo(1);
		assertThat(this.identity.status().problem()).isNull();
	}

	@Test
	void aListenerThatFailsHarmsNoOther() {
		this.identity.onGeneration((generation) -> {
			throw new IllegalStateException("broken listener");
		});
		List<IdentityGeneration> told = new ArrayList<>();
		this.identity.onGeneration(told::add);
		this.identities.deliver();
		this.identities.rotateLeaf();
		assertThat(told).hasSize(2);
	}

	@Test
	void aListenerThatHasLeftIsNotCalled() {
		List<IdentityGeneration> told = new ArrayList<>();
		Disposable listening = this.identity.onGeneration(told::add);
		this.identities.deliver();
		listening.dispose();
		this.identities.rotateLeaf();
		assertThat(told).hasSize(1);
	}

	@Test
	void aSourceThatFailsIsAskedAgain() {
		TestCa.Issued leaf = this.ca.leaf("orders");
		List<IdentityUpdate> answers = new ArrayList<>();
		answers.add(new IdentityMaterial(leaf.chain(), leaf.key(), List.of(this.ca.root()), this.ca.trustDomain()));
		Flux<IdentityUpdate> failing = Flux.defer(() -> {
			Flux<IdentityUpdate> flux = Flux.fromIterable(List.copyOf(answers));
			answers.clear();
			return flux.concatWith(Flux.error(new IllegalStateException("token=secret")));
		});
		MeshIdentity identity = new MeshIdentity(() -> failing, TestIdentities.expectation("orders"),
				Clock.systemUTC());
		try {
			identity.start();
			Awaitility.await()
				.untilAsserted(() -> assertThat(identity.status().rejections()).containsKey("source-failed"));
			assertThat(identity.current()).isNotNull();
			assertThat(identity.status().problem()).doesNotContain("secret");
		}
		finally {
			identity.close();
		}
	}

	@Test
	void afterCloseThereIsNoIdentity() {
		MeshIdentity waiting = new MeshIdentity(Flux::never, TestIdentities.expectation("orders"), Clock.systemUTC());
		waiting.start();
		waiting.close();
		assertThat(waiting.ready().toCompletableFuture()).isCompletedExceptionally();
		this.identities.deliver();
		this.identity.close();
		assertThatExceptionOfType(MeshIdentityUnavailableException.class).isThrownBy(this.identity::current)
			.withMessageContaining("closed");
	}

	@Test
	void noTextShowsTheKey() {
		this.identities.deliver();
		String key = new BigInteger(1, this.identity.current().key().getEncoded()).toString(16);
		assertThat(this.identity.current().toString() + this.identity.status()).doesNotContain(key)
			.doesNotContain("PRIVATE");
	}

}
