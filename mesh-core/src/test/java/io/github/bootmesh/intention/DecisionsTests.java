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

package io.github.bootmesh.intention;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Decision.Outcome;
import io.github.bootmesh.intention.Decisions.Layer;

import static org.assertj.core.api.Assertions.assertThat;

class DecisionsTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	private final TestIntentions intentions = TestIntentions.of(id(TRUST_DOMAIN, SpiffeId.DEFAULT, "orders"));

	private final Decisions decisions = new Decisions(this.intentions.authorizer());

	@AfterEach
	void close() {
		this.intentions.close();
	}

	@Test
	void whenAnIntentionNamesASourceThenItIsCountedByItself() {
		this.intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW));
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, "web"));
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, "web"));
		this.decisions.count(Layer.REQUEST, id(TRUST_DOMAIN, SpiffeId.DEFAULT, "web"),
				new Decision(Outcome.AMBIGUOUS, "of the test"));
		assertThat(count("web", Layer.CONNECTION, Outcome.ALLOWED)).isEqualTo(2);
		assertThat(count("web", Layer.REQUEST, Outcome.AMBIGUOUS)).isOne();
		assertThat(count("web", Layer.CONNECTION, Outcome.DENIED)).isZero();
		assertThat(count(Decisions.OTHER, Layer.CONNECTION, Outcome.ALLOWED)).isZero();
	}

	@Test
	void whenNoIntentionNamesTheSourceThenItMakesNoCountOfItsOwn() {
		this.intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW),
				TestIntentions.intention(Intention.ANY, "orders", IntentionRule.ALLOW));
		IntStream.range(0, 1000).forEach((i) -> allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, "unknown-" + i)));
		allow(id("another.consul", SpiffeId.DEFAULT, "web"));
		allow(id(TRUST_DOMAIN, "another-namespace", "web"));
		assertThat(sources()).containsExactly(Decisions.OTHER, "web");
		assertThat(count(Decisions.OTHER, Layer.CONNECTION, Outcome.ALLOWED)).isEqualTo(1002);
		assertThat(count("web", Layer.CONNECTION, Outcome.ALLOWED)).isZero();
	}

	@Test
	void whenTheIntentionsChangeThenNewNamesComeAndOldOnesGo() {
		AtomicInteger changes = new AtomicInteger();
		this.decisions.onChange(changes::incrementAndGet);
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, "web"));
		assertThat(count(Decisions.OTHER, Layer.CONNECTION, Outcome.ALLOWED)).isOne();
		this.intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW),
				TestIntentions.intention("batch", "orders", IntentionRule.ALLOW));
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, "web"));
		this.intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.DENY),
				TestIntentions.intention("shop", "orders", IntentionRule.ALLOW));
		assertThat(sources()).containsExactlyInAnyOrder(Decisions.OTHER, "web", "shop");
		assertThat(count("web", Layer.CONNECTION, Outcome.ALLOWED)).isOne();
		this.intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW),
				TestIntentions.intention("shop", "orders", IntentionRule.ALLOW));
		assertThat(changes).hasValue(2);
	}

	@Test
	void whenTheIntentionsChangeThenWhoDecidesAgainDoesNotWaitForTheNames() {
		List<List<String>> seen = new ArrayList<>();
		this.intentions.authorizer().onChange(() -> seen.add(sources()));
		this.intentions.deliver(TestIntentions.intention("web", "orders", IntentionRule.ALLOW));
		assertThat(seen).containsExactly(List.of(Decisions.OTHER));
		assertThat(sources()).contains("web");
	}

	@Test
	void whenTwoSourcesReadAlikeThenTheyDoNotShareACount() {
		String longName = "x".repeat(300);
		this.intentions.deliver(TestIntentions.intention(Decisions.OTHER, "orders", IntentionRule.ALLOW),
				TestIntentions.intention("web", "orders", IntentionRule.ALLOW),
				TestIntentions.intention("web", Intention.ANY, IntentionRule.ALLOW),
				TestIntentions.intention(longName + "y", "orders", IntentionRule.ALLOW),
				TestIntentions.intention(longName + "z", "orders", IntentionRule.ALLOW));
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, Decisions.OTHER));
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, longName + "y"));
		allow(id(TRUST_DOMAIN, SpiffeId.DEFAULT, longName + "z"));
		assertThat(this.decisions.counts()).extracting((count) -> count.source() + count.layer() + count.outcome())
			.doesNotHaveDuplicates();
		assertThat(sources()).containsExactlyInAnyOrder(Decisions.OTHER, "web", longName + "...");
		assertThat(count(Decisions.OTHER, Layer.CONNECTION, Outcome.ALLOWED)).isEqualTo(2);
		assertThat(count(longName + "...", Layer.CONNECTION, Outcome.ALLOWED)).isOne();
	}

	@Test
	void whenThereAreVeryManyNamesThenNotAllAreCountedByThemselves() {
		this.intentions.deliver(IntStream.range(0, 5000)
			.mapToObj((i) -> TestIntentions.intention("web-" + i, "orders", IntentionRule.ALLOW))
			.toArray(Intention[]::new));
		assertThat(sources()).hasSize(101);
	}

	private void allow(SpiffeId source) {
		this.decisions.count(Layer.CONNECTION, source, new Decision(Outcome.ALLOWED, "of the test"));
	}

	private List<String> sources() {
		return this.decisions.counts().stream().map(Decisions.Count::source).distinct().toList();
	}

	private long count(String source, Layer layer, Outcome outcome) {
		return this.decisions.counts()
			.stream()
			.filter((count) -> count.source().equals(source) && count.layer() == layer && count.outcome() == outcome)
			.mapToLong((count) -> count.value().sum())
			.sum();
	}

	private static SpiffeId id(String trustDomain, String namespace, String service) {
		return new SpiffeId(trustDomain, SpiffeId.DEFAULT, namespace, "dc1", service);
	}

}
