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
 * An nginx on loopback that answers HTTP by itself.
 */
public final class Nginx implements AutoCloseable {

	private final PeerProcess process;

	private final Path directory;

	private final int port;

	private Nginx(PeerProcess process, Path directory, int port) {
		this.process = process;
		this.directory = directory;
		this.port = port;
	}

	/**
	 * Takes connections with the PROXY protocol only, and tells each where it came from
	 * and where it went to, as in {@code from=192.0.2.1:1024 to=192.0.2.2:20000}.
	 */
	public static Nginx behindProxyProtocol() {
		Path program = Peers.nginx();
		int port = PeerProcess.freePorts(1).get(0);
		try {
			Path directory = Files.createTempDirectory("nginx");
			Path file = Files.writeString(directory.resolve("nginx.conf"), """
					daemon off;
					master_process off;
					pid nginx.pid;
					error_log stderr;
					events {}
					http {
					    access_log off;
					    client_body_temp_path body;
					    proxy_temp_path proxy;
					    fastcgi_temp_path fastcgi;
					    uwsgi_temp_path uwsgi;
					    scgi_temp_path scgi;
					    server {
					        listen 127.0.0.1:%d proxy_protocol;
					        set_real_ip_from 127.0.0.1;
					        real_ip_header proxy_protocol;
					        return 200 "from=$remote_addr:$proxy_protocol_port \
					to=$proxy_protocol_server_addr:$proxy_protocol_server_port";
					    }
					}
					""".formatted(port));
			PeerProcess process = PeerProcess.start("nginx",
					List.of(program.toString(), "-e", "stderr", "-p", directory.toString(), "-c", file.toString()));
			process.awaitReady(() -> PeerProcess.accepts(port));
			return new Nginx(process, directory, port);
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
