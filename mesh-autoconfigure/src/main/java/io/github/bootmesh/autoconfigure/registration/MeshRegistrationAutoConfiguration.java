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
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleProperties;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

import io.github.bootmesh.autoconfigure.ConditionalOnEnabled;
import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.ExposedPaths;
import io.github.bootmesh.autoconfigure.sidecar.ProxiedApplication;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.registration.Registrar;

/**
 * Auto-configuration of the registration in Consul.
 */
@AutoConfiguration(after = { MeshIdentityAutoConfiguration.class, ApplicationAvailabilityAutoConfiguration.class,
		LifecycleAutoConfiguration.class })
@ConditionalOnMeshEnabled
@ConditionalOnEnabled("bootmesh.registration.enabled")
@EnableConfigurationProperties({ RegistrationProperties.class, InboundProperties.class })
public final class MeshRegistrationAutoConfiguration {

	@Bean
	@ConditionalOnWebApplication
	ListeningPort meshWebListeningPort() {
		return new ListeningPort(true);
	}

	@Bean
	@ConditionalOnNotWebApplication
	ListeningPort meshNoListeningPort() {
		return new ListeningPort(false);
	}

	@Bean
	InstanceDefinition meshInstanceDefinition(RegistrationProperties properties, ServiceName service,
			InboundProperties inbound, ListeningPort port, ObjectProvider<ProxiedApplication> sidecar,
			ObjectProvider<SidecarUpstreams> upstreams, ObjectProvider<ExposedPaths> exposed,
			ConsulConnectionDetails consul, Environment environment) {
		InboundProperties.Mode mode = InboundProperties.effectiveMode(environment);
		boolean proxied = mode == InboundProperties.Mode.SIDECAR || mode == InboundProperties.Mode.EXTERNAL;
		InetAddress bound = proxied ? inbound.address()
				: Binder.get(environment).bind("server.address", InetAddress.class).orElse(null);
		return new InstanceDefinition(properties, service, mode, port, () -> {
			ProxiedApplication application = sidecar.getIfAvailable();
			return (application != null) ? application.ports() : null;
		}, () -> {
			SidecarUpstreams declared = upstreams.getIfAvailable();
			return (declared != null) ? declared.dialledAs(null) : List.of();
		}, () -> {
			ExposedPaths paths = exposed.getIfAvailable();
			return (paths != null) ? paths.exposed() : List.of();
		}, bound, consul.getUrl());
	}

	@Bean
	MeshPort meshPublicListenerPort(ObjectProvider<PublicListenerLifecycle> listener) {
		return () -> listener.stream()
			.map(PublicListenerLifecycle::problem)
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	@Bean
	ReadinessFeed meshReadinessFeed(ApplicationAvailability availability, MeshIdentity identity,
			ObjectProvider<Authorizer> authorizer, ObjectProvider<MeshPort> ports, ObjectProvider<Readiness> group,
			RegistrationProperties properties, Environment environment) {
		Readiness noGroup = () -> Readiness.Report.ready("The application is ready.");
		boolean external = InboundProperties.effectiveMode(environment) == InboundProperties.Mode.EXTERNAL;
		Readiness readiness = new ApplicationReadiness(availability, external ? null : identity,
				authorizer.getIfAvailable(),
				() -> ports.stream().map(MeshPort::problem).filter(Objects::nonNull).findFirst().orElse(null),
				() -> group.getIfAvailable(() -> noGroup).report());
		ReadinessFeed feed = new ReadinessFeed(readiness, properties.check());
		authorizer.ifAvailable((changing) -> changing.onChange(feed::changed));
		return feed;
	}

	@Bean
	MeshRegistrationLifecycle meshRegistrationLifecycle(InstanceDefinition definition, ConsulClient consul,
			ReadinessFeed readiness, MeshIdentity identity, MeshProperties mesh, RegistrationProperties properties,
			ObjectProvider<LifecycleProperties> lifecycle) {
		requireTime(properties, lifecycle.getIfAvailable(LifecycleProperties::new).getTimeoutPerShutdownPhase());
		return new MeshRegistrationLifecycle(definition,
				(instance) -> new Registrar(consul, instance, properties.settings(), Clock.systemUTC()), readiness,
				identity, mesh, properties.drainDelay());
	}

	@Bean
	@Lazy
	FurtherRegistrations meshFurtherRegistrations(RegistrationProperties properties, MeshProperties mesh,
			ApplicationAvailability availability, ObjectProvider<SidecarUpstreams> upstreams,
			ConsulConnectionDetails consul) {
		return new FurtherRegistrations(properties, mesh, availability, upstreams, consul.getUrl());
	}

	private static void requireTime(RegistrationProperties properties, Duration shutdownPhase) {
		Duration deregistering = properties.settings().stopTimeout();
		if (deregistering.plus(properties.drainDelay()).compareTo(shutdownPhase) >= 0) {
			throw new InvalidConfigurationPropertyValueException("bootmesh.registration.drain-delay",
					DurationText.of(properties.drainDelay()),
					"Together with the " + DurationText.of(deregistering)
							+ " that deregistering may take, it must be shorter than "
							+ "'spring.lifecycle.timeout-per-shutdown-phase', which is "
							+ DurationText.of(shutdownPhase) + ": at its end the web server stops, drained or not.");
		}
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebServerInitializedEvent.class)
	@ConditionalOnWebApplication
	static class WebServerConfiguration {

		@Bean
		WebServerPortListener meshWebServerPortListener(ApplicationContext context, ListeningPort port) {
			return new WebServerPortListener(context, port);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HealthEndpoint.class)
	static class ReadinessGroupConfiguration {

		// Found when it is asked for: the endpoint's contributors look at the
		// registration.
		@Bean
		Readiness meshReadinessGroup(ObjectProvider<HealthEndpoint> health) {
			return () -> {
				HealthEndpoint endpoint = health.getIfAvailable();
				return (endpoint != null) ? new ReadinessGroup(endpoint).report()
						: Readiness.Report.ready("The application is ready.");
			};
		}

	}

}
