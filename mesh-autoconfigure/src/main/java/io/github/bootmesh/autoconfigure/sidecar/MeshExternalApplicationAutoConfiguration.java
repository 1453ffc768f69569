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

package io.github.bootmesh.autoconfigure.sidecar;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.server.ConditionalOnExternalInbound;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;

/**
 * Auto-configuration of the embedded server, or another local port, behind a proxy of its
 * own.
 */
@AutoConfiguration(after = MeshServerAutoConfiguration.class)
@ConditionalOnMeshEnabled
@ConditionalOnExternalInbound
@Import({ MeshSidecarAutoConfiguration.WebServerConfiguration.class,
		MeshSidecarAutoConfiguration.ManagementConfiguration.class,
		MeshSidecarAutoConfiguration.TomcatConfiguration.class })
public final class MeshExternalApplicationAutoConfiguration {

	private static final int DEFAULT_SERVER_PORT = 8080;

	@Bean
	ExternalApplication meshExternalApplication(InboundProperties properties, ObjectProvider<LocalApplication> server,
			ApplicationContext context, ListableBeanFactory beans) {
		MeshSidecarAutoConfiguration.requireNoAuthorizers(beans, "external");
		Integer localPort = properties.localPort();
		LocalApplication own = server.getIfAvailable();
		if (own != null) {
			boolean mock = !(context instanceof WebServerApplicationContext);
			return new ExternalApplication(mock ? null : ports(context.getEnvironment(), properties), own);
		}
		if (localPort == null) {
			throw new FailureAnalyzedException(
					"'bootmesh.inbound.mode=external' needs a local port for the proxy to lead to, but this application "
							+ "runs no web server.",
					"Set 'bootmesh.inbound.local-port' to the port on loopback where the application listens.");
		}
		return new ExternalApplication(ports(context.getEnvironment(), properties), new LocalPort(localPort));
	}

	private static PublicListenerLifecycle.Ports ports(Environment environment, InboundProperties properties) {
		Integer localPort = properties.localPort();
		int port = (localPort != null) ? localPort
				: environment.getProperty("server.port", Integer.class, DEFAULT_SERVER_PORT);
		if (port <= 0) {
			throw new FailureAnalyzedException(
					"'server.port' is " + port
							+ ", but with 'bootmesh.inbound.mode=external' the proxy has to know the "
							+ "port before the web server is made.",
					"Set 'server.port' to a port of its own, or 'bootmesh.inbound.local-port' to the port on loopback "
							+ "where the application listens.");
		}
		if (port == properties.port()) {
			throw new FailureAnalyzedException(
					"The proxy is to listen on port " + port + ", as the application does on loopback: who reaches the "
							+ "one could not be told from who reaches the other.",
					"Set 'bootmesh.inbound.port' and the port of the application to different ones.");
		}
		return new PublicListenerLifecycle.Ports(port, properties.port());
	}

}
