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

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.stream.Stream;

import org.apache.catalina.connector.Connector;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.ConditionalOnSidecarInbound;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.SharedManagementPortWarning;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.relay.PublicListener;
import io.github.bootmesh.relay.RelayLoops;
import io.github.bootmesh.relay.RelaySettings;
import io.github.bootmesh.tls.MeshTls;

/**
 * Auto-configuration of a public mTLS listener in front of the embedded server, which
 * stays as it is but on loopback, or in front of any other local port or a Unix socket.
 */
@AutoConfiguration(after = { MeshServerAutoConfiguration.class, MeshRelayAutoConfiguration.class })
@ConditionalOnMeshEnabled
@ConditionalOnSidecarInbound
public final class MeshSidecarAutoConfiguration {

	@Bean
	PublicListenerLifecycle meshPublicListenerLifecycle(InboundProperties properties, RelayLoops loops, MeshTls tls,
			ObjectProvider<LocalApplication> server, Authorizer authorizer, ListableBeanFactory beans) {
		requireNoAuthorizers(beans, "sidecar");
		RequestRulesWarning.follow(authorizer);
		RelaySettings settings = RelaySettings.DEFAULTS.withMaxConnections(properties.maxConnections())
			.withIdleTimeout(properties.idleTimeout());
		UnixDomainSocketAddress socket = properties.localSocket();
		LocalApplication application = (socket != null) ? new LocalSocket(socket)
				: server.getIfAvailable(() -> withoutWebServer(properties.localPort()));
		return new PublicListenerLifecycle("bootmesh.inbound", bind(properties), application,
				(bind, local) -> new PublicListener(bind, local, loops, tls, settings, properties.proxyProtocol()));
	}

	@Bean
	ExposedPaths meshExposedPaths(InboundProperties properties, PublicListenerLifecycle listener) {
		return new ExposedPaths(properties.expose().paths(), properties.address(), properties.proxyProtocol(),
				listener);
	}

	// Only requests could be put to them.
	static void requireNoAuthorizers(ListableBeanFactory beans, String mode) {
		List<String> names = List.of(beans.getBeanNamesForType(MeshAuthorizer.class, true, false));
		if (!names.isEmpty()) {
			throw new FailureAnalyzedException("The MeshAuthorizer beans " + names
					+ " would never be asked: 'bootmesh.inbound.mode=" + mode + "' does not look into requests.",
					"Remove them, or set 'bootmesh.inbound.mode=native'.");
		}
	}

	private static InetSocketAddress bind(InboundProperties properties) {
		InetAddress address = properties.address();
		return (address != null) ? new InetSocketAddress(address, properties.port())
				: new InetSocketAddress(properties.port());
	}

	private static LocalApplication withoutWebServer(@Nullable Integer localPort) {
		return (localPort != null) ? new LocalPort(localPort) : () -> {
			throw PublicListenerLifecycle.noApplication("this application runs no web server");
		};
	}

	// Found when it is asked for: beans that depend on each other share a phase.
	@Bean
	PublicListenerDrain meshPublicListenerDrain(ObjectProvider<PublicListenerLifecycle> lifecycle,
			InboundProperties properties) {
		return new PublicListenerDrain(() -> lifecycle.getObject().listener(), properties.drainTimeout());
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(AbstractConfigurableWebServerFactory.class)
	@ConditionalOnWebApplication
	static class WebServerConfiguration {

		@Bean
		LoopbackServer meshLoopbackServer(ApplicationContext context, InboundProperties properties,
				ObjectProvider<FurtherPorts> furtherPorts) {
			return new LoopbackServer(context, properties.localPort(), properties.localSocket() != null,
					furtherPorts.getIfAvailable(() -> (server) -> List.of()));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ManagementPortType.class)
	@ConditionalOnWebApplication
	static class ManagementConfiguration {

		@Bean
		ApplicationListener<WebServerInitializedEvent> meshSharedManagementPortWarning(Environment environment) {
			// Who has chosen the address knows who comes there.
			return environment.containsProperty("server.address") ? (event) -> {
			} : new SharedManagementPortWarning(environment,
					"on loopback, where no kubelet, Prometheus or Consul HTTP check of another host comes");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ TomcatWebServer.class, Connector.class })
	static class TomcatConfiguration {

		@Bean
		FurtherPorts meshTomcatConnectors() {
			return (server) -> (server instanceof TomcatWebServer tomcat)
					? Stream.of(tomcat.getTomcat().getService().findConnectors()).map(Connector::getLocalPort).toList()
					: List.of();
		}

	}

}
