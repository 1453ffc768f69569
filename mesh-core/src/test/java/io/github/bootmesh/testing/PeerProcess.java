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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;

/**
 * A process that a test runs beside itself. Its output goes to a file below
 * {@code target/peers}, whose end is part of every error; it never outlives the JVM.
 */
final class PeerProcess implements AutoCloseable {

	private static final AtomicInteger COUNT = new AtomicInteger();

	private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

	private static final Duration STARTUP = Duration.ofSeconds(30);

	static {
		Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
	}

	private final String name;

	private final Process process;

	private final Path log;

	private PeerProcess(String name, Process process, Path log) {
		this.name = name;
		this.process = process;
		this.log = log;
	}

	static PeerProcess start(String name, List<String> command) {
		try {
			Path directory = Path.of(System.getProperty("basedir", "."), "target", "peers");
			Files.createDirectories(directory);
			Path log = directory
				.resolve("%s-%d-%d.log".formatted(name, ProcessHandle.current().pid(), COUNT.incrementAndGet()));
			ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(log.toFile())
				.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
			builder.environment().keySet().removeIf((key) -> key.startsWith("CONSUL_"));
			Process process = builder.start();
			RUNNING.add(process);
			process.onExit().thenAccept(RUNNING::remove);
			return new PeerProcess(name, process, log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Waits until the process is ready.
	 * @throws IllegalStateException if it ends or takes too long
	 */
	void awaitReady(BooleanSupplier ready) {
		try {
			Awaitility.await()
				.atMost(STARTUP)
				.pollInterval(Duration.ofMillis(20))
				.until(() -> !this.process.isAlive() || ready.getAsBoolean());
		}
		catch (RuntimeException ex) {
			throw new IllegalStateException(this.name + " is not ready: " + log(), ex);
		}
		if (!this.process.isAlive()) {
			throw new IllegalStateException(this.name + " has ended: " + log());
		}
	}

	/**
	 * Waits for the end of a process that ends by itself.
	 * @throws IllegalStateException if it fails or takes too long
	 */
	void awaitEnd() {
		Awaitility.await().atMost(STARTUP).pollInterval(Duration.ofMillis(20)).until(() -> !this.process.isAlive());
		if (this.process.exitValue() != 0) {
			throw new IllegalStateException(this.name + " has failed: " + log());
		}
	}

	/** The end of what the process has written. */
	String log() {
		try {
			List<String> lines = Files.readAllLines(this.log);
			return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	long pid() {
		return this.process.pid();
	}

	void kill() {
		end(this.process.destroyForcibly());
	}

	@Override
	public void close() {
		this.process.destroy();
		end(this.process);
	}

	private static void end(Process process) {
		try {
			if (!process.waitFor(10, TimeUnit.SECONDS)) {
				process.destroyForcibly().waitFor();
			}
		}
		catch (InterruptedException ex) {
			process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

	/** Ports that nobody on loopback listens on now; another process may be quicker. */
	static List<Integer> freePorts(int count) {
		List<ServerSocket> sockets = new ArrayList<>();
		try {
			for (int i = 0; i < count; i++) {
				sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
			}
			List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
			for (ServerSocket socket : sockets) {
				socket.close();
			}
			return ports;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static boolean accepts(int port) {
		return accepts(InetAddress.getLoopbackAddress().getHostAddress(), port);
	}

	static boolean accepts(String address, int port) {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(address, port), 1000);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
