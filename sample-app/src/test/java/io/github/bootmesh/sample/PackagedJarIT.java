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

package io.github.bootmesh.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the jars that Spring Boot's plugin builds of an application with an optional
 * {@code bootmesh-dev}, and of the sample as somebody starts it who has only its jar.
 */
class PackagedJarIT {

	private static final String LIBRARIES = "BOOT-INF/lib/";

	private static final Duration PATIENCE = Duration.ofSeconds(120);

	@Test
	void whenAnApplicationIsPackagedThenTheDevelopmentConsulIsNotInItsJar() throws IOException {
		assertThat(libraries("target/as-any-application")).anyMatch((name) -> name.startsWith("bootmesh-core-"))
			.noneMatch((name) -> name.startsWith("bootmesh-dev"));
	}

	@Test
	void whenTheSampleIsPackagedThenTheDevelopmentConsulIsInItsJar() throws IOException {
		assertThat(libraries("target")).anyMatch((name) -> name.startsWith("bootmesh-dev-"));
	}

	@Test
	void whenTheSampleIsStartedThenAllServicesRunInOneProcess(@TempDir Path directory) throws Exception {
		try (Started all = start(directory.resolve("all.log"), freePort())) {
			Page page = all.page();
			Awaitility.await().atMost(PATIENCE).until(page::callArrives);
			assertThat(page.mesh().get("services")).hasSize(3)
				.allSatisfy((service) -> assertThat(service.get("problem").isNull()).isTrue());
			assertThat(all.stop()).doesNotContain("ERROR", "Exception");
		}
	}

	@Test
	void whenEachServiceIsStartedAloneThenTheyFindEachOther(@TempDir Path directory) throws Exception {
		int port = freePort();
		try (Started edge = start(directory.resolve("edge.log"), port, "--service=edge")) {
			Page page = edge.page();
			JsonNode alone = page.mesh();
			assertThat(alone.at("/services/0/member/service").asString()).isEqualTo("edge");
			assertThat(alone.at("/services/1/problem").asString()).contains("storefront");
			assertThat(alone.at("/services/2/problem").asString()).contains("inventory");
			try (Started storefront = start(directory.resolve("storefront.log"), port, "--service=storefront");
					Started inventory = start(directory.resolve("inventory.log"), port, "--service=inventory")) {
				Awaitility.await().atMost(PATIENCE).until(page::callArrives);
				assertThat(storefront.stop()).contains("StorefrontApplication")
					.doesNotContain("InventoryApplication", "ERROR");
				assertThat(inventory.stop()).contains("InventoryApplication")
					.doesNotContain("StorefrontApplication", "ERROR");
			}
		}
	}

	@Test
	void whenThereIsNoSuchServiceThenItSaysWhichThereAre(@TempDir Path directory) throws Exception {
		try (Started none = start(directory.resolve("none.log"), freePort(), "--service=zork")) {
			assertThat(none.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(none.process.exitValue()).isOne();
			assertThat(none.output()).contains("There is no service 'zork'", "[inventory, storefront, edge]");
		}
	}

	private static Started start(Path log, int consulPort, String... more) throws IOException {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", jar("target").toString(),
				"--sample.edge.port=0", "--bootmesh.dev.port=" + consulPort, "--bootmesh.registration.drain-delay=0s"));
		command.addAll(List.of(more));
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
		builder.environment().keySet().removeIf((name) -> name.startsWith("CONSUL_") || name.startsWith("BOOTMESH_"));
		return new Started(builder.start(), log);
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private static List<String> libraries(String folder) throws IOException {
		try (JarFile jar = new JarFile(jar(folder).toFile())) {
			return jar.stream()
				.map(ZipEntry::getName)
				.filter((name) -> name.startsWith(LIBRARIES))
				.map((name) -> name.substring(LIBRARIES.length()))
				.toList();
		}
	}

	private static Path jar(String folder) throws IOException {
		try (Stream<Path> files = Files.list(Path.of(folder))) {
			List<Path> jars = files.filter((file) -> file.toString().endsWith(".jar")).toList();
			assertThat(jars).hasSize(1);
			return jars.get(0);
		}
	}

	/**
	 * The sample in a JVM of its own.
	 */
	private static final class Started implements AutoCloseable {

		private static final Pattern PAGE = Pattern.compile("Open (http://127\\.0\\.0\\.1:\\d+)");

		private final Process process;

		private final Path log;

		Started(Process process, Path log) {
			this.process = process;
			this.log = log;
		}

		Page page() {
			return Awaitility.await().atMost(PATIENCE).until(() -> {
				assertThat(this.process.isAlive()).as(output()).isTrue();
				Matcher page = PAGE.matcher(output());
				return page.find() ? Optional.of(new Page(URI.create(page.group(1) + "/"))) : Optional.<Page>empty();
			}, Optional::isPresent).orElseThrow();
		}

		String output() throws IOException {
			return Files.readString(this.log);
		}

		/** Ends it as Ctrl+C does, and gives all that it wrote. */
		String stop() throws Exception {
			this.process.destroy();
			assertThat(this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("stops").isTrue();
			return output();
		}

		@Override
		public void close() {
			this.process.destroyForcibly().onExit().join();
		}

	}

}
