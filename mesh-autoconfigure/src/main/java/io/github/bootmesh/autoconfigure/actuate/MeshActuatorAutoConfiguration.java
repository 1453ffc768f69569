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

package io.github.bootmesh.autoconfigure.actuate;

import java.time.Clock;

import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroupsPostProcessor;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.external.ExternalProxy;
import io.github.bootmesh.autoconfigure.external.MeshExternalAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.intention.MeshIntentionAutoConfiguration;
import io.github.bootmesh.autoconfigure.listener.MeshListenerAutoConfiguration;
import io.github.bootmesh.autoconfigure.listener.MeshListeners;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.autoconfigure.server.PlaintextCallers;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamAutoConfiguration;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.tls.MeshTls;

/**
 * Auto-configuration of what operators see: health, endpoint, meters.
 */
@AutoConfiguration(
		after = { MeshIdentityAutoConfiguration.class, MeshIntentionAutoConfiguration.class,
				MeshRegistrationAutoConfiguration.class, MeshUpstreamAutoConfiguration.class,
				MeshExternalAutoConfiguration.class, MeshListenerAutoConfiguration.class },
		afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration",
		beforeName = "org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration")
@ConditionalOnMeshEnabled
@ConditionalOnBean(MeshIdentity.class)
public final class MeshActuatorAutoConfiguration {

	@Bean
	MeshState meshState(MeshIdentity identity, MeshTls tls, Watches watches, ObjectProvider<Authorizer> authorizer,
			ObjectProvider<PlaintextCallers> plaintext, ObjectProvider<MeshRegistrationLifecycle> registration,
			ObjectProvider<PublicListenerLifecycle> listener, ObjectProvider<ExternalProxy> proxy,
			ObjectProvider<Endpoints> endpoints, ObjectProvider<MeshUpstreams> upstreams,
			ObjectProvider<MeshListeners> listeners) {
		return new MeshState(identity, tls, watches, authorizer, plaintext, registration, listener, proxy, endpoints,
				upstreams, listeners);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Health.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnEnabledHealthIndicator("mesh")
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = "meshHealthIndicator")
		MeshHealthIndicator meshHealthIndicator(MeshState state) {
			return new MeshHealthIndicator(state, Clock.systemUTC());
		}

		// A group that somebody composed is left as it is.
		@Bean
		static HealthEndpointGroupsPostProcessor meshReadinessGroupPostProcessor(Environment environment) {
			boolean composed = Binder.get(environment)
				.bind("management.endpoint.health.group.readiness", HealthEndpointProperties.Group.class)
				.isBound();
			return (groups) -> composed ? groups : new MeshReadinessGroups(groups);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
	@ConditionalOnAvailableEndpoint(MeshEndpoint.class)
	static class EndpointConfiguration {

		@Bean
		MeshEndpoint meshEndpoint(MeshState state) {
			return new MeshEndpoint(state);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetersConfiguration {

		@Bean
		MeshMeterBinder meshMeterBinder(MeshState state) {
			return new MeshMeterBinder(state, Clock.systemUTC());
		}

		@Bean
		@ConditionalOnBean(MeshUpstreams.class)
		UpstreamMeters meshUpstreamMeters(MeshUpstreams upstreams) {
			return new UpstreamMeters(upstreams);
		}

		@Bean
		@ConditionalOnBean(Decisions.class)
		DecisionMeters meshDecisionMeters(Decisions decisions) {
			return new DecisionMeters(decisions);
		}

		@Bean
		ListenerMeters meshListenerMeters(MeshState state, ObjectProvider<PublicListenerLifecycle> listener,
				ObjectProvider<ServiceName> service) {
			PublicListenerLifecycle own = listener.getIfAvailable();
			return new ListenerMeters((own != null)
					? new ListenerMeters.Relayed(service.getObject().value(), state.tls(), own::status) : null,
					state.listeners(), Clock.systemUTC());
		}

	}

}
