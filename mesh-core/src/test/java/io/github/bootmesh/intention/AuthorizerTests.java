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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.ArgumentMatchers;
import org.mockito.MockedStatic;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

import io.github.bootmesh.SpiffeId;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@ExtendWith(OutputCaptureExtension.class)
class AuthorizerTests {

	private static final SpiffeId API = new SpiffeId("mesh.consul", "default", "default", "dc1", "api");

	private static final SpiffeId WEB = new SpiffeId("mesh.consul", "default", "default", "dc1", "web");

	private static final Duration MAX = Duration.ofMinutes(1);

	private static final Intention DENY_WEB = TestIntentions.intention("web", "api", IntentionRule.DENY);

	private static final RequestFacts GET = new RequestFacts() {

		@Override
		public String method() {
			return "GET";
		}

		@Override
		public String target() {
			return "/";
		}

		@Override
		public List<String> headers(String name) {
			return List.of();
		}

	};

	private final AtomicInteger changes = new AtomicInteger();

	private TestIntentions intentions = start(TestIntentions.of(API));

	@AfterEach
	void close() {
		this.intentions.close();
	}

	@Test
	void untilTheFirstSetHasComeEverythingIsDeniedAndTheReasonIsGiven() {
		assertDenied("no intentions were delivered yet");
		assertThat(authorizer().ready().toCompletableFuture()).isNotDone();
		assertThat(authorizer().status()).satisfies((status) -> {
			assertThat(status.usable()).isFalse();
			assertThat(status.set()).isNull();
			assertThat(status.age()).isNull();
			assertThat(status.problem()).contains("no intentions were delivered yet");
			assertThat(status.problemSince()).isNotNull();
		});
	}

	@Test
	void theFirstSetDecidesAndIsAnnounced(CapturedOutput output) {
		this.intentions.deliver(allow("web"), TestIntentions.intention("*", "api", IntentionRule.DENY));
		assertAllowed(WEB);
		assertThat(authorizer().connection(API).allowed()).isFalse();
		assertThat(authorizer().explain(WEB, GET).decision().allowed()).isTrue();
		assertThat(this.changes).hasValue(1);
		assertThat(authorizer().ready().toCompletableFuture()).isCompleted();
		assertThat(output).containsOnlyOnce("Intentions: 2 rules for api, default deny (of the test)");
		this.intentions.advance(Duration.ofSeconds(7));
		assertThat(authorizer().status()).satisfies((status) -> {
			assertThat(status.usable()).isTrue();
			assertThat(status.set()).isNotNull();
			assertThat(set().intentions()).hasSize(2);
			assertThat(set().defaultPolicy()).isEqualTo(new DefaultPolicy(false, "of the test"));
			assertThat(status.age()).isEqualTo(Duration.ofSeconds(7));
			assertThat(status.problem()).isNull();
			assertThat(status.problemSince()).isNull();
		});
	}

	@Test
	void aSetWaitsForTheServicesOwnId() {
		CompletableFuture<SpiffeId> self = new CompletableFuture<>();
		this.intentions = start(TestIntentions.of(self));
		this.intentions.deliver(allow("web"));
		assertDenied("no intentions were delivered yet");
		self.complete(API);
		assertAllowed(WEB);
	}

	@Test
	void withoutAnIdOfItsOwnEverythingIsDenied() {
		this.intentions = start(TestIntentions.of(CompletableFuture.failedFuture(new IllegalStateException("closed"))));
		this.intentions.deliver(true);
		assertDenied("no intentions were delivered yet");
	}

	@Test
	void whenTheSetChangesDecisionsFollowAndListenersAreTold() {
		List<Boolean> seen = new ArrayList<>();
		Disposable listener = authorizer().onChange(() -> seen.add(authorizer().connection(WEB).allowed()));
		this.intentions.deliver(allow("web"));
		this.intentions.deliver();
		listener.dispose();
		this.intentions.deliver(true);
		assertThat(seen).containsExactly(true, false);
		assertAllowed(WEB);
	}

	@Test
	void whoCutsConnectionsOffIsToldBeforeOnlookersAndTheLog(CapturedOutput output) {
		this.intentions = start(TestIntentions.of(API, MAX));
		List<String> told = new ArrayList<>();
		authorizer().afterChange(() -> told.add("onlooker"));
		authorizer().onChange(() -> told.add(output.toString().contains("Intentions") ? "late" : "in time"));
		this.intentions.deliver(TestIntentions.intention("web", "api", new IntentionRule.NotUnderstood("a field")));
		assertThat(told).containsExactly("in time", "onlooker");
		assertThat(output).contains("Intentions: 1 rule", "that are not understood");
	}

	@Test
	void whoCutsConnectionsOffIsToldBeforeTheLogThatTheSetIsTooOld(CapturedOutput output) {
		this.intentions = start(TestIntentions.of(API, MAX));
		this.intentions.deliver(allow("web"));
		AtomicBoolean inTime = new AtomicBoolean();
		authorizer().onChange(() -> inTime.set(!output.toString().contains("everything is denied")));
		this.intentions.advance(MAX.plusMillis(1));
		assertThat(inTime).isTrue();
		assertThat(output).contains("everything is denied");
	}

	@Test
	void aChangeOfTheDefaultAloneIsAChange() {
		this.intentions.deliver(false);
		this.intentions.deliver(true);
		assertAllowed(WEB);
		assertThat(this.changes).hasValue(2);
	}

	@Test
	void theSameSetAgainIsNoChange(CapturedOutput output) {
		this.intentions.deliver(allow("web"));
		Instant since = authorizer().status().since();
		this.intentions.advance(MAX);
		this.intentions.deliver(allow("web"));
		this.intentions.deliver(new IntentionUpdate.Confirmed());
		assertThat(this.changes).hasValue(1);
		assertThat(authorizer().status().since()).isEqualTo(since);
		assertThat(authorizer().status().age()).isZero();
		assertThat(output).containsOnlyOnce("Intentions: 1 rule for api");
	}

	@Test
	void whatIsRejectedLeavesTheSetBeforeInPlaceAndIsSaidOnce(CapturedOutput output) {
		this.intentions.deliver(allow("web"));
		this.intentions.advance(MAX);
		this.intentions.deliver(new IntentionUpdate.Rejected("an intention whose SourceName\nis odd"));
		this.intentions.deliver(new IntentionUpdate.Rejected("an intention whose SourceName\nis odd"));
		assertAllowed(WEB);
		assertThat(authorizer().status()).satisfies((status) -> {
			assertThat(status.usable()).isTrue();
			assertThat(status.age()).isEqualTo(MAX);
			assertThat(status.problem()).contains("rejected").contains("SourceName");
			assertThat(status.rejections()).isEqualTo(2);
		});
		assertThat(output).containsOnlyOnce("going on with those before: an intention whose SourceName?is odd");
		this.intentions.deliver(new IntentionUpdate.Confirmed());
		assertThat(authorizer().status().problem()).isNull();
		assertThat(authorizer().status().rejections()).isEqualTo(2);
		assertThat(output).containsOnlyOnce("can be read again");
		assertThat(this.changes).hasValue(1);
	}

	@Test
	void aSetThatCouldNotBeCompiledIsNotTakenForTheOneBeforeAndIsCompiledAgain() {
		this.intentions = start(TestIntentions.of(API, MAX));
		this.intentions.deliver(allow("web"));
		this.intentions.advance(Duration.ofSeconds(1));
		try (MockedStatic<Words> ignored = failing(new OutOfMemoryError("of the test"))) {
			this.intentions.deliver(DENY_WEB);
			this.intentions.deliver(new IntentionUpdate.Confirmed());
		}
		assertThat(authorizer().status()).satisfies((status) -> {
			assertThat(status.problem()).contains("cannot be compiled");
			assertThat(status.age()).isEqualTo(Duration.ofSeconds(1));
		});
		this.intentions.deliver(new IntentionUpdate.Rejected("odd"));
		assertAllowed(WEB);
		this.intentions.deliver(new IntentionUpdate.Confirmed());
		assertThat(authorizer().connection(WEB).allowed()).isFalse();
		assertThat(authorizer().status().problem()).isNull();
		assertThat(this.changes).hasValue(2);
	}

	@Test
	void aSetThatCouldNotBeCompiledIsForgottenWhenTheOneBeforeIsBack() {
		this.intentions.deliver(allow("web"));
		try (MockedStatic<Words> ignored = failing(new IllegalStateException("of the test"))) {
			this.intentions.deliver(DENY_WEB);
		}
		this.intentions.deliver(allow("web"));
		this.intentions.deliver(new IntentionUpdate.Confirmed());
		assertAllowed(WEB);
		assertThat(authorizer().status().problem()).isNull();
		assertThat(this.changes).hasValue(1);
	}

	@Test
	void whatIsRejectedAtFirstDeniesEverythingAndSaysSo(CapturedOutput output) {
		this.intentions.deliver(new IntentionUpdate.Rejected("a sameness group"));
		this.intentions.deliver(new IntentionUpdate.Confirmed());
		assertDenied("no intentions were delivered yet");
		assertThat(authorizer().status().problem()).contains("sameness group");
		assertThat(output).contains("denying everything as there are none yet: a sameness group");
	}

	@Test
	void aRuleThatIsNotUnderstoodDeniesWhatItCoversAndIsNamedOnce(CapturedOutput output) {
		Intention odd = TestIntentions.intention("web", "api", new IntentionRule.NotUnderstood("a field 'Zone'"));
		this.intentions.deliver(true, odd);
		this.intentions.deliver(true, odd, allow("other"));
		assertThat(authorizer().connection(WEB).allowed()).isFalse();
		assertThat(authorizer().connection(API).allowed()).isTrue();
		assertThat(set().notUnderstood()).singleElement().asString().contains("web", "'Zone'");
		assertThat(output).containsOnlyOnce("WARN").containsOnlyOnce("'Zone'");
		this.intentions.deliver(true);
		this.intentions.deliver(true, odd);
		assertThat(output.toString().split("'Zone'", -1)).hasSize(3);
	}

	@Test
	void anExpressionThatCannotBeCompiledIsNotUnderstood() {
		Permission permission = new Permission(true, new Permission.PathRule(Permission.PathKind.REGEX, "(?=x)"),
				Set.of(), List.of());
		this.intentions.deliver(true,
				TestIntentions.intention("web", "api", new IntentionRule.Permissions(List.of(permission))));
		assertThat(authorizer().connection(WEB).allowed()).isFalse();
		assertThat(set().notUnderstood()).singleElement().asString().contains("(?=");
	}

	@Test
	void whenTheSourceIsAwayTheSetDecidesForEver() {
		this.intentions.deliver(allow("web"));
		this.intentions.advance(Duration.ofDays(365));
		assertAllowed(WEB);
		assertThat(authorizer().status().age()).isEqualTo(Duration.ofDays(365));
		assertThat(authorizer().status().usable()).isTrue();
	}

	@Test
	void aSetThatIsTooOldDeniesEverythingUntilItIsConfirmed(CapturedOutput output) {
		this.intentions = start(TestIntentions.of(API, MAX));
		this.intentions.deliver(allow("web"));
		this.intentions.advance(MAX);
		assertAllowed(WEB);
		assertThat(this.changes).hasValue(1);
		this.intentions.advance(Duration.ofMillis(1));
		assertDenied("older than allowed");
		assertThat(this.changes).hasValue(2);
		assertThat(authorizer().status()).satisfies((status) -> {
			assertThat(status.usable()).isFalse();
			assertThat(status.problem()).contains("last confirmed at");
			assertThat(status.set()).isNotNull();
		});
		this.intentions.advance(MAX);
		assertThat(output).containsOnlyOnce("everything is denied");
		this.intentions.deliver(new IntentionUpdate.Confirmed());
		assertAllowed(WEB);
		assertThat(this.changes).hasValue(3);
		assertThat(output).containsOnlyOnce("confirmed again");
		assertThat(authorizer().status().problem()).isNull();
	}

	@Test
	void aSetThatIsConfirmedInTimeIsNeverTooOld() {
		this.intentions = start(TestIntentions.of(API, MAX));
		this.intentions.deliver(allow("web"));
		for (int i = 0; i < 10; i++) {
			this.intentions.advance(MAX.dividedBy(2));
			this.intentions.deliver(new IntentionUpdate.Confirmed());
		}
		assertAllowed(WEB);
		assertThat(this.changes).hasValue(1);
	}

	@Test
	void whatIsRejectedDoesNotConfirm() {
		this.intentions = start(TestIntentions.of(API, MAX));
		this.intentions.deliver(allow("web"));
		this.intentions.advance(MAX);
		this.intentions.deliver(new IntentionUpdate.Rejected("odd"));
		this.intentions.advance(Duration.ofMillis(1));
		assertDenied("older than allowed");
		this.intentions.deliver(allow("web"), allow("other"));
		assertAllowed(WEB);
		assertThat(this.changes).hasValue(3);
	}

	@Test
	void timeThatNoTimerNoticedCountsToo() {
		this.intentions = start(TestIntentions.of(API, MAX));
		this.intentions.deliver(allow("web"));
		this.intentions.sleep(MAX.plusMillis(1));
		assertDenied("older than allowed");
		assertThat(this.changes).hasValue(2);
	}

	@Test
	void aListenerThatFailsIsAlone() {
		authorizer().onChange(() -> {
			throw new IllegalStateException("of the test");
		});
		AtomicInteger later = new AtomicInteger();
		authorizer().onChange(later::incrementAndGet);
		this.intentions.deliver(allow("web"));
		assertThat(later).hasValue(1);
		assertAllowed(WEB);
	}

	@Test
	void aClosedAuthorizerDeniesEverything() {
		this.intentions.deliver(allow("web"));
		this.intentions.close();
		assertDenied("stopping");
	}

	@Test
	void whoWaitsForTheFirstSetIsToldOfTheEnd() {
		this.intentions.close();
		assertThat(authorizer().ready().toCompletableFuture()).isCompletedExceptionally();
	}

	@Test
	void aSourceThatFailsIsAskedAgain(CapturedOutput output) {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		AtomicInteger asked = new AtomicInteger();
		IntentionUpdate all = new IntentionUpdate.Intentions(List.of(allow("web")), new DefaultPolicy(false, "test"));
		IntentionSource source = () -> Flux.defer(
				() -> (asked.incrementAndGet() < 3) ? Flux.error(new IllegalStateException("secret")) : Flux.just(all));
		try (Authorizer authorizer = new Authorizer(source, CompletableFuture.completedFuture(API),
				AuthorizerSettings.DEFAULTS, Clock.systemUTC(), time)) {
			authorizer.start();
			authorizer.start();
			time.advanceTimeBy(MAX);
			assertThat(authorizer.connection(WEB).allowed()).isTrue();
			assertThat(asked).hasValue(3);
			assertThat(output).contains("is asked again").doesNotContain("secret");
		}
	}

	@Test
	void aMaxStalenessThatNoAnswerCouldKeepIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> new AuthorizerSettings(Duration.ofSeconds(9)))
			.withMessageContaining("PT10S");
	}

	// Nothing else is made of a rule that could fail but for a while.
	private static MockedStatic<Words> failing(Throwable failure) {
		MockedStatic<Words> words = Mockito.mockStatic(Words.class, Mockito.CALLS_REAL_METHODS);
		words.when(() -> Words.service(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any()))
			.thenThrow(failure);
		return words;
	}

	private TestIntentions start(TestIntentions started) {
		if (this.intentions != null) {
			this.intentions.close();
		}
		started.authorizer().onChange(this.changes::incrementAndGet);
		return started;
	}

	private Authorizer authorizer() {
		return this.intentions.authorizer();
	}

	private IntentionSet set() {
		return Objects.requireNonNull(authorizer().status().set());
	}

	private void assertAllowed(SpiffeId source) {
		assertThat(authorizer().connection(source).allowed()).isTrue();
		assertThat(authorizer().request(source, GET).allowed()).isTrue();
	}

	private void assertDenied(String reason) {
		assertThat(authorizer().connection(WEB)).isEqualTo(authorizer().request(WEB, GET))
			.isEqualTo(authorizer().explain(WEB, GET).decision())
			.isEqualTo(authorizer().explainConnection(WEB).decision());
		assertThat(authorizer().connection(WEB).outcome()).isEqualTo(Decision.Outcome.DENIED);
		assertThat(authorizer().connection(WEB).rule()).contains(reason);
	}

	private static Intention allow(String source) {
		return TestIntentions.intention(source, "api", IntentionRule.ALLOW);
	}

}
