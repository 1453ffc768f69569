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

package io.github.bootmesh.autoconfigure.client;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.autoconfigure.ConditionalOnEnabled;
import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.DiscoverySettings;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.tls.MeshTls;

/**
 * Auto-configuration of what an application needs to call mesh services: discovery, and
 * HTTP clients that dial mesh names over mTLS.
 */
@AutoConfiguration(after = { MeshConsulAutoConfiguration.class, MeshIdentityAutoConfiguration.class },
		afterName = "org.springframework.boot.http.client.autoconfigure.imperative.ImperativeHttpClientAutoConfiguration")
@ConditionalOnMeshEnabled
@ConditionalOnEnabled("bootmesh.client.enabled")
@ConditionalOnBean({ ConsulClient.class, Watches.class, MeshIdentity.class, MeshTls.class })
@EnableConfigurationProperties({ MeshProperties.class, MeshClientProperties.class })
public final class MeshClientAutoConfiguration {

	MeshClientAutoConfiguration() {
	}

	@Bean
	@ConditionalOnMissingBean
	Endpoints endpoints(ConsulClient consul, Watches watches) {
		return new Endpoints(consul, watches, DiscoverySettings.DEFAULTS);
	}

	/**
	 * What Boot's HTTP client builders need to reach the mesh.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ ClientHttpConnectorBuilder.class, ReactorClientHttpConnector.class })
	static class HttpClients {

		@Bean
		MeshHttpClient meshHttpClient(MeshIdentity identity, MeshTls tls, Endpoints endpoints,
				@Qualifier("bootmeshLoopResources") LoopResources loops,
				ObjectProvider<ReactorResourceFactory> resources, MeshProperties mesh, MeshClientProperties properties,
				ObjectProvider<RefusalWindow> refusals) {
			// Requests stay on the threads of the application's own server and clients.
			ReactorResourceFactory application = resources.getIfUnique();
			MeshConnections connections = new MeshConnections(tls,
					(application != null) ? application.getLoopResources() : loops, properties.connectTimeout());
			return new MeshHttpClient(new MeshRoutes(properties), new MeshExchanges(identity, endpoints, properties,
					mesh.startupTimeout(), refusals.getIfAvailable(() -> RefusalWindow.DEFAULT)), connections);
		}

		@Bean
		static BeanPostProcessor meshHttpClientPostProcessor(ObjectProvider<MeshHttpClient> mesh,
				ObjectProvider<MeshClientProperties> properties) {
			return new HttpClientBuilderPostProcessor(mesh::getObject, () -> new MeshRoutes(properties.getObject()));
		}

	}

	/**
	 * In a reactive web application Boot makes no builder of imperative clients, and its
	 * {@code RestClient} would fall back to one that knows nothing of the mesh.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ ClientHttpRequestFactoryBuilder.class, ClientHttpConnectorBuilder.class,
			ReactorClientHttpConnector.class })
	static class ImperativeHttpClients {

		@Bean
		@ConditionalOnMissingBean
		ClientHttpRequestFactoryBuilder<?> clientHttpRequestFactoryBuilder(ResourceLoader resources) {
			return ClientHttpRequestFactoryBuilder.detect(resources.getClassLoader());
		}

	}

}
