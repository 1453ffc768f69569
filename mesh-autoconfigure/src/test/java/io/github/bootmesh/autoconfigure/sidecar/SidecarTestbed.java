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

package io.github.bootmesh.autoconfigure.sidecar;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import javax.net.ssl.SSLSocket;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.server.reactive.HttpHandler;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.intention.MeshIntentionAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.web.MeshWebAutoConfiguration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.IntentionSource;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.PeerExpectation;
import io.github.bootmesh.tls.TlsSettings;

/**
 * An application {@code orders} that knows nothing of the mesh, with a public listener,
 * and peers that dial it.
 */
final class SidecarTestbed implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private final TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final TestIdentities orders = identities("orders");

	private final TestIntentions intentions = TestIntentions.of(this.orders.identity().current().spiffeId());

	SidecarTestbed() {
		this.intentions.deliver(true);
	}

	/** The intentions about it: everybody may call, until others are delivered. */
	TestIntentions intentions() {
		return this.intentions;
	}

	ConfigurableApplicationContext start(WebApplicationType type, String... properties) {
		return start(type, List.of(), properties);
	}

	ConfigurableApplicationContext start(WebApplicationType type, List<Class<?>> more, String... properties) {
		Map<String, String> all = new LinkedHashMap<>(
				Map.of("bootmesh.inbound.mode", "sidecar", "bootmesh.inbound.address", "127.0.0.1", "server.port", "0",
						"spring.main.banner-mode", "off", "spring.reactor.netty.shutdown-quiet-period", "0s"));
		for (String property : properties) {
			String[] parts = property.split("=", 2);
			all.put(parts[0], parts[1]);
		}
		List<Class<?>> sources = new ArrayList<>(more);
		sources.add(Application.class);
		sources.add((type == WebApplicationType.SERVLET) ? Tomcat.class
				: (type == WebApplicationType.REACTIVE) ? Netty.class : Application.class);
		ConfigurableApplicationContext context = new SpringApplicationBuilder(sources.toArray(Class<?>[]::new))
			.web(type)
			.registerShutdownHook(false)
			.initializers((initialized) -> beans((GenericApplicationContext) initialized))
			.run(all.entrySet()
				.stream()
				.map((property) -> "--" + property.getKey() + "=" + property.getValue())
				.toArray(String[]::new));
		this.open.push(context);
		return context;
	}

	private void beans(GenericApplicationContext context) {
		context.registerBean(MeshIdentity.class, this.orders::identity,
				(definition) -> ((AbstractBeanDefinition) definition).setDestroyMethodName(""));
		context.registerBean(IntentionSource.class, () -> Flux::never);
		context.registerBean(Authorizer.class, this.intentions::authorizer,
				(definition) -> definition.setInitMethodName(""));
		context.registerBean(MeshTls.class, () -> {
			MeshTls tls = new MeshTls(this.orders.identity(), context.getBean(TlsSettings.class),
					context.getBean(PeerAdmission.class), Clock.systemUTC());
			this.intentions.authorizer().onChange(tls::admissionChanged);
			return tls;
		});
	}

	static PublicListenerLifecycle.Ports ports(ConfigurableApplicationContext context) {
		return Objects.requireNonNull(context.getBean(PublicListenerLifecycle.class).ports());
	}

	/** A connection of a service. */
	Socket dial(String service, ConfigurableApplicationContext context) throws IOException {
		return dial(service, ports(context));
	}

	Socket dial(String service, PublicListenerLifecycle.@Nullable Ports ports) throws IOException {
		MeshTls tls = new MeshTls(identities(service).identity(), TlsSettings.DEFAULTS, PeerAdmission.NOBODY,
				Clock.systemUTC());
		this.open.push(tls);
		SpiffeId called = this.orders.identity().current().spiffeId();
		SSLSocket socket = (SSLSocket) tls.clientSslContext(new PeerExpectation(Set.of(called), "orders", false))
			.getSocketFactory()
			.createSocket(InetAddress.getLoopbackAddress(), Objects.requireNonNull(ports).mesh());
		this.open.push(socket);
		socket.setSoTimeout((int) PATIENCE.toMillis());
		socket.startHandshake();
		return socket;
	}

	/** Asks for a path and reads the answer up to its end. */
	static String get(Socket socket, String path) throws IOException {
		ask(socket, path);
		return answer(socket);
	}

	static void ask(Socket socket, String path) throws IOException {
		socket.getOutputStream()
			.write(("GET " + path + " HTTP/1.1\r\nHost: orders\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
	}

	static String answer(Socket socket) throws IOException {
		StringBuilder answer = new StringBuilder();
		while (!answer.toString().endsWith("orders!")) {
			int next = socket.getInputStream().read();
			if (next < 0) {
				break;
			}
			answer.append((char) next);
		}
		return answer.toString();
	}

	private TestIdentities identities(String service) {
		TestIdentities identities = TestIdentities.of(this.ca, service);
		this.open.push(identities);
		return identities;
	}

	@Override
	public void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ MeshIntentionAutoConfiguration.class, MeshServerAutoConfiguration.class,
			MeshRelayAutoConfiguration.class, MeshSidecarAutoConfiguration.class, MeshWebAutoConfiguration.class })
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(NettyReactiveWebServerAutoConfiguration.class)
	static class Netty {

		@Bean
		HttpHandler handler() {
			return (request, response) -> {
				response.getHeaders().setContentLength(7);
				Mono<String> answer = Mono.just("orders!");
				return response.writeWith((request.getPath().value().equals("/slow")
						? answer.delayElement(Duration.ofSeconds(1)) : answer)
					.map((text) -> response.bufferFactory().wrap(text.getBytes(StandardCharsets.US_ASCII))));
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(TomcatServletWebServerAutoConfiguration.class)
	static class Tomcat {

		@Bean
		HttpServlet handler() {
			return new HttpServlet() {

				@Override
				protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
					if (request.getRequestURI().equals("/slow")) {
						Mono.delay(Duration.ofSeconds(1)).block();
					}
					response.setContentLength(7);
					response.getWriter().write("orders!");
				}

			};
		}

	}

}
