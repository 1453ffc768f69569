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

import java.net.InetSocketAddress;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.SmartLifecycle;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.MeshPhases;

/**
 * The application behind a proxy of its own, which is told its port before it listens. It
 * has to listen there in the end, and on loopback only.
 */
@Internal
public final class ExternalApplication implements ProxiedApplication, SmartLifecycle {

	// Consul's default of local_service_address.
	private static final String PROXIES_DIAL = "127.0.0.1";

	private final PublicListenerLifecycle.@Nullable Ports ports;

	private final LocalApplication application;

	private volatile boolean running;

	ExternalApplication(PublicListenerLifecycle.@Nullable Ports ports, LocalApplication application) {
		this.ports = ports;
		this.application = application;
	}

	@Override
	public PublicListenerLifecycle.@Nullable Ports ports() {
		return this.ports;
	}

	@Override
	public void start() {
		if (this.application.address() instanceof InetSocketAddress local && this.ports != null
				&& local.getPort() != this.ports.local()) {
			throw new FailureAnalyzedException(
					"The web server listens on port " + local.getPort() + ", but the proxy was told "
							+ this.ports.local() + ", which 'server.port' says.",
					"Set 'server.port' to the port where the web server listens: with "
							+ "'bootmesh.inbound.mode=external' it has to be known before the server is made.");
		}
		if (this.ports != null && this.application.address() instanceof InetSocketAddress local
				&& !local.getAddress().getHostAddress().equals(PROXIES_DIAL)) {
			throw new FailureAnalyzedException("The web server listens on " + local.getAddress().getHostAddress()
					+ ", but the proxy dials " + PROXIES_DIAL + ".",
					"Remove 'server.address', or set it to " + PROXIES_DIAL + ".");
		}
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MeshPhases.PUBLIC_LISTENER;
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

}
