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

package io.github.bootmesh.autoconfigure.web;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.Ordered;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.tls.MeshTls;

import static org.assertj.core.api.Assertions.assertThat;

class MeshWebAutoConfigurationTests {

	private final ReactiveWebApplicationContextRunner reactive = new ReactiveWebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class, MeshWebAutoConfiguration.class))
		.withBean(MeshTls.class, () -> Mockito.mock(MeshTls.class))
		.withBean(MeshIdentity.class, () -> Mockito.mock(MeshIdentity.class))
		.withBean(Authorizer.class, () -> ReactiveApplication.authorizer((request) -> true))
		.withBean(Decisions.class);

	private final WebApplicationContextRunner servlet = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class, MeshWebAutoConfiguration.class))
		.withBean(MeshTls.class, () -> Mockito.mock(MeshTls.class))
		.withBean(MeshIdentity.class, () -> Mockito.mock(MeshIdentity.class))
		.withBean(Authorizer.class, () -> ReactiveApplication.authorizer((request) -> true))
		.withBean(Decisions.class);

	@Test
	void whenReactiveThenThePeerIsKnownFirstAndRoutesAreDecidedOnLast() {
		this.reactive.run((context) -> {
			assertThat(context).hasSingleBean(WebFluxConfigurer.class).doesNotHaveBean(FilterRegistrationBean.class);
			assertThat(context.getBean(ReactivePeerFilter.class).getOrder())
				.isEqualTo(Ordered.HIGHEST_PRECEDENCE + 100);
			assertThat(context.getBean(ReactiveRoutingFilter.class).getOrder()).isEqualTo(Ordered.LOWEST_PRECEDENCE);
		});
	}

	@Test
	void whenServletThenThePeerIsKnownFirstAndRoutesAreDecidedOnLast() {
		this.servlet.run((context) -> {
			assertThat(context).hasSingleBean(WebMvcConfigurer.class).doesNotHaveBean(ReactivePeerFilter.class);
			assertThat(context.getBean("meshPeerFilter", FilterRegistrationBean.class).getOrder())
				.isEqualTo(Ordered.HIGHEST_PRECEDENCE + 100);
			assertThat(context.getBean("meshRoutingFilter", FilterRegistrationBean.class).getOrder())
				.isEqualTo(Ordered.LOWEST_PRECEDENCE);
		});
	}

	@Test
	void whenTheServletEnvironmentIsAMockThenItsRequestsAreLetPass() {
		this.servlet
			.run((context) -> assertThat(context.getBeansOfType(FilterRegistrationBean.class).values()).hasSize(2)
				.noneMatch(FilterRegistrationBean::isEnabled));
	}

	@Test
	void whenThereIsNoMvcThenServletsAreFilteredAllTheSame() {
		this.servlet.withClassLoader(new FilteredClassLoader("org.springframework.web.servlet"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasBean("meshPeerFilter")
				.hasBean("meshRoutingFilter"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.inbound.mode=none", "bootmesh.server.enabled=false" })
	void whenNothingIsAcceptedThenNothingIsDecidedButTheArgumentStays(String property) {
		this.reactive.withPropertyValues(property)
			.run((context) -> assertThat(context).hasSingleBean(WebFluxConfigurer.class)
				.doesNotHaveBean(ReactivePeerFilter.class)
				.doesNotHaveBean(ReactiveRoutingFilter.class));
		this.servlet.withPropertyValues(property)
			.run((context) -> assertThat(context).hasSingleBean(WebMvcConfigurer.class)
				.doesNotHaveBean(FilterRegistrationBean.class));
	}

	@Test
	void whenThereIsNoMeshOrNoWebThenThereIsNothing() {
		this.reactive.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(WebFluxConfigurer.class));
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(MeshWebAutoConfiguration.class))
			.run((context) -> assertThat(context).doesNotHaveBean(RequestJudge.class));
	}

	@Test
	void whenRequestsCouldPassTheApplicationsDecisionThenTheAnalysisSaysWhatToDo() {
		FailureAnalysis analysis = Objects.requireNonNull(new FilterBypassFailureAnalyzer()
			.analyze(new FilterBypassException(List.of("narrow"), List.of("routes"))));
		assertThat(analysis.getDescription()).contains("narrow").contains("routes");
		assertThat(analysis.getAction()).contains(NettyRouteProvider.class.getSimpleName()).contains("MeshAuthorizer");
	}

	@Test
	void theApplicationHasASecondToDecide() {
		this.reactive.run((context) -> assertThat(context.getBean(InboundProperties.class).authorizerTimeout())
			.isEqualTo(Duration.ofSeconds(1)));
	}

}
