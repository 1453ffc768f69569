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

package io.github.bootmesh.autoconfigure.server;

import java.util.List;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServerRequest;

import io.github.bootmesh.Internal;
import io.github.bootmesh.intention.RequestFacts;

/**
 * What rules look at in a request of Reactor Netty, as it was on the wire. It outlives
 * the exchange's operations, which a WebSocket replaces.
 *
 * @param method the method
 * @param target the target
 * @param sent the headers
 */
@Internal
public record NettyRequestFacts(String method, String target, HttpHeaders sent) implements RequestFacts {

	/**
	 * What is known of a request.
	 * @param request the request
	 * @return the facts
	 */
	public static NettyRequestFacts of(HttpServerRequest request) {
		return new NettyRequestFacts(request.method().name(), request.uri(), request.requestHeaders());
	}

	@Override
	public List<String> headers(String name) {
		return this.sent.getAll(name);
	}

	// Of the same request, whose headers nobody copies.
	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof NettyRequestFacts facts && facts.sent == this.sent;
	}

	@Override
	public int hashCode() {
		return System.identityHashCode(this.sent);
	}

	// Header values are nobody's business.
	@Override
	public String toString() {
		return this.method + " request";
	}

}
