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

import java.util.Locale;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.StringUtils;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.identity.IdentityExpectation;

/**
 * Settings of the identity that is accepted.
 *
 * @param trustDomain Trust domain of the mesh, by default that of the first identity that
 * Consul gives.
 */
@ConfigurationProperties("bootmesh.identity")
public record MeshIdentityProperties(@Nullable String trustDomain) {

	public MeshIdentityProperties {
		trustDomain = StringUtils.hasText(trustDomain) ? trustDomain.strip().toLowerCase(Locale.ROOT) : null;
	}

	/**
	 * The identity that a service of this process has to have.
	 * @param service the service
	 * @param consul the agent that signs it
	 * @return the expectation
	 */
	@Internal
	public IdentityExpectation expectation(String service, ConsulConnectionDetails consul) {
		// Whichever datacenter is asked, the agent signs for its own.
		return new IdentityExpectation(service, null, orDefault(consul.getNamespace()),
				orDefault(consul.getPartition()), this.trustDomain, consul.isDevelopment());
	}

	private static String orDefault(@Nullable String name) {
		return (name != null) ? name : SpiffeId.DEFAULT;
	}

}
