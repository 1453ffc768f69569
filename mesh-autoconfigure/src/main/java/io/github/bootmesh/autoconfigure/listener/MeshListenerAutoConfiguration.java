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

package io.github.bootmesh.autoconfigure.listener;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.autoconfigure.consul.FurtherWatches;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityProperties;
import io.github.bootmesh.autoconfigure.intention.IntentionProperties;
import io.github.bootmesh.autoconfigure.registration.FurtherRegistrations;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.LoopbackOnly;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.relay.RelayLoops;

/**
 * Auto-configuration of several services in one process, beside whatever the application
 * itself accepts from the mesh.
 */
@AutoConfiguration(after = { MeshIdentityAutoConfiguration.class, MeshRelayAutoConfiguration.class })
@ConditionalOnMeshEnabled
@Conditional(OnListenerCondition.class)
@EnableConfigurationProperties({ MeshListenerProperties.class, InboundProperties.class, IntentionProperties.class })
public final class MeshListenerAutoConfiguration {

	@Bean
	ListenerDeclarations meshListenerDeclarations(MeshListenerProperties properties) {
		return new ListenerDeclarations(properties);
	}

	@Bean
	FurtherWatches meshListenerWatches(ListenerDeclarations declarations) {
		return new FurtherWatches(declarations.size() * ListenerAssembly.WATCHES,
				"The services of 'bootmesh.inbound.listeners' (" + declarations.size() + ")");
	}

	// Fetching starts here, as that of the application's own identity does.
	@Bean(initMethod = "fetch")
	MeshListeners meshListeners(ListenerDeclarations declarations, ServiceName application, ConsulClient consul,
			ConsulConnectionDetails details, Watches watches, RelayLoops loops, MeshIdentityProperties identity,
			IntentionProperties intentions, InboundProperties inbound,
			ObjectProvider<FurtherRegistrations> registrations) {
		ListenerAssembly assembly = new ListenerAssembly(consul, details, watches, loops, identity, intentions, inbound,
				registrations.getIfAvailable());
		return new MeshListeners(declarations.beside(application, inbound).stream().map(assembly::assemble).toList());
	}

	@Bean
	FirstAnswers meshListenersFirstAnswers(MeshListeners listeners, MeshProperties properties) {
		return new FirstAnswers(listeners, properties);
	}

	@Bean
	Together meshListenersOpening(MeshListeners listeners) {
		return new Together(MeshPhases.PUBLIC_LISTENER,
				listeners.all().stream().map(MeshListener::listenerLifecycle).toList());
	}

	@Bean
	Together meshListenersDrain(MeshListeners listeners, InboundProperties inbound) {
		return new Together(MeshPhases.PUBLIC_LISTENER_DRAIN,
				listeners.all()
					.stream()
					.map((listener) -> listener.listenerLifecycle().drain(inbound.drainTimeout()))
					.toList());
	}

	@Bean
	Together meshListenersRegistration(MeshListeners listeners) {
		return new Together(MeshPhases.REGISTRATION, List.copyOf(
				listeners.all().stream().map(MeshListener::registrationLifecycle).filter(Objects::nonNull).toList()));
	}

	/**
	 * What there is about a web server of this process.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebServerInitializedEvent.class)
	static class WebServerConfiguration {

		@Bean
		LoopbackOnly meshListenersLoopbackOnly(MeshListeners listeners) {
			return new LoopbackOnly(listeners.all()
				.stream()
				.map((listener) -> listener.declaration().local())
				.filter(InetSocketAddress.class::isInstance)
				.map((local) -> ((InetSocketAddress) local).getPort())
				.collect(Collectors.toUnmodifiableSet()));
		}

	}

}
