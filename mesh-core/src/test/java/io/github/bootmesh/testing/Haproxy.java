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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.springframework.util.FileSystemUtils;

/**
 * An HAProxy on loopback that answers HTTP by itself.
 */
public final class Haproxy implements AutoCloseable {

	private final PeerProcess process;

	private final Path directory;

	private final int port;

	private Haproxy(PeerProcess process, Path directory, int port) {
		this.process = process;
		this.directory = directory;
		this.port = port;
	}

	/**
	 * Takes connections with the PROXY protocol only, and tells each where it came from
	 * and where it went to, as in {@code from=192.0.2.1:1024 to=192.0.2.2:20000}.
	 */
	public static Haproxy behindProxyProtocol() {
		Path program = Peers.haproxy();
		int port = PeerProcess.freePorts(1).get(0);
		try {
			Path directory = Files.createTempDirectory("haproxy");
			Path file = Files.writeString(directory.resolve("haproxy.cfg"), """
					defaults
					    mode http
					    timeout client 30s
					    timeout connect 30s
					    timeout server 30s
					frontend ledger
					    bind 127.0.0.1:%d accept-proxy
					    http-request return status 200 content-type text/plain lf-string \
					"from=%%[src]:%%[src_port] to=%%[dst]:%%[dst_port]"
					""".formatted(port));
			PeerProcess process = PeerProcess.start("haproxy",
					List.of(program.toString(), "-db", "-f", file.toString()));
			process.awaitReady(() -> PeerProcess.accepts(port));
			return new Haproxy(process, directory, port);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public int port() {
		return this.port;
	}

	@Override
	public void close() {
		this.process.close();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

}
