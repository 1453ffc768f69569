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

import java.nio.file.Path;
import java.util.ArrayList;
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
		return start("127.0.0.1", PeerProcess.freePorts(1).get(0));
	}

	/** One that listens elsewhere on this host, with settings as on a command line. */
	public static Redis start(String address, int port, String... settings) {
		return start(List.of("--save", "", "--appendonly", "no"), address, port, settings);
	}

	/** One that names the master {@code ledger} to those who ask. */
	public static Redis sentinel(Path configuration, String address, int port) {
		return start(List.of(configuration.toString(), "--sentinel"), address, port);
	}

	private static Redis start(List<String> first, String address, int port, String... settings) {
		List<String> command = new ArrayList<>(List.of(Peers.redis().toString()));
		command.addAll(first);
		command.addAll(List.of("--bind", address, "--port", String.valueOf(port)));
		command.addAll(List.of(settings));
		PeerProcess process = PeerProcess.start("redis", command);
		process.awaitReady(() -> PeerProcess.accepts(address, port));
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
