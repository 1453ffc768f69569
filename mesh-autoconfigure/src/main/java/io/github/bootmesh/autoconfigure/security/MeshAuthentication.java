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

import java.util.Collection;

import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;

import io.github.bootmesh.MeshPeer;

/**
 * A verified peer of the mesh as Spring Security's authentication. It holds for one
 * request: the next one is authenticated by its own connection.
 * <p>
 * Its authorities are {@code MESH_SERVICE_<service>}, {@code MESH_DC_<datacenter>} and
 * {@code MESH_NS_<namespace>} for a service of our own trust domain in the default
 * namespace and partition. Names elsewhere are not ours to tell apart by, so they come
 * with where they are:
 * {@code MESH_SERVICE_<trust domain>/<partition>/<namespace>/<service>},
 * {@code MESH_NS_<trust domain>/<partition>/<namespace>} for a partition other than the
 * default one or another trust domain, and {@code MESH_DC_<trust domain>/<datacenter>}
 * for another trust domain. No name holds a slash.
 */
public final class MeshAuthentication extends AbstractAuthenticationToken {

	private static final long serialVersionUID = 1L;

	private final transient MeshPeer peer;

	MeshAuthentication(MeshPeer peer, Collection<GrantedAuthority> authorities) {
		super(authorities);
		this.peer = peer;
		setAuthenticated(true);
	}

	@Override
	public MeshPeer getPrincipal() {
		return this.peer;
	}

	/**
	 * There is nothing to show: the private key never leaves the peer.
	 * @return an empty text
	 */
	@Override
	public Object getCredentials() {
		return "";
	}

}
