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

package io.github.bootmesh.autoconfigure.client;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import reactor.core.publisher.Mono;

import io.github.bootmesh.Destination;

/**
 * A connector that carries mesh URLs through the mesh and leaves every other one to the
 * connector that Boot has built. Redirects of mesh services are given to the caller, not
 * followed: no redirect decides whom the identity is shown to.
 */
final class MeshConnector implements ClientHttpConnector {

	private final ClientHttpConnector plain;

	private final MeshHttpClient mesh;

	private final @Nullable Duration readTimeout;

	MeshConnector(ClientHttpConnector plain, MeshHttpClient mesh, @Nullable Duration readTimeout) {
		this.plain = plain;
		this.mesh = mesh;
		this.readTimeout = readTimeout;
	}

	@Override
	public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
		Optional<Destination> destination;
		try {
			destination = this.mesh.routes().destination(uri);
		}
		catch (RuntimeException ex) {
			return Mono.error(ex);
		}
		return destination
			.map((there) -> this.mesh.exchanges()
				.exchange(there, method, uri, requestCallback,
						(expectation) -> this.mesh.connections().connector(expectation, this.readTimeout)))
			.orElseGet(() -> this.plain.connect(method, uri, requestCallback));
	}

}
