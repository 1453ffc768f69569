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

package io.github.bootmesh.sample.member;

import java.net.InetSocketAddress;

import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;

/**
 * This service's view of itself.
 */
public final class Self {

	private final MeshIdentity identity;

	private final Environment environment;

	Self(MeshIdentity identity, Environment environment) {
		this.identity = identity;
		this.environment = environment;
	}

	/**
	 * What this service tells about itself.
	 * @param address the address that it was asked on
	 * @return the description
	 */
	public Member describe(InetSocketAddress address) {
		IdentityGeneration generation = this.identity.current();
		return new Member(generation.spiffeId().service(), generation.spiffeId().toString(), generation.number(),
				generation.notBefore(), generation.notAfter(), address.getHostString() + ":" + address.getPort(),
				health());
	}

	/**
	 * This service as a station of a call.
	 * @param caller who was seen calling, {@code null} for a caller outside the mesh
	 * @param answer what this service has to say
	 * @return the station
	 */
	public Hop hop(@Nullable MeshPeer caller, String answer) {
		IdentityGeneration generation = this.identity.current();
		return new Hop(generation.spiffeId().service(), generation.spiffeId().toString(), generation.number(),
				(caller != null) ? caller.id().toString() : null, answer, null, null);
	}

	private @Nullable String health() {
		String port = this.environment.getProperty("local.management.port");
		return (port != null) ? "http://127.0.0.1:" + port + "/actuator/health" : null;
	}

}
