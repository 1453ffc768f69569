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

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.identity.MeshIdentity;

/**
 * Authenticates peers, whose names mean something in our own trust domain only.
 */
final class PeerAuthentications {

	private final MeshIdentity self;

	PeerAuthentications(MeshIdentity self) {
		this.self = self;
	}

	/** Those of an application, or {@code null} if it is no member of the mesh. */
	static @Nullable PeerAuthentications of(@Nullable BeanFactory beans) {
		return (beans != null) ? beans.getBeanProvider(PeerAuthentications.class).getIfAvailable() : null;
	}

	/**
	 * Whether an authentication gives way to the one of the request's own connection: a
	 * user stays, another peer that a session has kept does not.
	 */
	static boolean givesWay(@Nullable Authentication present) {
		return present == null || present instanceof AnonymousAuthenticationToken
				|| present instanceof MeshAuthentication;
	}

	MeshAuthentication of(MeshPeer peer) {
		return new MeshAuthentication(peer, authorities(peer.id(), this.self.spiffeId()));
	}

	private static List<GrantedAuthority> authorities(SpiffeId id, @Nullable SpiffeId self) {
		boolean domain = self != null && self.trustDomain().equals(id.trustDomain());
		boolean partition = domain && id.partition().equals(SpiffeId.DEFAULT);
		boolean namespace = partition && id.namespace().equals(SpiffeId.DEFAULT);
		String where = id.trustDomain() + "/" + id.partition() + "/" + id.namespace();
		return List.of(new SimpleGrantedAuthority("MESH_SERVICE_" + (namespace ? "" : where + "/") + id.service()),
				new SimpleGrantedAuthority("MESH_DC_" + (domain ? "" : id.trustDomain() + "/") + id.datacenter()),
				new SimpleGrantedAuthority("MESH_NS_" + (partition ? id.namespace() : where)));
	}

}
