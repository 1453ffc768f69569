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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.bootmesh.relay.RelayTestbed.Application;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Too few file descriptors: said at the start, and survived.
 */
@ExtendWith(OutputCaptureExtension.class)
class FileDescriptorsTests {

	private static final int LIMIT = 500;

	private static final int FLOOD = 400;

	private static final String WARNING = "may need 20000 file descriptors";

	@Test
	void whenListenersMayNeedMoreThanThereAreThenItIsSaidOnce(CapturedOutput output) throws Exception {
		RelaySettings settings = RelaySettings.DEFAULTS.withMaxConnections(5000);
		Failures failures = new Failures("test");
		try (RelayLoops loops = new RelayLoops(1, FileDescriptors.of(20_500, 1000))) {
			Acceptor one = new Acceptor(loops, settings, failures, RelayEnd::reset);
			one.bind(RelayTestbed.ANY_PORT);
			assertThat(output).doesNotContain("file descriptors");
			Acceptor another = new Acceptor(loops, settings, failures, RelayEnd::reset);
			another.bind(RelayTestbed.ANY_PORT);
			assertThat(output).containsOnlyOnce(WARNING);
			Acceptor third = new Acceptor(loops, settings, failures, RelayEnd::reset);
			third.bind(RelayTestbed.ANY_PORT);
			assertThat(output).containsOnlyOnce("file descriptors, two");
		}
	}

	@Test
	void whenListenersAreGoneThenTheirsAreFreeAgain(CapturedOutput output) throws Exception {
		RelaySettings settings = RelaySettings.DEFAULTS.withMaxConnections(5000);
		try (RelayLoops loops = new RelayLoops(1, FileDescriptors.of(15_000, 1000))) {
			for (int i = 0; i < 3; i++) {
				Acceptor acceptor = new Acceptor(loops, settings, new Failures("test"), RelayEnd::reset);
				acceptor.bind(RelayTestbed.ANY_PORT);
				acceptor.close();
			}
		}
		assertThat(output).doesNotContain("file descriptors");
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void whenAllAreUsedUpAndGivenBackThenConnectionsAreServedAgain() throws Exception {
		Path log = Files.createTempFile("descriptors", ".log");
		try (Application echo = Application.start((peer) -> peer.getInputStream().transferTo(peer.getOutputStream()))) {
			Process child = child(echo.port(), log);
			try {
				InetSocketAddress upstream = new InetSocketAddress(InetAddress.getLoopbackAddress(), port(log));
				assertThat(echoes(upstream)).isTrue();
				assertThat(log).content().contains("may need", "file descriptors");
				List<Socket> flood = new ArrayList<>();
				for (int i = 0; i < FLOOD; i++) {
					Socket socket = new Socket();
					flood.add(socket);
					socket.connect(upstream, (int) RelayTestbed.PATIENCE.toMillis());
				}
				// Each needs four there.
				Awaitility.await()
					.atMost(RelayTestbed.PATIENCE)
					.untilAsserted(() -> assertThat(log).content().contains("Too many open files"));
				assertThat(echo.accepted()).isLessThan(LIMIT / 4);
				for (Socket socket : flood) {
					socket.close();
				}
				Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> echoes(upstream));
				assertThat(child.isAlive()).isTrue();
				assertThat(log).content()
					.doesNotContain("[globalEventExecutor")
					.as("it is not the instances' fault")
					.doesNotContain("is avoided");
			}
			finally {
				child.destroyForcibly().waitFor(RelayTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
		}
		finally {
			Files.delete(log);
		}
	}

	private static Process child(int application, Path log) throws IOException {
		return new ProcessBuilder("prlimit", "--nofile=" + LIMIT + ":" + LIMIT,
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
				"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), RelayProcess.class.getName(),
				String.valueOf(application))
			.redirectErrorStream(true)
			.redirectOutput(log.toFile())
			.start();
	}

	private static int port(Path log) {
		return Awaitility.await()
			.atMost(RelayTestbed.PATIENCE)
			.until(() -> Files.readString(log).lines().filter((said) -> said.startsWith("PORT ")).findFirst(),
					Optional::isPresent)
			.map((said) -> Integer.parseInt(said.substring("PORT ".length())))
			.orElseThrow();
	}

	private static boolean echoes(InetSocketAddress address) {
		try (Socket socket = new Socket()) {
			socket.connect(address, 5000);
			socket.setSoTimeout((int) Duration.ofSeconds(10).toMillis());
			socket.getOutputStream().write(7);
			return socket.getInputStream().read() == 7;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
