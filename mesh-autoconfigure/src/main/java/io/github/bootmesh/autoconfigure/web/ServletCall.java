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
import java.util.Collections;
import java.util.List;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.server.ForwardedClientCertificate;
import io.github.bootmesh.autoconfigure.server.Problem;
import io.github.bootmesh.intention.RequestFacts;

/**
 * A request that came through the mesh, as it was on the wire.
 *
 * @param peer who sent it
 * @param method the method that was sent
 * @param target the target that was sent
 * @param sent the container's request, without what filters have put around it
 * @param forwarded what is seen in place of the header X-Forwarded-Client-Cert
 */
record ServletCall(MeshPeer peer, String method, String target, HttpServletRequest sent,
		List<String> forwarded) implements RequestFacts {

	private static final String ATTRIBUTE = ServletCall.class.getName();

	static ServletCall of(MeshPeer peer, HttpServletRequest sent, List<String> forwarded) {
		String query = sent.getQueryString();
		return new ServletCall(peer, sent.getMethod(),
				(query != null) ? sent.getRequestURI() + "?" + query : sent.getRequestURI(), sent, forwarded);
	}

	/** The request that the container has made. */
	static HttpServletRequest sent(ServletRequest request) {
		ServletRequest sent = request;
		while (sent instanceof ServletRequestWrapper wrapper) {
			sent = wrapper.getRequest();
		}
		return (HttpServletRequest) sent;
	}

	/** The call that was {@link #keep kept} with a request. */
	static @Nullable ServletCall of(ServletRequest request) {
		return (ServletCall) request.getAttribute(ATTRIBUTE);
	}

	void keep() {
		this.sent.setAttribute(ATTRIBUTE, this);
		this.sent.setAttribute(MeshPeer.class.getName(), this.peer);
	}

	static void refuse(HttpServletResponse response, Problem problem) throws IOException {
		byte[] body = problem.body();
		response.setStatus(problem.status());
		response.setContentType(Problem.MEDIA_TYPE);
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

	@Override
	public List<String> headers(String name) {
		return ForwardedClientCertificate.HEADER.equalsIgnoreCase(name) ? this.forwarded
				: Collections.list(this.sent.getHeaders(name));
	}

	// Header values are nobody's business.
	@Override
	public String toString() {
		return this.method + " request";
	}

}
