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

import org.springframework.context.ApplicationContext;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.web.authentication.preauth.x509.X509AuthenticationFilter;

/**
 * Authenticates verified peers of the mesh in a {@code SecurityFilterChain} of the
 * application: {@code http.with(MeshSecurity.mesh(), withDefaults())}.
 * <p>
 * The result is a {@link MeshAuthentication}, unless the request is authenticated as
 * something else already. Other credentials that a request carries, such as a bearer
 * token, are looked at later and win. Who did not come through the mesh stays anonymous.
 *
 * @see MeshServerSecurity the same for WebFlux
 */
public final class MeshSecurity extends AbstractHttpConfigurer<MeshSecurity, HttpSecurity> {

	private MeshSecurity() {
	}

	/**
	 * The configurer for a chain.
	 * @return a new configurer
	 */
	public static MeshSecurity mesh() {
		return new MeshSecurity();
	}

	@Override
	public void configure(HttpSecurity http) {
		PeerAuthentications peers = PeerAuthentications.of(http.getSharedObject(ApplicationContext.class));
		if (peers != null) {
			http.addFilterAt(new MeshAuthenticationFilter(peers, getSecurityContextHolderStrategy()),
					X509AuthenticationFilter.class);
		}
	}

}
