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

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.web.filter.OncePerRequestFilter;

import io.github.bootmesh.MeshPeer;

/**
 * Makes the verified peer of a request its authentication, for this request only.
 */
final class MeshAuthenticationFilter extends OncePerRequestFilter {

	private final PeerAuthentications peers;

	private final SecurityContextHolderStrategy contexts;

	// For the dispatches of the same request, never for a session.
	private final SecurityContextRepository repository = new RequestAttributeSecurityContextRepository();

	MeshAuthenticationFilter(PeerAuthentications peers, SecurityContextHolderStrategy contexts) {
		this.peers = peers;
		this.contexts = contexts;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		if (PeerAuthentications.givesWay(this.contexts.getContext().getAuthentication())) {
			SecurityContext context = this.contexts.createEmptyContext();
			if (request.getAttribute(MeshPeer.class.getName()) instanceof MeshPeer peer) {
				context.setAuthentication(this.peers.of(peer));
			}
			this.contexts.setContext(context);
			this.repository.saveContext(context, request, response);
		}
		chain.doFilter(request, response);
	}

}
