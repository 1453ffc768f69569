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

package io.github.bootmesh.autoconfigure.intention;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.BDDMockito;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import io.github.bootmesh.autoconfigure.TestMesh;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.intention.AgentIntentionSource;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.AuthorizerSettings;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.DefaultPolicy;
import io.github.bootmesh.intention.IntentionSource;
import io.github.bootmesh.intention.IntentionUpdate;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class MeshIntentionAutoConfigurationTests {

	private static final IntentionUpdate NONE = new IntentionUpdate.Intentions(List.of(),
			new DefaultPolicy(false, "of the test"));

	private static final AutoConfigurations CONFIGURATIONS = AutoConfigurations.of(MeshConsulAutoConfiguration.class,
			MeshIdentityAutoConfiguration.class, MeshIntentionAutoConfiguration.class);

	private static final String[] PROPERTIES = { "spring.application.name=orders", "bootmesh.startup-timeout=30s" };

	private static final BeanFactoryPostProcessor IDENTITY = (factory) -> factory.getBean(TestMesh.Delivery.class)
		.deliver("orders");

	private final ReactiveWebApplicationContextRunner web = new ReactiveWebApplicationContextRunner()
		.withConfiguration(CONFIGURATIONS)
		.withUserConfiguration(TestMesh.class)
		.withPropertyValues(PROPERTIES)
		.withBean(BeanFactoryPostProcessor.class, () -> IDENTITY);

	private final ReactiveWebApplicationContextRunner member = this.web.withBean(IntentionSource.class,
			() -> () -> Flux.concat(Flux.just(NONE), Flux.never()));

	@Test
	void whenCallsAreTakenThenIntentionsDecideOnThem() {
		this.member.run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(Authorizer.class).hasSingleBean(Decisions.class);
			assertThat(context).getBean(PeerAdmission.class).isNotSameAs(PeerAdmission.NOBODY);
			assertThat(context.getBean(Authorizer.class).status().usable()).isTrue();
		});
	}

	@Test
	void whenNoSourceIsGivenThenTheAgentIsIt() {
		this.web.withPropertyValues("bootmesh.startup-timeout=500ms", "bootmesh.fail-fast=false")
			.run((context) -> assertThat(context).getBean(IntentionSource.class)
				.isInstanceOf(AgentIntentionSource.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.enabled=false", "bootmesh.inbound.mode=none", "bootmesh.server.enabled=false" })
	void whenNoCallsAreTakenThenNoIntentionsAreAskedFor(String property) {
		this.member.withPropertyValues(property)
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(Authorizer.class)
				.doesNotHaveBean(Decisions.class)
				.doesNotHaveBean(IntentionProperties.class));
	}

	@Test
	void whenThereIsNoWebServerThenNobodyIsAdmitted() {
		new ApplicationContextRunner().withConfiguration(CONFIGURATIONS)
			.withUserConfiguration(TestMesh.class)
			.withPropertyValues(PROPERTIES)
			.withBean(BeanFactoryPostProcessor.class, () -> IDENTITY)
			.run((context) -> {
				assertThat(context).doesNotHaveBean(Authorizer.class);
				assertThat(context).getBean(PeerAdmission.class).isSameAs(PeerAdmission.NOBODY);
			});
	}

	@Test
	void whenTheApplicationHasAnAuthorizerThenOursBacksOff() {
		this.member
			.withBean("own", Authorizer.class,
					() -> new Authorizer(() -> Flux.just(NONE), new CompletableFuture<>(), AuthorizerSettings.DEFAULTS,
							Clock.systemUTC()))
			.withPropertyValues("bootmesh.startup-timeout=300ms", "bootmesh.fail-fast=false")
			.run((context) -> assertThat(context).hasSingleBean(Authorizer.class).hasBean("own"));
	}

	@Test
	void whenNoIntentionsComeThenTheStartFailsAndSaysWhatIsMissing() {
		this.web.withBean(IntentionSource.class, () -> Flux::never)
			.withPropertyValues("bootmesh.startup-timeout=2s")
			.withBean("problem", BeanFactoryPostProcessor.class,
					() -> (factory) -> BDDMockito.given(factory.getBean(Watches.class).statuses())
						.willReturn(List.of(new WatchStatus("intentions:orders", WatchStatus.State.STALE, Instant.now(),
								null, "Permission denied"))))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(FailureAnalyzedException.class, (ex) -> {
					assertThat(ex.analysis().getDescription()).contains("No intentions within 2s",
							"no intentions were delivered yet", "Permission denied");
					assertThat(ex.analysis().getAction()).contains("intentions = \"read\"",
							"service \"orders\" { policy = \"read\" }", "name=orders", "bootmesh.startup-timeout",
							"bootmesh.fail-fast=false");
				}));
	}

	@Test
	void whenFailFastIsOffThenTheApplicationStartsAndTheIntentionsMayComeLater(CapturedOutput output) {
		Sinks.Many<IntentionUpdate> updates = Sinks.many().replay().limit(1);
		this.web.withBean(IntentionSource.class, () -> updates::asFlux)
			.withPropertyValues("bootmesh.startup-timeout=2s", "bootmesh.fail-fast=false")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Authorizer authorizer = context.getBean(Authorizer.class);
				assertThat(authorizer.status().usable()).isFalse();
				assertThat(output).contains("No intentions within 2s", "starts not ready");
				updates.tryEmitNext(NONE);
				Awaitility.await().until(() -> authorizer.status().usable());
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "9s", "0s", "-1s" })
	void whenIntentionsMayNotBecomeOldEnoughToBeConfirmedThenTheStartFails(String age) {
		this.member.withPropertyValues("bootmesh.intentions.max-staleness=" + age)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("bootmesh.intentions.max-staleness"));
		this.member.withPropertyValues("bootmesh.intentions.max-staleness=10s")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenTheDefaultPolicyIsSetThenConsulIsNotAskedForIt() {
		this.member.withPropertyValues("bootmesh.intentions.default-policy=allow")
			.run((context) -> assertThat(context.getBean(IntentionProperties.class).configuredPolicy())
				.isEqualTo(new DefaultPolicy(true, "bootmesh.intentions.default-policy")));
	}

}
