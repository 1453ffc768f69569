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

import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.autoconfigure.server.ForwardedClientCertificate;

/**
 * Shows the header X-Forwarded-Client-Cert as the application may see it.
 */
final class ForwardedClientCertRequest extends HttpServletRequestWrapper {

	private final List<String> seen;

	ForwardedClientCertRequest(HttpServletRequest request, List<String> seen) {
		super(request);
		this.seen = seen;
	}

	@Override
	public @Nullable String getHeader(String name) {
		if (isForwarded(name)) {
			return this.seen.isEmpty() ? null : this.seen.get(0);
		}
		return super.getHeader(name);
	}

	@Override
	public Enumeration<String> getHeaders(String name) {
		return isForwarded(name) ? Collections.enumeration(this.seen) : super.getHeaders(name);
	}

	@Override
	public Enumeration<String> getHeaderNames() {
		Set<String> names = new LinkedHashSet<>(Collections.list(super.getHeaderNames()));
		names.removeIf(ForwardedClientCertRequest::isForwarded);
		if (!this.seen.isEmpty()) {
			names.add(ForwardedClientCertificate.HEADER);
		}
		return Collections.enumeration(names);
	}

	private static boolean isForwarded(String name) {
		return ForwardedClientCertificate.HEADER.equalsIgnoreCase(name);
	}

}
