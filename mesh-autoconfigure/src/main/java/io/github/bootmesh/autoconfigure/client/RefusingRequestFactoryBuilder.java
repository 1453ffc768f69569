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
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.ReactorClientHttpRequestFactoryBuilder;
import org.springframework.http.client.ClientHttpRequestFactory;

/**
 * Builds request factories as the builder that it decorates, for {@code RestClient} and
 * {@code RestTemplate}. They do not reach the mesh, and refuse a mesh name rather than
 * dial it in plaintext.
 */
final class RefusingRequestFactoryBuilder implements ClientHttpRequestFactoryBuilder<ClientHttpRequestFactory> {

	private final ClientHttpRequestFactoryBuilder<?> builder;

	private final Supplier<MeshRoutes> routes;

	RefusingRequestFactoryBuilder(ClientHttpRequestFactoryBuilder<?> builder, Supplier<MeshRoutes> routes) {
		this.builder = builder;
		this.routes = routes;
	}

	@Override
	public ClientHttpRequestFactory build(@Nullable HttpClientSettings settings) {
		MeshRoutes known = this.routes.get();
		ClientHttpRequestFactory plain = plain(settings, new RedirectGuard(known));
		return (uri, method) -> {
			refuseMesh(known, uri);
			return plain.createRequest(uri, method);
		};
	}

	private ClientHttpRequestFactory plain(@Nullable HttpClientSettings settings, RedirectGuard guard) {
		if (this.builder instanceof ReactorClientHttpRequestFactoryBuilder reactor) {
			return reactor.withHttpClientCustomizer(guard::guard).build(settings);
		}
		return this.builder.build(guard.withoutRedirects(settings, this.builder));
	}

	private static void refuseMesh(MeshRoutes routes, URI uri) {
		if (routes.destination(uri).isPresent()) {
			throw new UnsupportedOperationException("'" + uri.getRawAuthority()
					+ "' is a mesh name, which RestClient and RestTemplate do not reach yet and do not dial in "
					+ "plaintext: use WebClient, or leave the host alone with bootmesh.client.exclude");
		}
	}

}
