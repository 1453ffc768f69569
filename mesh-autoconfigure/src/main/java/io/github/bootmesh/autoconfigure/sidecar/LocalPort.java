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

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port that some program of this host listens on, now or later. Who reaches it past the
 * mesh is that program's affair, and not to be known for sure: it may start later.
 *
 * @param port the port
 */
record LocalPort(int port) implements LocalApplication {

	private static final Logger logger = LoggerFactory.getLogger(LocalPort.class);

	@Override
	public InetSocketAddress address() {
		List<InetAddress> beyond = BeyondLoopback.reached(this.port);
		if (!beyond.isEmpty()) {
			logger.warn("Port {}, which the mesh leads to, is reached without the mesh at {}", this.port, beyond);
		}
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port);
	}

}
