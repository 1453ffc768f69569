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

package io.github.bootmesh.autoconfigure.security;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.core.Authentication;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.identity.MeshIdentity;

/**
 * Auto-configuration of what {@link MeshSecurity} and {@link MeshServerSecurity} need. It
 * makes no security chain: the application's own says where they are used.
 */
@AutoConfiguration(after = MeshIdentityAutoConfiguration.class)
@ConditionalOnMeshEnabled
@ConditionalOnWebApplication
@ConditionalOnClass(Authentication.class)
@ConditionalOnBean(MeshIdentity.class)
public final class MeshSecurityAutoConfiguration {

	@Bean
	PeerAuthentications meshPeerAuthentications(MeshIdentity identity) {
		return new PeerAuthentications(identity);
	}

}
