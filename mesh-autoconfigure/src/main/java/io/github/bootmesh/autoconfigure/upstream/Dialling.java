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

package io.github.bootmesh.autoconfigure.upstream;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.listener.MeshListener;
import io.github.bootmesh.autoconfigure.listener.MeshListeners;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.relay.RelayLoops;
import io.github.bootmesh.relay.Upstream;
import io.github.bootmesh.relay.UpstreamListener;
import io.github.bootmesh.tls.MeshTls;

/**
 * Makes the local listeners of upstreams, each for the service as which it dials.
 *
 * @param loops where the connections are relayed, made when something is opened first
 * @param endpoints who follows the destinations
 * @param identity who the application is
 * @param tls TLS of that identity
 * @param listeners who else it is, {@code null} if nobody
 */
record Dialling(ObjectProvider<RelayLoops> loops, Endpoints endpoints, MeshIdentity identity, MeshTls tls,
		@Nullable MeshListeners listeners) {

	/**
	 * Makes a listener.
	 * @throws IllegalArgumentException if no service has the identity that is wanted
	 */
	UpstreamListener listener(Upstream upstream, MeshUpstream wanted) {
		MeshListener other = other(wanted);
		return new UpstreamListener(upstream, this.loops.getObject(), self(wanted).map(SpiffeId::trustDomain),
				this.endpoints, (other != null) ? other.tls() : this.tls, wanted.settings());
	}

	/**
	 * Who dials. A connection that comes before the first identity waits for it, as long
	 * as its connect timeout allows.
	 * @throws IllegalArgumentException if no service has the identity that is wanted
	 */
	Mono<SpiffeId> self(MeshUpstream wanted) {
		MeshListener other = other(wanted);
		MeshIdentity dialling = (other != null) ? other.identity() : this.identity;
		Mono<IdentityGeneration> first = Mono.fromFuture(dialling.ready().toCompletableFuture(), true).cache();
		return Mono.fromCallable(dialling::current)
			.onErrorResume(MeshIdentityUnavailableException.class, (ex) -> first.map((ready) -> dialling.current()))
			.map(IdentityGeneration::spiffeId);
	}

	private @Nullable MeshListener other(MeshUpstream wanted) {
		String name = wanted.identity();
		if (name == null) {
			return null;
		}
		MeshListener other = (this.listeners != null) ? this.listeners.get(name) : null;
		if (other == null) {
			throw new IllegalArgumentException("No listener of that name is declared in 'bootmesh.inbound.listeners'.");
		}
		return other;
	}

}
