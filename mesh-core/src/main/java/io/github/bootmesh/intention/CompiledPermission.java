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

package io.github.bootmesh.intention;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

/**
 * A permission, compiled.
 */
final class CompiledPermission {

	private final @Nullable PathMatcher path;

	private final Set<String> methods;

	private final List<HeaderMatcher> headers;

	private final String wrongMethod;

	private final Decision decision;

	/**
	 * Compiles a permission.
	 * @param name what the permission is called
	 * @throws IllegalArgumentException if it is not understood
	 */
	CompiledPermission(Permission permission, String name) {
		this.path = (permission.path() != null) ? new PathMatcher(permission.path()) : null;
		this.methods = permission.methods();
		this.headers = permission.headers().stream().map(HeaderMatcher::new).toList();
		this.wrongMethod = Words.oneLine("method is not one of " + new TreeSet<>(permission.methods()));
		this.decision = permission.allow() ? new Decision(Decision.Outcome.ALLOWED, "allow by " + name)
				: new Decision(Decision.Outcome.DENIED, "deny by " + name);
	}

	/**
	 * What holds for the requests that it matches.
	 */
	Decision decision() {
		return this.decision;
	}

	boolean looksAtHost() {
		return this.headers.stream().anyMatch(HeaderMatcher::looksAtHost);
	}

	boolean hasTwoReadings() {
		return this.path != null && this.path.hasTwoReadings();
	}

	/**
	 * Why the permission does not match a request.
	 * @param reading which of the path's readings to look at
	 * @return the reason, or {@code null} if it matches
	 */
	@Nullable String mismatch(RequestFacts request, RequestPath path, PathReading reading) {
		if (!this.methods.isEmpty() && !this.methods.contains(request.method())) {
			return this.wrongMethod;
		}
		String mismatch = (this.path != null) ? this.path.mismatch(path, reading) : null;
		for (int i = 0; mismatch == null && i < this.headers.size(); i++) {
			mismatch = this.headers.get(i).mismatch(request);
		}
		return mismatch;
	}

}
