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

import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/**
 * Turns the main server into a mesh server, or stops the start: a server that is not
 * understood would otherwise speak plain HTTP. A separate management server is made in
 * its own context and is not seen here.
 */
final class MeshWebServerFactoryCustomizer
		implements WebServerFactoryCustomizer<ConfigurableWebServerFactory>, Ordered {

	private final List<ServerAdapter> adapters;

	MeshWebServerFactoryCustomizer(List<ServerAdapter> adapters) {
		this.adapters = adapters;
	}

	@Override
	public void customize(ConfigurableWebServerFactory factory) {
		if (factory instanceof AbstractConfigurableWebServerFactory configured && Ssl.isEnabled(configured.getSsl())) {
			throw new MeshServerSslConflictException();
		}
		this.adapters.stream()
			.filter((adapter) -> adapter.supports(factory))
			.findFirst()
			.orElseThrow(() -> new MeshServerUnsupportedException(factory.getClass().getName()))
			.secure(factory);
	}

	// After Boot's own customizers, which bring the user's settings.
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE - 10;
	}

}
