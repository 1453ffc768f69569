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
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.springframework.util.FileSystemUtils;

/**
 * A PostgreSQL on loopback that lets the user {@code postgres} in without a password.
 */
public final class Postgres implements AutoCloseable {

	private static final String USER = "postgres";

	private final PeerProcess process;

	private final Path directory;

	private final int port;

	private Postgres(PeerProcess process, Path directory, int port) {
		this.process = process;
		this.directory = directory;
		this.port = port;
	}

	public static Postgres start() {
		Path initdb = Peers.initdb();
		Path server = Peers.postgres();
		int port = PeerProcess.freePorts(1).get(0);
		try {
			Path directory = Files.createTempDirectory("postgres");
			boolean root = Files.getOwner(directory).getName().equals("root");
			if (root) {
				Files.setOwner(directory,
						FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(USER));
			}
			String data = directory.resolve("data").toString();
			PeerProcess
				.start("initdb",
						command(root, initdb, "-D", data, "--username=" + USER, "--auth=trust", "--no-sync",
								"--no-locale", "--encoding=UTF8"))
				.awaitEnd();
			PeerProcess process = PeerProcess.start("postgres",
					command(root, server, "-D", data, "-h", "127.0.0.1", "-p", String.valueOf(port), "-k", "", "-c",
							"fsync=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0"));
			process.awaitReady(() -> process.log().contains("ready to accept connections"));
			return new Postgres(process, directory, port);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	// PostgreSQL refuses to run as root. Nobody else may come through root's directories
	// to a link in one.
	private static List<String> command(boolean root, Path program, String... arguments) throws IOException {
		List<String> command = new ArrayList<>();
		if (root) {
			command.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--init-groups"));
		}
		command.add(program.toRealPath().toString());
		command.addAll(List.of(arguments));
		return command;
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
