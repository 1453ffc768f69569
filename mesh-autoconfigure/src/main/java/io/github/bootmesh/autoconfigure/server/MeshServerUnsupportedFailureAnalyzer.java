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

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains a {@link MeshServerUnsupportedException}.
 */
final class MeshServerUnsupportedFailureAnalyzer extends AbstractFailureAnalyzer<MeshServerUnsupportedException> {

	@Override
	protected FailureAnalysis analyze(Throwable failure, MeshServerUnsupportedException cause) {
		return new FailureAnalysis(
				cause.getMessage() + ": only an embedded Reactor Netty server is supported yet, "
						+ "and without mesh TLS its port would speak plain HTTP.",
				"Use spring-boot-starter-webflux with Reactor Netty as an executable jar, or set "
						+ "bootmesh.inbound.mode=sidecar to keep the server on loopback behind a public listener, "
						+ "or bootmesh.inbound.mode=none if this application accepts nothing from the mesh.",
				cause);
	}

}
