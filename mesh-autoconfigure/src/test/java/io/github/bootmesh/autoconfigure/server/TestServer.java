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

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.intention.MeshIntentionAutoConfiguration;
import io.github.bootmesh.autoconfigure.web.MeshWebAutoConfiguration;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.IntentionSource;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * A mesh server on loopback as an application has it.
 */
final class TestServer implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private final TestIntentions intentions;

	private TestServer(ConfigurableApplicationContext context, TestIntentions intentions) {
		this.context = context;
		this.intentions = intentions;
	}

	static TestServer start(TestIdentities identities, String... properties) {
		return start(identities, List.of(), properties);
	}

	static TestServer start(TestIdentities identities, List<Class<?>> more, String... properties) {
		return start(Stack.REACTOR_NETTY, identities, more, properties);
	}

	/** A server that all peers may call, until other intentions are delivered. */
	static TestServer start(Stack stack, TestIdentities identities, List<Class<?>> more, String... properties) {
		TestIntentions intentions = TestIntentions
			.of(identities.identity().ready().thenApply(IdentityGeneration::spiffeId).toCompletableFuture());
		intentions.deliver(true);
		List<Class<?>> sources = new ArrayList<>(more);
		sources.add(stack.configuration());
		sources.add(Application.class);
		List<String> all = new ArrayList<>(List.of("server.port=0", "server.address=127.0.0.1",
				"spring.main.banner-mode=off", "spring.reactor.netty.shutdown-quiet-period=0s",
				"logging.level.reactor.netty.http.client=off"));
		all.addAll(List.of(properties));
		ConfigurableApplicationContext context = new SpringApplicationBuilder(sources.toArray(Class<?>[]::new))
			.web(stack.type())
			.registerShutdownHook(false)
			.initializers((initialized) -> beans((GenericApplicationContext) initialized, identities, intentions))
			.run(all.stream().map((property) -> "--" + property).toArray(String[]::new));
		return new TestServer(context, intentions);
	}

	private static void beans(GenericApplicationContext context, TestIdentities identities, TestIntentions intentions) {
		// Outlives this server in tests that start another one.
		context.registerBean(MeshIdentity.class, identities::identity,
				(definition) -> ((AbstractBeanDefinition) definition).setDestroyMethodName(""));
		context.registerBean(IntentionSource.class, () -> Flux::never);
		context.registerBean(Authorizer.class, intentions::authorizer,
				(definition) -> definition.setInitMethodName(""));
		context.registerBean(MeshTls.class, () -> {
			MeshTls tls = new MeshTls(identities.identity(), context.getBean(TlsSettings.class),
					context.getBean(PeerAdmission.class), Clock.systemUTC());
			intentions.authorizer().onChange(tls::admissionChanged);
			return tls;
		});
	}

	TestIntentions intentions() {
		return this.intentions;
	}

	int port() {
		return Objects.requireNonNull(((WebServerApplicationContext) this.context).getWebServer()).getPort();
	}

	MeshTls tls() {
		return this.context.getBean(MeshTls.class);
	}

	Application application() {
		return this.context.getBean(Application.class);
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ MeshIntentionAutoConfiguration.class, MeshServerAutoConfiguration.class,
			MeshWebAutoConfiguration.class })
	@RestController
	static class Application {

		private final AtomicInteger requests = new AtomicInteger();

		int requests() {
			return this.requests.get();
		}

		@GetMapping("/peer")
		String peer(@RequestAttribute("io.github.bootmesh.MeshPeer") MeshPeer peer) {
			return peer.id().toString();
		}

		@GetMapping("/slow")
		Mono<String> slow() {
			this.requests.incrementAndGet();
			return Mono.just("slow").delayElement(Duration.ofMillis(1500));
		}

		@GetMapping("/endless")
		Mono<String> endless() {
			this.requests.incrementAndGet();
			return Mono.never();
		}

	}

}
