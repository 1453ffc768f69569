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

import org.springframework.security.authentication.ReactiveAuthenticationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.web.server.authentication.AuthenticationWebFilter;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;

/**
 * Authenticates verified peers of the mesh in a {@code SecurityWebFilterChain} of the
 * application:
 * {@code http.addFilterAt(MeshServerSecurity.mesh(), SecurityWebFiltersOrder.AUTHENTICATION)}.
 * <p>
 * The result is a {@link MeshAuthentication}, unless the request is authenticated as
 * something else already. Other credentials that a request carries, such as a bearer
 * token, are looked at later and win. Who did not come through the mesh stays anonymous.
 *
 * @see MeshSecurity the same for servlets
 */
public final class MeshServerSecurity {

	private MeshServerSecurity() {
	}

	/**
	 * The filter for a chain. It does not save its result: each request is authenticated
	 * by its own connection.
	 * @return a new filter
	 */
	public static WebFilter mesh() {
		ReactiveAuthenticationManager verifiedAlready = Mono::just;
		AuthenticationWebFilter filter = new AuthenticationWebFilter(verifiedAlready);
		filter.setServerAuthenticationConverter(MeshServerSecurity::authentication);
		return (exchange,
				chain) -> hasFormerPeerOnly(exchange).flatMap((former) -> former
						? chain.filter(exchange).contextWrite(ReactiveSecurityContextHolder.clearContext())
						: filter.filter(exchange, chain));
	}

	// A session may have kept the peer of another connection.
	private static Mono<Boolean> hasFormerPeerOnly(ServerWebExchange exchange) {
		boolean nobody = exchange.getAttribute(MeshPeer.class.getName()) == null;
		return ReactiveSecurityContextHolder.getContext()
			.map((context) -> nobody && context.getAuthentication() instanceof MeshAuthentication)
			.defaultIfEmpty(false);
	}

	private static Mono<Authentication> authentication(ServerWebExchange exchange) {
		PeerAuthentications peers = PeerAuthentications.of(exchange.getApplicationContext());
		MeshPeer peer = exchange.getAttribute(MeshPeer.class.getName());
		if (peers == null || peer == null) {
			return Mono.empty();
		}
		return ReactiveSecurityContextHolder.getContext()
			.map((context) -> PeerAuthentications.givesWay(context.getAuthentication()))
			.defaultIfEmpty(true)
			.flatMap((gives) -> gives ? Mono.just(peers.of(peer)) : Mono.empty());
	}

}
