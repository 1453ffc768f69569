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
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.SmartLifecycle;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * Opens a listener for each path that is reached without the mesh, after the public
 * listener, and closes it before that one.
 */
@Internal
public final class ExposedPaths implements SmartLifecycle, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(ExposedPaths.class);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(3);

	private final List<InboundProperties.ExposedPath> paths;

	private final @Nullable InetAddress bind;

	private final boolean proxyProtocol;

	private final PublicListenerLifecycle listener;

	private final List<DisposableServer> servers = new ArrayList<>();

	private volatile List<ServiceDefinition.ExposedPath> exposed = List.of();

	private @Nullable LoopResources loops;

	private volatile boolean running;

	/**
	 * The listeners of paths.
	 * @param bind the address to listen on, or {@code null} for all of this machine
	 * @param proxyProtocol whether the application expects the PROXY protocol
	 * @param listener what opens first
	 */
	ExposedPaths(List<InboundProperties.ExposedPath> paths, @Nullable InetAddress bind, boolean proxyProtocol,
			PublicListenerLifecycle listener) {
		this.paths = paths;
		this.bind = bind;
		this.proxyProtocol = proxyProtocol;
		this.listener = listener;
	}

	@Override
	public synchronized void start() {
		SocketAddress application = this.listener.application();
		if (!this.paths.isEmpty() && application != null) {
			if (this.loops == null) {
				// Of their own: whoever floods them floods nothing else.
				this.loops = LoopResources.create("bootmesh-expose", 1, true);
			}
			List<ServiceDefinition.ExposedPath> opened = new ArrayList<>();
			for (InboundProperties.ExposedPath path : this.paths) {
				opened.add(open(path, target(path, application), this.loops));
			}
			this.exposed = List.copyOf(opened);
		}
		this.running = true;
	}

	private ServiceDefinition.ExposedPath open(InboundProperties.ExposedPath path, InetSocketAddress target,
			LoopResources loops) {
		InetSocketAddress address = (this.bind != null) ? new InetSocketAddress(this.bind, path.listenerPort())
				: new InetSocketAddress(path.listenerPort());
		try {
			DisposableServer server = new ExposedPath(path.path(), target, loops).listen(address);
			this.servers.add(server);
			logger.info("{} of {} is reached without the mesh at port {}", path.path(), target, server.port());
			return new ServiceDefinition.ExposedPath(path.path(), target.getPort(), server.port());
		}
		catch (ChannelBindException ex) {
			throw new FailureAnalyzedException(
					"The exposed path " + path.path() + " cannot listen on " + address + ": " + ex.getMessage(),
					"Set its 'listener-port', below 'bootmesh.inbound.expose.paths', to a port that nobody listens on.",
					ex);
		}
	}

	private InetSocketAddress target(InboundProperties.ExposedPath path, SocketAddress application) {
		Integer port = path.localPathPort();
		if (application instanceof InetSocketAddress ip && (port == null || port == ip.getPort())) {
			if (this.proxyProtocol) {
				throw new FailureAnalyzedException(
						"The exposed path " + path.path() + " is at port " + ip.getPort() + ", the application's own: "
								+ "who expects the PROXY protocol there understands nobody without it.",
						"Set its 'local-path-port', below 'bootmesh.inbound.expose.paths', to another port that serves "
								+ "it, such as 'management.server.port'.");
			}
			return ip;
		}
		return new InetSocketAddress(InetAddress.getLoopbackAddress(),
				Objects.requireNonNull(port, "a Unix socket has no port"));
	}

	/**
	 * What is reached without the mesh now.
	 * @return the paths, none before their listeners are open
	 */
	public List<ServiceDefinition.ExposedPath> exposed() {
		return this.exposed;
	}

	@Override
	public synchronized void stop() {
		this.running = false;
		this.servers.forEach((server) -> server.disposeNow(STOP_TIMEOUT));
		this.servers.clear();
	}

	/**
	 * Also when the start has failed, and nothing is stopped.
	 */
	@Override
	public synchronized void destroy() {
		stop();
		if (this.loops != null) {
			this.loops.disposeLater(Duration.ZERO, STOP_TIMEOUT).block(STOP_TIMEOUT);
			this.loops = null;
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MeshPhases.PUBLIC_LISTENER;
	}

	// A paused application stays registered.
	@Override
	public boolean isPauseable() {
		return false;
	}

}
