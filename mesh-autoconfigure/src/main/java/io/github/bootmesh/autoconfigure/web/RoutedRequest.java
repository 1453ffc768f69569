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

import java.util.List;

import io.github.bootmesh.intention.RequestFacts;

/**
 * A request as it is routed on, after filters have rewritten it.
 *
 * @param method the method that is routed on
 * @param target the path that is routed on, with the context path, and the query that was
 * sent
 * @param anyCase whether the path is routed in any case
 * @param wire the request as it was sent, whose headers count
 */
record RoutedRequest(String method, String target, boolean anyCase, RequestFacts wire) implements RequestFacts {

	static RoutedRequest of(RequestFacts wire, String method, String path, boolean anyCase) {
		int query = wire.target().indexOf('?');
		return new RoutedRequest(method, (query < 0) ? path : path + wire.target().substring(query), anyCase, wire);
	}

	/** Whether the decision on what was sent says all there is to say on this. */
	boolean isAsSent() {
		return !this.anyCase && this.method.equals(this.wire.method()) && this.target.equals(this.wire.target());
	}

	@Override
	public List<String> headers(String name) {
		return this.wire.headers(name);
	}

	// Header values are nobody's business.
	@Override
	public String toString() {
		return this.method + " request";
	}

}
