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
import java.time.Clock;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.registration.Registrar;

/**
 * Makes the registrations of further services of this process, with the times of the
 * application's own. Each has a check of its own: of the application's readiness state,
 * of the service's identity and intentions, and whether its port answers. The readiness
 * group is about the application, and no part of it.
 */
@Internal
public final class FurtherRegistrations {

	private final RegistrationProperties properties;

	private final MeshProperties mesh;

	private final ApplicationAvailability availability;

	private final ObjectProvider<SidecarUpstreams> upstreams;

	private final URI agent;

	FurtherRegistrations(RegistrationProperties properties, MeshProperties mesh, ApplicationAvailability availability,
			ObjectProvider<SidecarUpstreams> upstreams, URI agent) {
		this.properties = properties;
		this.mesh = mesh;
		this.availability = availability;
		this.upstreams = upstreams;
		this.agent = agent;
	}

	/**
	 * The registration of a service behind a public listener.
	 * @param consul the agent, with the service's token
	 * @param instance the instance
	 * @param listener the listener
	 * @param identity the service's identity
	 * @param authorizer the service's intentions
	 * @return the lifecycle, for its owner to call
	 */
	public MeshRegistrationLifecycle of(ConsulClient consul, Instance instance, PublicListenerLifecycle listener,
			MeshIdentity identity, Authorizer authorizer) {
		if (instance.id() != null && instance.id().equals(this.properties.id())) {
			throw new InvalidConfigurationPropertyValueException("bootmesh.registration.id", instance.id(),
					"It is the ID of '" + instance.service() + "' in 'bootmesh.inbound.listeners' already.");
		}
		InetAddress bound = instance.bound();
		boolean specific = bound != null && !bound.isAnyLocalAddress();
		RegistrationProperties own = this.properties.ofFurther(instance.id(),
				specific ? null : this.properties.address(), instance.tags(), instance.meta());
		InstanceDefinition definition = new InstanceDefinition(own, new ServiceName(instance.service()),
				InboundProperties.Mode.SIDECAR, new ListeningPort(false), listener::ports, () -> dialledAs(instance),
				List::of, bound, this.agent);
		ReadinessFeed readiness = new ReadinessFeed(new ApplicationReadiness(this.availability, identity, authorizer,
				listener::problem, () -> Readiness.Report.ready("The application is ready.")), own.check());
		authorizer.onChange(readiness::changed);
		return new MeshRegistrationLifecycle(definition,
				(registered) -> new Registrar(consul, registered, own.settings(), Clock.systemUTC()), readiness,
				identity, this.mesh, own.drainDelay());
	}

	// Asked for when they are open: they are made of the listeners.
	private List<ServiceDefinition.Upstream> dialledAs(Instance instance) {
		SidecarUpstreams declared = this.upstreams.getIfAvailable();
		return (declared != null) ? declared.dialledAs(instance.listener()) : List.of();
	}

	/**
	 * An instance of a further service.
	 *
	 * @param listener the name that its listener was declared with
	 * @param service the service
	 * @param id its ID, or {@code null} for one of this process
	 * @param bound the address that its listener is bound to, or {@code null} for all
	 * @param tags its tags
	 * @param meta its metadata
	 */
	@Internal
	public record Instance(String listener, String service, @Nullable String id, @Nullable InetAddress bound,
			List<String> tags, Map<String, String> meta) {

	}

}
