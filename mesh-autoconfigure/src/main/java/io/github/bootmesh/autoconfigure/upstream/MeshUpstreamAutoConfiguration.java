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

import java.net.InetSocketAddress;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.ConfigurableEnvironment;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.client.MeshClientAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.ConditionalOnExternalInbound;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.DiscoverySettings;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.relay.RelayLoops;
import io.github.bootmesh.relay.Upstream;
import io.github.bootmesh.relay.UpstreamListener;
import io.github.bootmesh.tls.MeshTls;

/**
 * Auto-configuration of the local listeners of declared upstreams.
 */
@AutoConfiguration(after = { MeshIdentityAutoConfiguration.class, MeshClientAutoConfiguration.class,
		MeshRelayAutoConfiguration.class })
@ConditionalOnMeshEnabled
@ConditionalOnBean({ ConsulClient.class, Watches.class, MeshIdentity.class, MeshTls.class })
@Conditional(OnUpstreamCondition.class)
@EnableConfigurationProperties(MeshUpstreamProperties.class)
public final class MeshUpstreamAutoConfiguration {

	/**
	 * Name of the bean that everybody depends on who connects through an upstream.
	 */
	public static final String BEAN_NAME = "meshUpstreams";

	MeshUpstreamAutoConfiguration() {
	}

	// Where no HTTP client calls the mesh.
	@Bean
	@ConditionalOnMissingBean
	Endpoints endpoints(ConsulClient consul, Watches watches) {
		return new Endpoints(consul, watches, DiscoverySettings.DEFAULTS);
	}

	@Bean(BEAN_NAME)
	@ConditionalOnExternalInbound
	MeshUpstreams meshUpstreamsOfProxy(MeshUpstreamProperties properties, ConfigurableEnvironment environment) {
		MeshUpstreams upstreams = new MeshUpstreams(environment);
		properties.upstreams().forEach((name, declared) -> upstreams.expect(new UpstreamDeclaration(name, declared)));
		return upstreams;
	}

	@Bean(BEAN_NAME)
	@ConditionalOnMissingBean(name = BEAN_NAME)
	MeshUpstreams meshUpstreams(MeshUpstreamProperties properties, RelayLoops loops, MeshIdentity identity,
			Endpoints endpoints, MeshTls tls, ObjectProvider<ReservedPorts> reservedPorts,
			ConfigurableEnvironment environment) {
		ReservedPorts reserved = reservedPorts.getIfAvailable(ReservedPorts::new);
		Mono<String> trustDomain = trustDomain(identity);
		MeshUpstreams upstreams = new MeshUpstreams(environment);
		properties.upstreams().forEach((name, declared) -> {
			UpstreamDeclaration declaration = new UpstreamDeclaration(name, declared);
			Upstream upstream = declaration.upstream();
			InetSocketAddress bind = reserved.take(name, upstream.bind());
			UpstreamListener listener = new UpstreamListener(new Upstream(name, upstream.destination(), bind), loops,
					trustDomain, endpoints, tls, declaration.settings());
			upstreams.listen(declaration, listener, endpoints);
		});
		return upstreams;
	}

	// A connection that comes before the first identity waits for it, as long as its
	// connect timeout allows.
	private static Mono<String> trustDomain(MeshIdentity identity) {
		Mono<IdentityGeneration> first = Mono.fromFuture(identity.ready().toCompletableFuture(), true).cache();
		return Mono.fromCallable(identity::current)
			.onErrorResume(MeshIdentityUnavailableException.class, (ex) -> first.map((ready) -> identity.current()))
			.map((generation) -> generation.spiffeId().trustDomain());
	}

	@Bean
	static UpstreamDependents meshUpstreamDependents() {
		return new UpstreamDependents();
	}

	// Nothing may ask for it: whoever connects through it knows only the port.
	@Bean
	static LazyInitializationExcludeFilter meshUpstreamsAreNotLazy() {
		return LazyInitializationExcludeFilter.forBeanTypes(MeshUpstreams.class);
	}

}
