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

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * A run of PostgreSQL's client, which says what it is told and nothing else.
 */
public final class Psql implements AutoCloseable {

	private static final int PATIENCE_SECONDS = 60;

	private final Process process;

	private final Path output;

	private final boolean kept;

	private Psql(Process process, Path output, boolean kept) {
		this.process = process;
		this.output = output;
		this.kept = kept;
	}

	/** Runs one statement to its end and returns what it prints. */
	public static String run(int port, String statement) {
		try (Psql psql = start(port, statement, null, null)) {
			return psql.result();
		}
	}

	/**
	 * Runs one statement through a Unix socket. Its file has the name that PostgreSQL
	 * gives it, with the port.
	 */
	public static String run(Path directory, int port, String statement) {
		try (Psql psql = start(directory.toString(), port, statement, null, null)) {
			return psql.result();
		}
	}

	/** Runs a COPY from standard input. */
	public static void copyIn(int port, String statement, Path file) {
		try (Psql psql = start(port, statement, file, null)) {
			psql.result();
		}
	}

	/** Runs a COPY to standard output. */
	public static void copyOut(int port, String statement, Path file) {
		try (Psql psql = start(port, statement, null, file)) {
			psql.end();
		}
	}

	/** Starts a session that reads its statements as they are {@link #say said}. */
	public static Psql session(int port) {
		return start(port, null, null, null);
	}

	/** Starts one statement. */
	public static Psql start(int port, String statement) {
		return start(port, statement, null, null);
	}

	private static Psql start(int port, @Nullable String statement, @Nullable Path input, @Nullable Path output) {
		return start("127.0.0.1", port, statement, input, output);
	}

	private static Psql start(String host, int port, @Nullable String statement, @Nullable Path input,
			@Nullable Path output) {
		List<String> command = new ArrayList<>(List.of(Peers.psql().toString(), "-X", "-q", "-A", "-t", "-v",
				"ON_ERROR_STOP=1", "-h", host, "-p", String.valueOf(port), "-U", "postgres", "-d", "postgres"));
		if (statement != null) {
			command.addAll(List.of("-c", statement));
		}
		try {
			Path target = (output != null) ? output : Files.createTempFile("psql", ".out");
			ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(target.toFile())
				.redirectError(ProcessBuilder.Redirect.appendTo(target.toFile()));
			if (input != null) {
				builder.redirectInput(input.toFile());
			}
			builder.environment().keySet().removeIf((key) -> key.startsWith("PG"));
			return new Psql(builder.start(), target, output != null);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Has a session run a statement. */
	public void say(String statement) {
		try {
			BufferedWriter input = this.process.outputWriter(StandardCharsets.UTF_8);
			input.write(statement + "\n");
			input.flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(output(), ex);
		}
	}

	/** Does what Ctrl-C does: the client asks the server to cancel the statement. */
	public void interrupt() {
		try {
			new ProcessBuilder("kill", "-INT", String.valueOf(this.process.pid())).inheritIO().start().waitFor();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** What it has printed so far. */
	public String output() {
		try {
			return Files.readString(this.output);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Waits for its end.
	 * @return the exit code
	 */
	public int end() {
		try {
			if (!this.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
				throw new IllegalStateException("psql does not end: " + output());
			}
			return this.process.exitValue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private String result() {
		if (end() != 0) {
			throw new IllegalStateException("psql has failed: " + output());
		}
		return output().strip();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		if (!this.kept) {
			try {
				Files.deleteIfExists(this.output);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

}
