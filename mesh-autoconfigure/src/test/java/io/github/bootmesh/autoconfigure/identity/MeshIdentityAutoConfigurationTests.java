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

package io.github.bootmesh.autoconfigure.identity;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.TestMesh;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.identity.AgentIdentitySource;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.IdentitySource;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class MeshIdentityAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class))
		.withUserConfiguration(TestMesh.class)
		.withPropertyValues("spring.application.name=orders", "bootmesh.startup-timeout=100ms");

	private final ApplicationContextRunner delivered = this.runner.withPropertyValues("bootmesh.startup-timeout=30s")
		.withBean(BeanFactoryPostProcessor.class,
				() -> (factory) -> factory.getBean(TestMesh.Delivery.class).deliver("orders"));

	@Test
	void whenTheIdentityComesThenTheApplicationStarts() {
		this.delivered.run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(MeshIdentity.class).hasSingleBean(MeshTls.class);
			assertThat(context.getBean(MeshIdentity.class).current().spiffeId().service()).isEqualTo("orders");
			MeshIdentityLifecycle lifecycle = context.getBean(MeshIdentityLifecycle.class);
			assertThat(lifecycle.isRunning()).isTrue();
			assertThat(lifecycle.isPauseable()).isFalse();
			assertThat(lifecycle.getPhase()).isEqualTo(MeshPhases.IDENTITY);
		});
	}

	@Test
	void whenDisabledThenThereIsNothing() {
		this.delivered.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(MeshIdentity.class)
				.doesNotHaveBean(MeshIdentityLifecycle.class)
				.doesNotHaveBean(ServiceName.class));
	}

	@Test
	void whenNoSourceIsGivenThenTheAgentIsIt() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class))
			.withBean(MeshTls.class, () -> Mockito.mock(MeshTls.class))
			.withPropertyValues("spring.application.name=orders", "bootmesh.consul.url=http://127.0.0.1:1",
					"bootmesh.startup-timeout=10ms", "bootmesh.fail-fast=false")
			.run((context) -> assertThat(context).getBean(IdentitySource.class)
				.isInstanceOf(AgentIdentitySource.class));
		this.delivered
			.run((context) -> assertThat(context).getBean(IdentitySource.class).isInstanceOf(TestMesh.Delivery.class));
	}

	@Test
	void whenNoAgentAnswersThenTheStartFailsAtTheEndOfItsTimeWithThatCause() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class))
			.withBean(MeshTls.class, () -> Mockito.mock(MeshTls.class))
			.withPropertyValues("spring.application.name=orders", "bootmesh.consul.url=http://127.0.0.1:1",
					"bootmesh.startup-timeout=100ms")
			.run((context) -> assertThat(context).getFailure()
				.cause()
				.isInstanceOf(MeshIdentityUnavailableException.class)
				.hasCauseInstanceOf(ConsulException.Unreachable.class));
	}

	@Test
	void whenABeanNeedsTheIdentityInItsConstructorThenItIsServed() {
		this.runner.withPropertyValues("bootmesh.startup-timeout=30s")
			.withBean(LateDelivery.class)
			.withBean(EagerCaller.class)
			.run((context) -> assertThat(context.getBean(EagerCaller.class).generation.number()).isOne());
	}

	@Test
	void whenTheServiceHasAnotherNameInConsulThenThatIsUsed() {
		this.runner.withPropertyValues("bootmesh.service-name=orders-v2", "bootmesh.startup-timeout=30s")
			.withBean(BeanFactoryPostProcessor.class,
					() -> (factory) -> factory.getBean(TestMesh.Delivery.class).deliver("orders-v2"))
			.run((context) -> assertThat(context).hasNotFailed().getBean(ServiceName.class).hasToString("orders-v2"));
	}

	@Test
	void whenThereIsNoNameThenTheStartFailsAndSaysWhatToSet() {
		this.runner.withPropertyValues("spring.application.name=")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(FailureAnalyzedException.class, (ex) -> assertThat(ex.analysis().getAction())
					.contains("spring.application.name", "bootmesh.service-name", "bootmesh.enabled=false")));
	}

	@Test
	void whenConsulDoesNotTakeTheNameThenTheStartFails() {
		this.runner.withPropertyValues("spring.application.name=Order Service")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("spring.application.name")
				.hasMessageContaining("Order Service"));
	}

	@Test
	void whenTheTokenIsRefusedThenThatIsFoundOut() {
		ConsulClient consul = Mockito.mock(ConsulClient.class);
		BDDMockito.given(consul.caRoots(ConsulQuery.NOW)).willReturn(Mono.empty());
		BDDMockito.given(consul.leaf("orders", ConsulQuery.NOW))
			.willReturn(Mono.error(new ConsulException.Refused("Permission denied")));
		assertThat(new AgentDiagnosis(consul, "orders").get()).isInstanceOf(ConsulException.Refused.class);
		BDDMockito.given(consul.leaf("orders", ConsulQuery.NOW)).willReturn(Mono.empty());
		assertThat(new AgentDiagnosis(consul, "orders").get()).isNull();
	}

	@Test
	void whenTheIdentityIsRejectedThenTheStartFailsWithTheReason() {
		this.runner.withPropertyValues("bootmesh.startup-timeout=2s")
			.withBean(BeanFactoryPostProcessor.class, () -> (factory) -> {
				TestMesh.Delivery delivery = factory.getBean(TestMesh.Delivery.class);
				delivery.deliver(delivery.ca()
					.issue((spec) -> spec.uri(delivery.ca().uri("orders"))
						.valid(Instant.now().minus(Duration.ofDays(9)), Instant.now().minus(Duration.ofDays(8)))));
			})
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(FailureAnalyzedException.class,
						(ex) -> assertThat(ex.analysis().getDescription()).contains("within 2s", "expired")));
	}

	@Test
	void whenFailFastIsOffThenTheApplicationStartsAndBecomesReadyByItself(CapturedOutput output) {
		this.runner.withPropertyValues("bootmesh.fail-fast=false").run((context) -> {
			assertThat(context).hasNotFailed();
			MeshIdentity identity = context.getBean(MeshIdentity.class);
			assertThat(identity.status().usable()).isFalse();
			assertThat(output).contains("starts not ready");
			context.getBean(TestMesh.Delivery.class).deliver("orders");
			Awaitility.await().until(() -> identity.status().usable());
		});
	}

	@Test
	void whenATrustDomainIsPinnedThenAnotherIsRejected() {
		this.delivered
			.withPropertyValues("bootmesh.identity.trust-domain=other.consul", "bootmesh.startup-timeout=100ms")
			.run((context) -> assertThat(context).hasFailed());
		this.delivered.withPropertyValues("bootmesh.identity.trust-domain=" + TestMesh.TRUST_DOMAIN)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenNothingDecidesOnPeersThenNobodyIsAdmitted() {
		this.delivered
			.run((context) -> assertThat(context).getBean(PeerAdmission.class).isSameAs(PeerAdmission.NOBODY));
		this.delivered.withBean(PeerAdmission.class, () -> (peer) -> "nobody")
			.run((context) -> assertThat(context).getBean(PeerAdmission.class).isNotSameAs(PeerAdmission.NOBODY));
	}

	@Test
	void whenTheTimeoutIsNotATimeThenTheStartFails() {
		this.delivered.withPropertyValues("bootmesh.startup-timeout=0s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("bootmesh.startup-timeout"));
	}

	static class LateDelivery {

		LateDelivery(TestMesh.Delivery delivery) {
			Thread thread = new Thread(() -> delivery.deliver("orders"), "late-delivery");
			thread.setDaemon(true);
			thread.start();
		}

	}

	static class EagerCaller {

		private final IdentityGeneration generation;

		EagerCaller(MeshIdentity identity) throws Exception {
			this.generation = identity.ready().toCompletableFuture().get(20, TimeUnit.SECONDS);
		}

	}

}
