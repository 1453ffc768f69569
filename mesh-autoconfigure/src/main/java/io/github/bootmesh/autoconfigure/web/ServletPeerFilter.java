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

package io.github.bootmesh.autoconfigure.web;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.server.Caller;
import io.github.bootmesh.autoconfigure.server.ForwardedClientCertificate;
import io.github.bootmesh.autoconfigure.server.Problem;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerRefusedException;

/**
 * Decides on each request as it was on the wire, and gives it the verified peer of its
 * connection, as the attribute that is named after {@link MeshPeer}. Who has none is
 * refused.
 */
final class ServletPeerFilter implements Filter {

	private static final Logger logger = LoggerFactory.getLogger(ServletPeerFilter.class);

	private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

	private final MeshTls tls;

	private final RequestJudge judge;

	private final ForwardedClientCertificate forwarded;

	ServletPeerFilter(MeshTls tls, RequestJudge judge, ForwardedClientCertificate forwarded) {
		this.tls = tls;
		this.judge = judge;
		this.forwarded = forwarded;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		ServletCall call = (request.getDispatcherType() == DispatcherType.REQUEST) ? call(request)
				: ServletCall.of(request);
		if (call == null) {
			ServletCall.refuse((HttpServletResponse) response, Problem.FORBIDDEN);
			return;
		}
		if (request.getDispatcherType() == DispatcherType.REQUEST) {
			Decision decision = this.judge.decide(Caller.of(call.peer()), call).block();
			if (decision == null || !decision.allowed()) {
				ServletCall.refuse((HttpServletResponse) response,
						(decision != null) ? Problem.of(decision) : Problem.FORBIDDEN);
				return;
			}
			call.keep();
		}
		// Also in an error's dispatch, which begins with the container's request again.
		chain.doFilter(new ForwardedClientCertRequest((HttpServletRequest) request, call.forwarded()), response);
	}

	private @Nullable ServletCall call(ServletRequest request) {
		HttpServletRequest sent = ServletCall.sent(request);
		MeshPeer peer = peer(sent);
		if (peer == null) {
			return null;
		}
		List<String> values = Collections.list(sent.getHeaders(ForwardedClientCertificate.HEADER));
		return ServletCall.of(peer, sent, this.forwarded.seen(peer, values));
	}

	private @Nullable MeshPeer peer(HttpServletRequest sent) {
		if (!(sent.getAttribute(CERTIFICATES) instanceof X509Certificate[] shown) || shown.length == 0) {
			logger.debug("Refused a {} without a certificate", sent.getMethod());
			return null;
		}
		try {
			return this.tls.client(shown);
		}
		catch (PeerRefusedException ex) {
			logger.debug("Refused a {}: {}", sent.getMethod(), ex.getMessage());
			return null;
		}
	}

}
