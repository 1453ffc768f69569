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

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

import javax.net.ssl.SSLException;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufMono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.autoconfigure.security.MeshSecurityAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.AuthorizerStatus;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.Explanation;
import io.github.bootmesh.intention.RequestFacts;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * A WebFlux application that takes calls from the mesh on loopback, and its callers. What
 * its intentions allow is said in code.
 */
public final class ReactiveApplication implements AutoCloseable {

	public static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final TestIdentities identities;

	private final ConfigurableApplicationContext context;

	private final boolean http2;

	private final LoopResources loops = LoopResources.create("test-client", 1, true);

	private final ConnectionProvider connections = ConnectionProvider.newConnection();

	private ReactiveApplication(TestIdentities identities, ConfigurableApplicationContext context) {
		this.identities = identities;
		this.context = context;
		this.http2 = context.getEnvironment().getProperty("server.http2.enabled", Boolean.class, false);
	}

	/** With intentions that allow everything. */
	public static ReactiveApplication start(Class<?> source, String... properties) {
		return start((request) -> true, source, properties);
	}

	public static ReactiveApplication start(Predicate<RequestFacts> allowed, Class<?> source, String... properties) {
		List<String> all = new ArrayList<>(List.of("server.port=0", "server.address=127.0.0.1",
				"spring.main.banner-mode=off", "spring.reactor.netty.shutdown-quiet-period=0s"));
		all.addAll(List.of(properties));
		TestIdentities identities = TestIdentities.of(CA, "web");
		ConfigurableApplicationContext context = new SpringApplicationBuilder(source, Mesh.class)
			.web(WebApplicationType.REACTIVE)
			.registerShutdownHook(false)
			.initializers((initialized) -> {
				GenericApplicationContext beans = (GenericApplicationContext) initialized;
				beans.registerBean(MeshIdentity.class, identities::identity);
				beans.registerBean(Authorizer.class, () -> authorizer(allowed));
				beans.registerBean(Decisions.class, () -> new Decisions(beans.getBean(Authorizer.class)));
				beans.registerBean(MeshTls.class, () -> new MeshTls(identities.identity(),
						beans.getBean(TlsSettings.class), PeerAdmission.EVERY_VERIFIED_PEER, Clock.systemUTC()));
			})
			.run(all.stream().map((property) -> "--" + property).toArray(String[]::new));
		return new ReactiveApplication(identities, context);
	}

	static Authorizer authorizer(Predicate<RequestFacts> allowed) {
		Authorizer authorizer = Mockito.mock(Authorizer.class);
		BDDMockito.given(authorizer.status()).willReturn(new AuthorizerStatus(null, null, null, true, null, null, 0));
		BDDMockito.given(authorizer.request(ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willAnswer((call) -> new Decision(
					allowed.test(call.getArgument(1)) ? Decision.Outcome.ALLOWED : Decision.Outcome.DENIED,
					"a rule that nobody may see"));
		BDDMockito.given(authorizer.explain(ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willAnswer(
					(call) -> new Explanation(authorizer.request(call.getArgument(0), call.getArgument(1)), List.of()));
		return authorizer;
	}

	/** How many decisions on requests were counted. */
	long counted(Decision.Outcome outcome) {
		return this.context.getBean(Decisions.class)
			.counts()
			.stream()
			.filter((count) -> count.layer() == Decisions.Layer.REQUEST && count.outcome() == outcome)
			.mapToLong((count) -> count.value().sum())
			.sum();
	}

	/** Has what is open decided on again. */
	void intentionsChanged() {
		this.context.getBean(MeshTls.class).admissionChanged();
	}

	/** Calls as the service {@code client}. */
	public Answer get(String path, String... headers) {
		return call(CA.leaf("client"), HttpMethod.GET, path, null, headers);
	}

	/**
	 * Calls with a certificate, over HTTP/2 where it is enabled; the headers are names
	 * and values in turn.
	 */
	public Answer call(TestCa.Issued leaf, HttpMethod method, String path, @Nullable String form, String... headers) {
		int port = Objects.requireNonNull(((WebServerApplicationContext) this.context).getWebServer()).getPort();
		SslContext ssl = context(leaf);
		HttpClient client = HttpClient.create(this.connections)
			.runOn(this.loops)
			.protocol(this.http2 ? HttpProtocol.H2 : HttpProtocol.HTTP11)
			.secure((spec) -> spec.sslContext(ssl))
			.disableRetry(true)
			.responseTimeout(Duration.ofSeconds(20))
			.headers((sent) -> {
				for (int i = 0; i < headers.length; i += 2) {
					sent.add(headers[i], headers[i + 1]);
				}
				if (form != null) {
					sent.set("Content-Type", "application/x-www-form-urlencoded");
				}
			});
		HttpClient.ResponseReceiver<?> receiver = (form != null)
				? client.request(method).send(ByteBufMono.fromString(Mono.just(form))) : client.request(method);
		return Objects.requireNonNull(receiver.uri("https://127.0.0.1:" + port + path)
			.responseSingle((response, body) -> body.asString()
				.defaultIfEmpty("")
				.map((text) -> new Answer(response.status().code(), text,
						String.valueOf(response.responseHeaders().get("Content-Type")))))
			.block());
	}

	private SslContext context(TestCa.Issued leaf) {
		try {
			return SslContextBuilder.forClient()
				.trustManager(InsecureTrustManagerFactory.INSTANCE)
				.keyManager(leaf.key(), leaf.chain())
				.applicationProtocolConfig(new ApplicationProtocolConfig(ApplicationProtocolConfig.Protocol.ALPN,
						ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
						ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
						this.http2 ? ApplicationProtocolNames.HTTP_2 : ApplicationProtocolNames.HTTP_1_1))
				.build();
		}
		catch (SSLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.context.close();
		this.identities.close();
		this.connections.disposeLater()
			.then(this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)))
			.block(Duration.ofSeconds(10));
	}

	/**
	 * What came back.
	 */
	public record Answer(int status, String body, String type) {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ NettyReactiveWebServerAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, JacksonAutoConfiguration.class, MeshServerAutoConfiguration.class,
			MeshWebAutoConfiguration.class, MeshSecurityAutoConfiguration.class })
	static class Mesh {

	}

}
