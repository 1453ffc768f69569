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

package io.github.bootmesh.autoconfigure.server;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;

import jakarta.servlet.ServletContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.UserConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.web.server.reactive.context.AnnotationConfigReactiveWebServerApplicationContext;
import org.springframework.boot.web.server.servlet.context.AnnotationConfigServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.mock.web.MockServletContext;
import reactor.core.publisher.Mono;

import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@ExtendWith(OutputCaptureExtension.class)
class MeshServerAutoConfigurationTests {

	private final ReactiveWebApplicationContextRunner reactive = new ReactiveWebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class))
		.withConfiguration(UserConfigurations.of(Mesh.class));

	private final ReactiveWebApplicationContextRunner netty = new ReactiveWebApplicationContextRunner(
			AnnotationConfigReactiveWebServerApplicationContext::new)
		.withConfiguration(
				AutoConfigurations.of(MeshServerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class))
		.withConfiguration(UserConfigurations.of(Mesh.class, Handler.class))
		.withPropertyValues("server.port=0", "server.address=127.0.0.1");

	private final WebApplicationContextRunner tomcat = new WebApplicationContextRunner(
			AnnotationConfigServletWebServerApplicationContext::new)
		.withConfiguration(
				AutoConfigurations.of(MeshServerAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class))
		.withConfiguration(UserConfigurations.of(Mesh.class))
		.withPropertyValues("server.port=0", "server.address=127.0.0.1");

	@Test
	void whenWebApplicationThenItsServerIsAMeshServer() {
		this.reactive.run((context) -> assertThat(context).hasSingleBean(MeshWebServerFactoryCustomizer.class)
			.hasSingleBean(NettyServerAdapter.class)
			.hasSingleBean(SharedManagementPortWarning.class)
			.hasSingleBean(TlsSettings.class));
	}

	@Test
	void whenMeshIsDisabledThenThereIsNothing() {
		this.reactive.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(TlsSettings.class)
				.doesNotHaveBean(InboundProperties.class)
				.doesNotHaveBean(MeshWebServerFactoryCustomizer.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.inbound.mode=native ", "bootmesh.inbound.mode=", "bootmesh.inbound.mode=NATIVE",
			"bootmesh.server.enabled=yes", "bootmesh.server.enabled=1", "bootmesh.enabled=on", "bootmesh.enabled=" })
	void whenASettingIsWrittenInAnotherWayThenTheServerIsAMeshServerAllTheSame(String property) {
		this.reactive.withPropertyValues(property)
			.run((context) -> assertThat(context).hasSingleBean(MeshWebServerFactoryCustomizer.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.inbound.mode=nativ", "bootmesh.server.enabled=maybe", "bootmesh.enabled=?" })
	void whenASettingIsNotUnderstoodThenTheStartFails(String property) {
		this.reactive.withPropertyValues(property)
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.hasStackTraceContaining(property.substring(0, property.indexOf('='))));
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.server.enabled=false", "bootmesh.inbound.mode=none" })
	void whenNothingIsAcceptedThenTheServerIsLeftAlone(String property) {
		this.reactive.withPropertyValues(property)
			.run((context) -> assertThat(context).hasSingleBean(TlsSettings.class)
				.doesNotHaveBean(MeshWebServerFactoryCustomizer.class)
				.doesNotHaveBean(NettyServerAdapter.class)
				.doesNotHaveBean(SharedManagementPortWarning.class));
		this.netty.withPropertyValues(property, "server.ssl.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed());
		this.tomcat.withPropertyValues(property).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenNoWebApplicationThenThereIsNoServerButSettings() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class))
			.run((context) -> assertThat(context).hasSingleBean(TlsSettings.class)
				.doesNotHaveBean(MeshWebServerFactoryCustomizer.class));
	}

	@Test
	void whenReactorNettyIsAbsentThenItsAdapterIsToo() {
		this.reactive.withClassLoader(new FilteredClassLoader(NettyReactiveWebServerFactory.class))
			.run((context) -> assertThat(context).hasSingleBean(MeshWebServerFactoryCustomizer.class)
				.doesNotHaveBean(NettyServerAdapter.class));
	}

	@Test
	void whenActuatorIsAbsentThenNothingIsSaidOfItsPort() {
		this.reactive.withClassLoader(new FilteredClassLoader(ManagementPortType.class))
			.run((context) -> assertThat(context).hasSingleBean(MeshWebServerFactoryCustomizer.class)
				.doesNotHaveBean(SharedManagementPortWarning.class));
	}

	@Test
	void whenLimitsAreSetThenTheyHold() {
		this.reactive
			.withPropertyValues("bootmesh.inbound.handshake-timeout=3s", "bootmesh.inbound.max-connections=7",
					"bootmesh.inbound.max-handshakes=5")
			.run((context) -> assertThat(context.getBean(TlsSettings.class))
				.isEqualTo(new TlsSettings(Duration.ofSeconds(3), 7, 5, TlsSettings.DEFAULTS.drain(),
						TlsSettings.DEFAULTS.revocationGrace())));
	}

	@Test
	void whenNothingIsSetThenTheDefaultsOfTlsHold() {
		this.reactive.run((context) -> assertThat(context.getBean(TlsSettings.class)).isEqualTo(TlsSettings.DEFAULTS));
	}

	@Test
	void whenApplicationHasLimitsOfItsOwnThenTheyHold() {
		TlsSettings own = new TlsSettings(Duration.ofSeconds(1), 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1));
		this.reactive.withBean(TlsSettings.class, () -> own)
			.run((context) -> assertThat(context.getBean(TlsSettings.class)).isSameAs(own));
	}

	@ParameterizedTest
	@ValueSource(strings = { "handshake-timeout=0s", "handshake-timeout=-1s", "max-connections=0", "max-handshakes=0",
			"mode=nativ" })
	void whenSettingIsWrongThenTheStartFailsAndNamesIt(String setting) {
		this.reactive.withPropertyValues("bootmesh.inbound." + setting)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("bootmesh.inbound." + setting.substring(0, setting.indexOf('='))));
	}

	@Test
	void whenServerHasTlsOfItsOwnThenTheStartFailsAndSaysWhatToDo() {
		this.netty.withPropertyValues("server.ssl.certificate=own.pem").run((context) -> {
			FailureAnalysis analysis = analysis(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("server.ssl");
			assertThat(analysis.getAction()).contains("Remove server.ssl").contains("bootmesh.inbound.mode=none");
		});
	}

	@Test
	void whenServerIsNotSupportedThenTheStartFailsInsteadOfSpeakingPlainHttp() {
		this.tomcat.run((context) -> {
			FailureAnalysis analysis = analysis(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("Tomcat").contains("plain HTTP");
			assertThat(analysis.getAction()).contains("webflux").contains("bootmesh.inbound.mode=none");
		});
	}

	@Test
	void whenDeployedAsWarThenTheStartFails() {
		ServletContext container = (ServletContext) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { ServletContext.class },
				(proxy, method, arguments) -> "getServerInfo".equals(method.getName()) ? "Container/1" : null);
		assertThatExceptionOfType(MeshServerUnsupportedException.class)
			.isThrownBy(() -> new WarDeploymentRefusal(container))
			.satisfies((ex) -> assertThat(analysis(ex).getDescription()).contains("WAR").contains("Container/1"));
	}

	@Test
	void whenServletContextIsAMockThenNothingIsRefused() {
		new WebApplicationContextRunner().withConfiguration(AutoConfigurations.of(MeshServerAutoConfiguration.class))
			.withConfiguration(UserConfigurations.of(Mesh.class))
			.withBean(ServletContext.class, MockServletContext::new)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void whenManagementSharesTheMeshPortThenOneWarningNamesTheSetting(CapturedOutput output) {
		this.netty.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.toString()).containsOnlyOnce("management.server.port");
	}

	@Test
	void whenManagementHasAPortOfItsOwnThenNothingIsSaid(CapturedOutput output) {
		this.netty.withPropertyValues("management.server.port=0").run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.toString()).doesNotContain("management.server.port");
	}

	private static FailureAnalysis analysis(@Nullable Throwable failure) {
		Objects.requireNonNull(failure, "the start has not failed");
		for (FailureAnalyzer analyzer : SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((message, cause) -> {
			}))) {
			FailureAnalysis analysis = analyzer.analyze(failure);
			if (analysis != null) {
				return analysis;
			}
		}
		throw new AssertionError("No analysis", failure);
	}

	@Configuration(proxyBeanMethods = false)
	static class Mesh {

		@Bean
		TestIdentities identities() {
			return TestIdentities.of(TestCa.create("11111111-2222-3333-4444-555555555555.consul"), "web");
		}

		@Bean
		Authorizer authorizer(TestIdentities identities) {
			return TestIntentions.of(identities.identity().current().spiffeId()).authorizer();
		}

		@Bean
		Decisions decisions(Authorizer authorizer) {
			return new Decisions(authorizer);
		}

		@Bean
		MeshIdentity meshIdentity(TestIdentities identities) {
			return identities.identity();
		}

		@Bean
		MeshTls meshTls(TestIdentities identities, ObjectProvider<TlsSettings> settings) {
			return new MeshTls(identities.identity(), settings.getIfAvailable(() -> TlsSettings.DEFAULTS),
					PeerAdmission.EVERY_VERIFIED_PEER, Clock.systemUTC());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Handler {

		@Bean
		HttpHandler handler() {
			return (request, response) -> Mono.empty();
		}

	}

}
