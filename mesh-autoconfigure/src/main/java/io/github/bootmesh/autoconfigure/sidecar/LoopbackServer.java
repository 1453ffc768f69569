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
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/**
 * The embedded server behind the public listener: bound to loopback, or the mesh would be
 * worth nothing. A server of the management port is made in a context of its own and is
 * not seen here.
 */
final class LoopbackServer implements WebServerFactoryCustomizer<ConfigurableWebServerFactory>,
		ApplicationListener<WebServerInitializedEvent>, LocalApplication, Ordered {

	private static final String LOCAL_PORT = "'bootmesh.inbound.local-port'";

	private final ApplicationContext context;

	private final @Nullable Integer localPort;

	private final boolean localSocket;

	private final FurtherPorts furtherPorts;

	private InetAddress bound = InetAddress.getLoopbackAddress();

	private boolean anotherPort;

	private boolean open;

	private volatile @Nullable WebServer started;

	/**
	 * The server of a context.
	 * @param localPort the port where the application is said to listen, or {@code null}
	 * if that is the server's
	 * @param localSocket whether it is said to listen on a Unix socket
	 */
	LoopbackServer(ApplicationContext context, @Nullable Integer localPort, boolean localSocket,
			FurtherPorts furtherPorts) {
		this.context = context;
		this.localPort = localPort;
		this.localSocket = localSocket;
		this.furtherPorts = furtherPorts;
	}

	@Override
	public void customize(ConfigurableWebServerFactory factory) {
		if (!(factory instanceof AbstractConfigurableWebServerFactory server)) {
			throw new FailureAnalyzedException(
					"The mesh cannot tell where " + factory.getClass().getName() + " will listen.",
					"Use Reactor Netty, Tomcat or Jetty, or set " + LOCAL_PORT
							+ " to the port on loopback where the application listens.");
		}
		if (this.localSocket || this.localPort != null && this.localPort != server.getPort()) {
			this.anotherPort = true;
			// The mesh does not lead to this server: unless it is told, nobody else is to
			// reach it either.
			this.open = server.getAddress() != null && !server.getAddress().isLoopbackAddress();
			if (server.getAddress() == null) {
				server.setAddress(this.bound);
			}
			return;
		}
		if (this.localPort == null && Ssl.isEnabled(server.getSsl())) {
			throw new FailureAnalyzedException(
					"The main port has TLS settings of its own (server.ssl.*), but who calls through the mesh speaks "
							+ "plain HTTP to it: TLS ends in front of it.",
					"Remove server.ssl.*. If callers are to speak TLS inside of the mesh's, set " + LOCAL_PORT
							+ " to server.port.");
		}
		bind(server);
	}

	private void bind(AbstractConfigurableWebServerFactory server) {
		InetAddress address = server.getAddress();
		if (address == null) {
			server.setAddress(this.bound);
			return;
		}
		if (!address.isLoopbackAddress()) {
			throw new FailureAnalyzedException("The embedded server is to listen on " + address.getHostAddress()
					+ ", where others reach it without the mesh, past what 'bootmesh.inbound.mode' puts in front.",
					"Remove 'server.address' or what else sets it, or set it to a loopback address. Where the mesh reaches this "
							+ "application is 'bootmesh.inbound.address' and 'bootmesh.inbound.port'.");
		}
		this.bound = address;
	}

	@Override
	public void onApplicationEvent(WebServerInitializedEvent event) {
		if (event.getApplicationContext() == this.context) {
			requireLoopback(event.getWebServer());
			this.started = event.getWebServer();
		}
	}

	// What the factory was told is not all: customizers of a server's own kind may set
	// further addresses and add connectors.
	private void requireLoopback(WebServer server) {
		Stream.concat(Stream.of(server.getPort()), this.furtherPorts.of(server).stream())
			.distinct()
			.filter((port) -> port > 0 && (!this.open || port.equals(this.localPort)))
			.forEach(LoopbackServer::requireLoopback);
	}

	private static void requireLoopback(int port) {
		List<InetAddress> beyond = BeyondLoopback.reached(port);
		if (!beyond.isEmpty()) {
			throw new FailureAnalyzedException("The embedded server listens at port " + port + " of " + beyond
					+ ", where others reach it without the mesh, past what 'bootmesh.inbound.mode' puts in front.",
					"Have all of its connectors listen on loopback: a customizer of the server's, such as a "
							+ "NettyServerCustomizer or TomcatConnectorCustomizer, may say otherwise. If it is "
							+ "another program that listens there, choose another port.");
		}
	}

	/**
	 * Where the application listens.
	 * @throws FailureAnalyzedException if there is no such server, as in a WAR
	 */
	@Override
	public @Nullable InetSocketAddress address() {
		if (!(this.context instanceof WebServerApplicationContext)) {
			return null;
		}
		WebServer server = this.started;
		if (this.localPort != null && (this.anotherPort || server == null)) {
			return new LocalPort(this.localPort).address();
		}
		if (server == null || server.getPort() <= 0) {
			throw PublicListenerLifecycle
				.noApplication("its web server is not an embedded one, as in a WAR, or has no port");
		}
		return new InetSocketAddress(this.bound, server.getPort());
	}

	// After Boot's customizers, which bring the user's settings, and the user's own.
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
