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

/**
 * What all HTTP clients of the application share when they reach the mesh.
 *
 * @param routes which URLs lead into the mesh
 * @param exchanges how a request is carried
 * @param connections the pooled connections
 */
record MeshHttpClient(MeshRoutes routes, MeshExchanges exchanges,
		MeshConnections connections) implements AutoCloseable {

	@Override
	public void close() {
		this.connections.close();
	}

}
