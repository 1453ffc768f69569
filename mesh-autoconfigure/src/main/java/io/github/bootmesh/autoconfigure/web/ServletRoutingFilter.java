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
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriUtils;

import io.github.bootmesh.autoconfigure.server.Caller;
import io.github.bootmesh.autoconfigure.server.Problem;
import io.github.bootmesh.intention.Decision;

/**
 * Has a request decided on once more where it is routed on another method or path than
 * was sent: by then the container and other filters may have normalized the path, taken
 * the method from a parameter, a slash from the end of the path, or the path from a
 * header. All have to be allowed.
 */
final class ServletRoutingFilter implements Filter {

	// DispatcherServlet.WEB_APPLICATION_CONTEXT_ATTRIBUTE, which is there from the first
	// handler on.
	private static final String HANDLED = "org.springframework.web.servlet.DispatcherServlet.CONTEXT";

	private final RequestJudge judge;

	private final BooleanSupplier anyCase;

	/**
	 * Creates the filter.
	 * @param judge decides
	 * @param anyCase whether paths are routed in any case
	 */
	ServletRoutingFilter(RequestJudge judge, BooleanSupplier anyCase) {
		this.judge = judge;
		this.anyCase = anyCase;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		Problem problem = isOfHandler(request) ? null : problem((HttpServletRequest) request);
		if (problem != null) {
			ServletCall.refuse((HttpServletResponse) response, problem);
			return;
		}
		chain.doFilter(request, response);
	}

	// What a handler forwards to is its own affair, unlike what a filter does.
	private static boolean isOfHandler(ServletRequest request) {
		return request.getDispatcherType() == DispatcherType.FORWARD && request.getAttribute(HANDLED) != null;
	}

	private @Nullable Problem problem(HttpServletRequest request) {
		ServletCall call = ServletCall.of(request);
		if (call == null) {
			return Problem.FORBIDDEN;
		}
		for (String path : paths(request)) {
			RoutedRequest routed = RoutedRequest.of(call, request.getMethod(), path, this.anyCase.getAsBoolean());
			Decision decision = routed.isAsSent() ? null
					: this.judge.decideRouted(Caller.of(call.peer()), routed).block();
			if (decision != null && !decision.allowed()) {
				return Problem.of(decision);
			}
		}
		return null;
	}

	// Spring's patterns look at the raw path, servlet mappings at the decoded one. The
	// context path is the true one, not what a header may have made of it.
	private static Set<String> paths(HttpServletRequest request) {
		String context = request.getServletContext().getContextPath();
		String raw = request.getRequestURI();
		String decoded = request.getServletPath() + ((request.getPathInfo() != null) ? request.getPathInfo() : "");
		Set<String> paths = new LinkedHashSet<>();
		paths.add(context
				+ (raw.startsWith(request.getContextPath()) ? raw.substring(request.getContextPath().length()) : raw));
		paths.add(context + UriUtils.encodePath(decoded, StandardCharsets.UTF_8));
		return paths;
	}

}
