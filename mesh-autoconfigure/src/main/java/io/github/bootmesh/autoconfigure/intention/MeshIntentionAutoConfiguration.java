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

package io.github.bootmesh.autoconfigure.intention;

import java.time.Clock;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.ConditionalOnInbound;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.AgentIntentionSource;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.IntentionSource;
import io.github.bootmesh.tls.PeerAdmission;

/**
 * Auto-configuration of the intentions that decide who may call this service.
 */
@AutoConfiguration(after = MeshConsulAutoConfiguration.class, before = MeshIdentityAutoConfiguration.class)
@ConditionalOnMeshEnabled
@ConditionalOnInbound
@EnableConfigurationProperties({ IntentionProperties.class, InboundProperties.class })
public final class MeshIntentionAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	IntentionSource meshIntentionSource(ConsulClient consul, Watches watches, ServiceName service,
			IntentionProperties properties) {
		return new AgentIntentionSource(consul, watches, service.value(), properties.configuredPolicy(),
				properties.authorizerSettings());
	}

	@Bean(initMethod = "start")
	@ConditionalOnMissingBean
	Authorizer meshIntentionAuthorizer(IntentionSource source, MeshIdentity identity, IntentionProperties properties) {
		return new Authorizer(source, identity.ready().thenApply(IdentityGeneration::spiffeId),
				properties.authorizerSettings(), Clock.systemUTC());
	}

	@Bean
	Decisions meshDecisions(Authorizer authorizer) {
		return new Decisions(authorizer);
	}

	@Bean
	PeerAdmission meshPeerAdmission(Authorizer authorizer, Decisions decisions, InboundProperties inbound) {
		return new IntentionAdmission(authorizer, decisions, inbound.mode() == InboundProperties.Mode.SIDECAR);
	}

}
