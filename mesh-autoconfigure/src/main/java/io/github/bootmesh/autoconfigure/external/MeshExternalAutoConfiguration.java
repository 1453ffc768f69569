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

package io.github.bootmesh.autoconfigure.external;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.autoconfigure.server.ConditionalOnExternalInbound;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.ExternalApplication;
import io.github.bootmesh.autoconfigure.sidecar.MeshExternalApplicationAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamAutoConfiguration;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;

/**
 * Auto-configuration of an application with a proxy of its own.
 */
@AutoConfiguration(after = { MeshExternalApplicationAutoConfiguration.class, MeshRegistrationAutoConfiguration.class,
		MeshUpstreamAutoConfiguration.class })
@ConditionalOnMeshEnabled
@ConditionalOnExternalInbound
public final class MeshExternalAutoConfiguration {

	static final String BEAN_NAME = "meshExternalProxy";

	@Bean(BEAN_NAME)
	ExternalProxy meshExternalProxy(ExternalApplication application, InboundProperties properties, MeshProperties mesh,
			ObjectProvider<MeshRegistrationLifecycle> registration, ObjectProvider<MeshUpstreams> upstreams) {
		InetAddress address = properties.address();
		InetSocketAddress bind = (address != null) ? new InetSocketAddress(address, properties.port())
				: new InetSocketAddress(properties.port());
		MeshUpstreams declared = upstreams.getIfAvailable();
		// In a mock environment there is nothing to stand in front of.
		PublicListenerLifecycle.Ports ports = application.ports();
		boolean real = ports != null;
		return new ExternalProxy(registration.getIfAvailable(),
				(real && declared != null) ? declared.declared() : Map.of(), bind,
				(ports != null) ? ports.local() : null, mesh);
	}

	@Bean
	static ExternalProxyDependents meshExternalProxyDependents() {
		return new ExternalProxyDependents();
	}

	// Who connects through it knows only the port.
	@Bean
	static LazyInitializationExcludeFilter meshExternalProxyIsNotLazy() {
		return LazyInitializationExcludeFilter.forBeanTypes(ExternalProxy.class);
	}

}
