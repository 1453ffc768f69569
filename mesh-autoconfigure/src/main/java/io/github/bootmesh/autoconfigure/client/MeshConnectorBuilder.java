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

import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.http.client.reactive.ClientHttpConnector;

/**
 * Builds connectors as the builder that it decorates, each of which reaches the mesh too.
 */
final class MeshConnectorBuilder implements ClientHttpConnectorBuilder<ClientHttpConnector> {

	private final ClientHttpConnectorBuilder<?> builder;

	private final Supplier<MeshHttpClient> mesh;

	MeshConnectorBuilder(ClientHttpConnectorBuilder<?> builder, Supplier<MeshHttpClient> mesh) {
		this.builder = builder;
		this.mesh = mesh;
	}

	@Override
	public ClientHttpConnector build(@Nullable HttpClientSettings settings) {
		MeshHttpClient client = this.mesh.get();
		return new MeshConnector(plain(settings, new RedirectGuard(client.routes())), client,
				(settings != null) ? settings.readTimeout() : null);
	}

	private ClientHttpConnector plain(@Nullable HttpClientSettings settings, RedirectGuard guard) {
		if (this.builder instanceof ReactorClientHttpConnectorBuilder reactor) {
			return reactor.withHttpClientCustomizer(guard::guard).build(settings);
		}
		return this.builder.build(guard.withoutRedirects(settings, this.builder));
	}

}
