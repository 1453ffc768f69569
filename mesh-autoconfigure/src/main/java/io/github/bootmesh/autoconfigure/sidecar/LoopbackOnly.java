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
import java.util.List;
import java.util.Set;

import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;

import io.github.bootmesh.Internal;

/**
 * Stops the start when an embedded server of this process that further public listeners
 * lead to is reached without the mesh.
 */
@Internal
public final class LoopbackOnly implements ApplicationListener<WebServerInitializedEvent> {

	private final Set<Integer> ports;

	/**
	 * Makes it.
	 * @param ports the local ports that the listeners lead to
	 */
	public LoopbackOnly(Set<Integer> ports) {
		this.ports = Set.copyOf(ports);
	}

	@Override
	public void onApplicationEvent(WebServerInitializedEvent event) {
		int port = event.getWebServer().getPort();
		List<InetAddress> beyond = this.ports.contains(port) ? BeyondLoopback.reached(port) : List.of();
		if (!beyond.isEmpty()) {
			throw new FailureAnalyzedException(
					"The embedded server listens at port " + port + " of " + beyond
							+ ", where others reach it without the mesh, past what 'bootmesh.inbound.listeners' "
							+ "puts in front.",
					"Set 'server.address' (or 'management.server.address', if it is that server) to 127.0.0.1, "
							+ "or have the listener lead to another 'local-port'.");
		}
	}

}
