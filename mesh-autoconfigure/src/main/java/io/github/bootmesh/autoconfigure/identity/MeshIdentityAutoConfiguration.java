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

package io.github.bootmesh.autoconfigure.identity;

import java.time.Clock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.identity.AgentIdentitySource;
import io.github.bootmesh.identity.IdentitySource;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

/**
 * Auto-configuration of the identity of this service and of the TLS made of it.
 */
@AutoConfiguration(after = MeshConsulAutoConfiguration.class)
@ConditionalOnMeshEnabled
@EnableConfigurationProperties({ MeshProperties.class, MeshIdentityProperties.class })
public final class MeshIdentityAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ServiceName meshServiceName(MeshProperties properties, Environment environment) {
		return ServiceName.of(properties, environment);
	}

	@Bean
	@ConditionalOnMissingBean
	IdentitySource meshIdentitySource(ConsulClient consul, Watches watches, ServiceName service) {
		return new AgentIdentitySource(consul, watches, service.value());
	}

	// Fetching starts here, so that a bean that connects while it is made can be served.
	@Bean(initMethod = "start")
	@ConditionalOnMissingBean
	MeshIdentity meshIdentity(IdentitySource source, ServiceName service, ConsulConnectionDetails consul,
			MeshIdentityProperties properties) {
		return new MeshIdentity(source, properties.expectation(service.value(), consul), Clock.systemUTC());
	}

	// Whoever takes calls decides on them by intentions.
	@Bean
	@ConditionalOnMissingBean
	PeerAdmission meshPeerAdmission() {
		return PeerAdmission.NOBODY;
	}

	@Bean
	@ConditionalOnMissingBean
	MeshTls meshTls(MeshIdentity identity, ObjectProvider<TlsSettings> settings, PeerAdmission admission,
			ObjectProvider<Authorizer> authorizer) {
		MeshTls tls = new MeshTls(identity, settings.getIfAvailable(() -> TlsSettings.DEFAULTS), admission,
				Clock.systemUTC());
		authorizer.ifAvailable((changing) -> changing.onChange(tls::admissionChanged));
		return tls;
	}

	@Bean
	MeshIdentityLifecycle meshIdentityLifecycle(MeshIdentity identity, MeshProperties properties, ServiceName service,
			IdentitySource source, ConsulClient consul, Watches watches, ObjectProvider<Authorizer> authorizer,
			Environment environment) {
		Supplier<@Nullable ConsulException> diagnosis = (source instanceof AgentIdentitySource)
				? new AgentDiagnosis(consul, service.value()) : () -> null;
		Authorizer deciding = authorizer.getIfAvailable();
		// A proxy of its own has the identity; who calls through Bootmesh all the same
		// waits for ours then.
		boolean required = InboundProperties.effectiveMode(environment) != InboundProperties.Mode.EXTERNAL;
		return new MeshIdentityLifecycle(identity, required, properties, diagnosis,
				(deciding != null) ? new FirstIntentions(deciding, watches, service) : null);
	}

}
