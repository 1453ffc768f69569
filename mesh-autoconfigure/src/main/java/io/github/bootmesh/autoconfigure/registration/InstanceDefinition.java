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

package io.github.bootmesh.autoconfigure.registration;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.consul.ServiceEntry;
import io.github.bootmesh.registration.InstanceId;

/**
 * What there is to register: this instance, when it, its public listener or its proxy
 * accepts mesh connections, or when a port says that somebody does on its behalf.
 */
final class InstanceDefinition implements Supplier<@Nullable ServiceDefinition> {

	private final RegistrationProperties properties;

	private final ServiceName service;

	private final InboundProperties.Mode inbound;

	private final ListeningPort listening;

	private final Supplier<PublicListenerLifecycle.@Nullable Ports> sidecar;

	private final Supplier<List<ServiceDefinition.Upstream>> upstreams;

	private final Supplier<List<ServiceDefinition.ExposedPath>> exposed;

	private final @Nullable InetAddress bound;

	private final URI agent;

	InstanceDefinition(RegistrationProperties properties, ServiceName service, InboundProperties.Mode inbound,
			ListeningPort listening, Supplier<PublicListenerLifecycle.@Nullable Ports> sidecar,
			Supplier<List<ServiceDefinition.Upstream>> upstreams, Supplier<List<ServiceDefinition.ExposedPath>> exposed,
			@Nullable InetAddress bound, URI agent) {
		this.properties = properties;
		this.service = service;
		this.inbound = inbound;
		this.listening = listening;
		this.sidecar = sidecar;
		this.upstreams = upstreams;
		this.exposed = exposed;
		this.bound = bound;
		this.agent = agent;
	}

	/**
	 * Composes the definition.
	 * @return the definition, or {@code null} when there is nothing to register
	 * @throws FailureAnalyzedException if the registration is asked for and there is no
	 * port
	 */
	@Override
	public @Nullable ServiceDefinition get() {
		if (this.inbound == InboundProperties.Mode.SIDECAR || this.inbound == InboundProperties.Mode.EXTERNAL) {
			PublicListenerLifecycle.Ports ports = this.sidecar.get();
			return (ports != null) ? definition(ports) : null;
		}
		Integer port = port();
		return (port != null) ? definition(port) : null;
	}

	private @Nullable Integer port() {
		if (this.properties.port() != null) {
			return this.properties.port();
		}
		if (this.inbound != InboundProperties.Mode.NATIVE || !this.listening.isWeb()) {
			if (Boolean.TRUE.equals(this.properties.enabled())) {
				throw noPort();
			}
			return null;
		}
		Integer port = this.listening.get();
		return (port != null && port > 0) ? port : null;
	}

	private FailureAnalyzedException noPort() {
		String why = this.listening.isWeb()
				? "it accepts nothing from the mesh ('bootmesh.inbound.mode=none' or 'bootmesh.server.enabled=false')"
				: "it runs no web server";
		return new FailureAnalyzedException(
				"'bootmesh.registration.enabled' asks for a registration of '" + this.service
						+ "', but this application has no port to register: " + why + ".",
				"Set 'bootmesh.registration.port' to the port where mesh connections are accepted, "
						+ "or leave 'bootmesh.registration.enabled' out to register only what there is.");
	}

	private ServiceDefinition definition(PublicListenerLifecycle.Ports ports) {
		Integer dialled = this.properties.port();
		return definition(ports.local()).withSidecar((dialled != null) ? dialled : ports.mesh(), this.upstreams.get())
			.withExposed(this.exposed.get());
	}

	private ServiceDefinition definition(int port) {
		String address = (this.properties.address() != null) ? this.properties.address()
				: AdvertisedAddress.find(this.bound, this.agent);
		String id = (this.properties.id() != null) ? this.properties.id() : InstanceId.of(this.service.value(), port);
		RegistrationProperties.Weights weights = this.properties.weights();
		return new ServiceDefinition(id, this.service.value(), address, port, this.properties.tags(),
				this.properties.meta(),
				(weights != null) ? new ServiceEntry.Weights(weights.passing(), weights.warning()) : null,
				this.inbound == InboundProperties.Mode.NATIVE, this.properties.settings().check(id));
	}

}
