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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.function.BiFunction;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.SmartLifecycle;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.PublicListener;

/**
 * Opens the public listener once the web server is bound and before this instance is
 * registered. Once the registration is gone it accepts nothing more, before the web
 * server's graceful shutdown; {@link PublicListenerDrain} does the rest.
 */
@Internal
public final class PublicListenerLifecycle implements ProxiedApplication, SmartLifecycle, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(PublicListenerLifecycle.class);

	private final String settings;

	private final InetSocketAddress bind;

	private final LocalApplication application;

	private final BiFunction<InetSocketAddress, SocketAddress, PublicListener> listeners;

	private volatile @Nullable PublicListener listener;

	private volatile @Nullable SocketAddress local;

	private volatile @Nullable Ports ports;

	private volatile boolean running;

	PublicListenerLifecycle(String settings, InetSocketAddress bind, LocalApplication application,
			BiFunction<InetSocketAddress, SocketAddress, PublicListener> listeners) {
		this.settings = settings;
		this.bind = bind;
		this.application = application;
		this.listeners = listeners;
	}

	/**
	 * A listener of a further service of this process.
	 * @param settings the prefix of its settings, for messages
	 * @param bind where to listen
	 * @param local the port on loopback, or the Unix socket, that it leads to
	 * @param listeners makes it, of the two addresses
	 * @return the lifecycle, for its owner to call
	 */
	public static PublicListenerLifecycle ofFurther(String settings, InetSocketAddress bind, SocketAddress local,
			BiFunction<InetSocketAddress, SocketAddress, PublicListener> listeners) {
		LocalApplication application = (local instanceof InetSocketAddress ip) ? new LocalPort(ip.getPort())
				: () -> local;
		return new PublicListenerLifecycle(settings, bind, application, listeners);
	}

	/**
	 * What waits for its connections to end.
	 * @param timeout how long
	 * @return the lifecycle, for its owner to call
	 */
	public SmartLifecycle drain(Duration timeout) {
		return new PublicListenerDrain(() -> this.listener, timeout);
	}

	static FailureAnalyzedException noApplication(String why) {
		return new FailureAnalyzedException("The mesh needs a local port or Unix socket to lead to, but " + why + ".",
				"Set 'bootmesh.inbound.local-port' to the port on loopback where the application listens, or "
						+ "(in mode sidecar) 'bootmesh.inbound.local-socket-path' to its Unix socket, "
						+ "or 'bootmesh.inbound.mode=none' if it accepts nothing from the mesh.");
	}

	@Override
	public void start() {
		SocketAddress local = this.application.address();
		if (local != null) {
			PublicListener opened = this.listeners.apply(this.bind, local);
			this.listener = opened;
			InetSocketAddress address = open(opened);
			this.local = local;
			this.ports = new Ports((local instanceof InetSocketAddress ip) ? ip.getPort() : address.getPort(),
					address.getPort());
			logger.info("The mesh reaches '{}' ({}) at port {}", opened.service(), local, address.getPort());
		}
		this.running = true;
	}

	private InetSocketAddress open(PublicListener opened) {
		try {
			return opened.start();
		}
		catch (IOException ex) {
			opened.close();
			Throwable cause = (ex.getCause() != null) ? ex.getCause() : ex;
			throw new FailureAnalyzedException(
					"The public listener of '" + opened.service() + "' cannot listen on " + this.bind + ": "
							+ cause.getMessage(),
					"Set '" + this.settings + ".port' to a port that nobody listens on, or leave it out to have a "
							+ "free one, and '" + this.settings + ".address' to an address of this machine.",
					ex);
		}
	}

	@Override
	public @Nullable Ports ports() {
		return this.ports;
	}

	/**
	 * What is known of the public listener.
	 * @return the status, or {@code null} if there is none yet
	 */
	public @Nullable ListenerStatus status() {
		PublicListener current = this.listener;
		return (current != null) ? current.status() : null;
	}

	/**
	 * What the public listener leads to, or {@code null} if there is none yet.
	 */
	@Nullable SocketAddress application() {
		return this.local;
	}

	/**
	 * Why the application behind it takes nobody in. Asks it if the last connection
	 * failed or there was none yet, which may take a second.
	 * @return what is wrong, or {@code null}, also if there is no public listener
	 */
	public @Nullable String problem() {
		PublicListener current = this.listener;
		return (current == null || current.reachesApplication()) ? null
				: "The local port behind the public listener does not answer.";
	}

	@Nullable PublicListener listener() {
		return this.listener;
	}

	@Override
	public void stop() {
		this.running = false;
		PublicListener current = this.listener;
		if (current != null) {
			current.stopAccepting();
		}
	}

	/**
	 * Also when the start has failed, and nothing is stopped.
	 */
	@Override
	public void destroy() {
		PublicListener current = this.listener;
		if (current != null) {
			current.close();
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

	/**
	 * The ports of an application with a public listener.
	 *
	 * @param local the application's own, or the other one if it has a Unix socket
	 * @param mesh the one that the mesh dials
	 */
	@Internal
	public record Ports(int local, int mesh) {

	}

}
