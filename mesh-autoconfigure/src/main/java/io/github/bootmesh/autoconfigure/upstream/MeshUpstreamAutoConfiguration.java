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

package io.github.bootmesh.autoconfigure.upstream;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.util.StringUtils;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.client.MeshClientAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.DiscoverySettings;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.relay.RelayLoops;
import io.github.bootmesh.relay.UpstreamListener;
import io.github.bootmesh.tls.MeshTls;

/**
 * Auto-configuration of the local listeners of upstreams.
 */
@AutoConfiguration(after = { MeshIdentityAutoConfiguration.class, MeshClientAutoConfiguration.class,
		MeshRelayAutoConfiguration.class })
@ConditionalOnMeshEnabled
@ConditionalOnBean({ ConsulClient.class, Watches.class, MeshIdentity.class, MeshTls.class })
@EnableConfigurationProperties(MeshUpstreamProperties.class)
public final class MeshUpstreamAutoConfiguration {

	/**
	 * Name of the bean that everybody depends on who connects through an upstream.
	 */
	public static final String BEAN_NAME = "meshUpstreams";

	static final String REGISTERED_BEAN_NAME = "meshRegisteredUpstreams";

	MeshUpstreamAutoConfiguration() {
	}

	// Where no HTTP client calls the mesh.
	@Bean
	@ConditionalOnMissingBean
	Endpoints endpoints(ConsulClient consul, Watches watches) {
		return new Endpoints(consul, watches, DiscoverySettings.DEFAULTS);
	}

	@Bean(BEAN_NAME)
	MeshUpstreams meshUpstreams(MeshUpstreamProperties properties, ObjectProvider<RelayLoops> loops,
			ConsulClient consul, MeshIdentity identity, Endpoints endpoints, MeshTls tls,
			ObjectProvider<ReservedPorts> reservedPorts, ConfigurableEnvironment environment,
			ConfigurableListableBeanFactory beanFactory) {
		Mono<SpiffeId> self = self(identity);
		Mono<String> trustDomain = self.map(SpiffeId::trustDomain);
		MeshUpstreams upstreams = new MeshUpstreams(new ProtocolWarning(consul, self), (upstream,
				settings) -> new UpstreamListener(upstream, loops.getObject(), trustDomain, endpoints, tls, settings));
		// They are made when something is opened first, and must be there to its end.
		for (String name : beanFactory.getBeanNamesForType(RelayLoops.class, true, false)) {
			beanFactory.registerDependentBean(name, BEAN_NAME);
		}
		if (InboundProperties.effectiveMode(environment) == InboundProperties.Mode.EXTERNAL) {
			properties.upstreams()
				.forEach((name, declared) -> expect(upstreams, new UpstreamDeclaration(name, declared)));
			return upstreams;
		}
		if (properties.upstreamsFrom().proxyId() != null) {
			// Not when Consul answers: that is another thread, and beans are being made.
			loops.getObject();
		}
		ReservedPorts reserved = reservedPorts.getIfAvailable(ReservedPorts::new);
		try {
			properties.upstreams()
				.forEach((name, declared) -> open(upstreams, new UpstreamDeclaration(name, declared), reserved,
						environment));
			return upstreams;
		}
		catch (RuntimeException ex) {
			// The file of a Unix socket would be left behind.
			upstreams.close();
			throw ex;
		}
	}

	// The proxy listens.
	private static void expect(MeshUpstreams upstreams, UpstreamDeclaration declaration) {
		MeshUpstream upstream = declaration.upstream();
		if (!(upstream.bind() instanceof InetSocketAddress bind) || declaration.takesAnyPort()) {
			throw declaration.cannotBind(upstream.bind(),
					"With 'bootmesh.inbound.mode=external' it must be a port: the "
							+ "proxy listens there, and Consul tells it so.");
		}
		upstreams.declare(declaration, bind);
	}

	private static void open(MeshUpstreams upstreams, UpstreamDeclaration declaration, ReservedPorts reserved,
			ConfigurableEnvironment environment) {
		MeshUpstream upstream = declaration.upstream();
		if (upstream.bind() instanceof InetSocketAddress bind) {
			upstream = upstream.listeningBeyondLoopbackOn(reserved.take(declaration.name(), bind));
		}
		try {
			SocketAddress address = upstreams.open(declaration.name(), upstream, UpstreamOrigin.CONFIGURATION);
			if (address instanceof InetSocketAddress ip) {
				upstreams.declare(declaration, ip);
				publish(declaration, ip.getPort(), environment);
			}
		}
		catch (IllegalStateException ex) {
			throw declaration.cannotBind(upstream.bind(), String.valueOf(ex.getMessage()));
		}
		catch (IOException ex) {
			throw declaration.cannotBind(upstream.bind(), UpstreamDeclaration.reason(ex));
		}
	}

	// Where that is known only now: the upstream was declared after the environment had
	// been prepared, as by a test's dynamic properties.
	private static void publish(UpstreamDeclaration declaration, int port, ConfigurableEnvironment environment) {
		String property = MeshUpstreams.portProperty(declaration.name());
		if (declaration.takesAnyPort() && !environment.containsProperty(property)) {
			environment.getPropertySources().addFirst(new MapPropertySource(property, Map.of(property, port)));
		}
	}

	// A connection that comes before the first identity waits for it, as long as its
	// connect timeout allows.
	private static Mono<SpiffeId> self(MeshIdentity identity) {
		Mono<IdentityGeneration> first = Mono.fromFuture(identity.ready().toCompletableFuture(), true).cache();
		return Mono.fromCallable(identity::current)
			.onErrorResume(MeshIdentityUnavailableException.class, (ex) -> first.map((ready) -> identity.current()))
			.map(IdentityGeneration::spiffeId);
	}

	private static Set<Integer> ownPorts(Environment environment) {
		return Stream
			.of("server.port", "management.server.port", "bootmesh.inbound.port", "bootmesh.inbound.local-port")
			.map((property) -> Binder.get(environment).bind(property, Integer.class).orElse(0))
			.filter((port) -> port > 0)
			.collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * Where upstreams are known before the application is.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(OnUpstreamCondition.class)
	static class DeclaredConfiguration {

		@Bean
		static UpstreamDependents meshUpstreamDependents() {
			return new UpstreamDependents();
		}

		// Nothing may ask for it: whoever connects through it knows only the port.
		@Bean
		static LazyInitializationExcludeFilter meshUpstreamsAreNotLazy() {
			return LazyInitializationExcludeFilter.forBeanTypes(MeshUpstreams.class, RegisteredUpstreams.class);
		}

		@Bean(REGISTERED_BEAN_NAME)
		@ConditionalOnProperty(OnUpstreamCondition.PROXY_ID)
		RegisteredUpstreams meshRegisteredUpstreams(MeshUpstreamProperties properties, MeshUpstreams upstreams,
				ServiceName service, ConsulClient consul, Watches watches, Environment environment)
				throws InterruptedException {
			MeshUpstreamProperties.UpstreamsFrom from = properties.upstreamsFrom();
			if (!StringUtils.hasText(from.proxyId())) {
				throw new InvalidConfigurationPropertyValueException(OnUpstreamCondition.PROXY_ID, from.proxyId(),
						"It must be the ID of a proxy's registration.");
			}
			if (InboundProperties.effectiveMode(environment) == InboundProperties.Mode.EXTERNAL) {
				throw new InvalidConfigurationPropertyValueException(OnUpstreamCondition.PROXY_ID, from.proxyId(),
						"With 'bootmesh.inbound.mode=external' it is the proxy that listens.");
			}
			RegisteredUpstreams registered = new RegisteredUpstreams(upstreams, from, service.value(),
					ownPorts(environment));
			registered.start(consul, watches);
			return registered;
		}

	}

}
