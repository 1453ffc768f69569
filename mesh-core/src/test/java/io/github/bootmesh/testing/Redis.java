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

package io.github.bootmesh.testing;

import java.util.List;

/**
 * A Redis on loopback that keeps nothing.
 */
public final class Redis implements AutoCloseable {

	private final PeerProcess process;

	private final int port;

	private Redis(PeerProcess process, int port) {
		this.process = process;
		this.port = port;
	}

	public static Redis start() {
		int port = PeerProcess.freePorts(1).get(0);
		PeerProcess process = PeerProcess.start("redis", List.of(Peers.redis().toString(), "--bind", "127.0.0.1",
				"--port", String.valueOf(port), "--save", "", "--appendonly", "no"));
		process.awaitReady(() -> PeerProcess.accepts(port));
		return new Redis(process, port);
	}

	public int port() {
		return this.port;
	}

	@Override
	public void close() {
		this.process.close();
	}

}
