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
		try (Started all = start(directory.resolve("all.log"), Ports.free())) {
			Page page = all.page();
			Awaitility.await().atMost(PATIENCE).until(page::callArrives);
			assertThat(page.mesh().get("services")).hasSize(4)
				.allSatisfy((service) -> assertThat(service.get("problem").isNull()).isTrue());
			Awaitility.await().atMost(PATIENCE).until(page::books);
			assertThat(all.stop()).doesNotContain("ERROR", "Exception")
				.satisfies((output) -> assertThat(output.lines().filter((line) -> line.contains(" WARN ")))
					.allMatch((line) -> line.contains("DEVELOPMENT CONSUL")));
		}
	}

	@Test
	void whenEachServiceIsStartedAloneThenTheyFindEachOther(@TempDir Path directory) throws Exception {
		Ports ports = Ports.free();
		try (Started edge = start(directory.resolve("edge.log"), ports, "--service=edge")) {
			Page page = edge.page();
			JsonNode alone = page.mesh();
			assertThat(alone.at("/services/0/member/service").asString()).isEqualTo("edge");
			assertThat(alone.at("/services/1/problem").asString()).contains("storefront");
			assertThat(alone.at("/services/2/problem").asString()).contains("inventory");
			try (Started storefront = start(directory.resolve("storefront.log"), ports, "--service=storefront");
					Started inventory = start(directory.resolve("inventory.log"), ports, "--service=inventory");
					Started ledger = start(directory.resolve("ledger.log"), ports, "--service=ledger")) {
				Awaitility.await().atMost(PATIENCE).until(() -> page.callArrives() && page.books());
				assertThat(storefront.stop()).contains("StorefrontApplication")
					.doesNotContain("InventoryApplication", "ERROR");
				assertThat(inventory.stop()).contains("InventoryApplication")
					.doesNotContain("StorefrontApplication", "ERROR");
				assertThat(ledger.stop()).contains("LedgerApplication")
					.doesNotContain("StorefrontApplication", "ERROR", "still open");
			}
		}
	}

	@Test
	void whenThereIsNoSuchServiceThenItSaysWhichThereAre(@TempDir Path directory) throws Exception {
		try (Started none = start(directory.resolve("none.log"), Ports.free(), "--service=zork")) {
			assertThat(none.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(none.process.exitValue()).isOne();
			assertThat(none.output()).contains("There is no service 'zork'", "[ledger, inventory, storefront, edge]");
		}
	}

	private static Started start(Path log, Ports ports, String... more) throws IOException {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", jar("target").toString(),
				"--sample.edge.port=0", "--bootmesh.dev.port=" + ports.consul(),
				"--sample.ledger.port=" + ports.ledger(), "--sample.ledger.management-port=" + ports.management(),
				"--bootmesh.registration.drain-delay=0s"));
		command.addAll(List.of(more));
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
		builder.environment().keySet().removeIf((name) -> name.startsWith("CONSUL_") || name.startsWith("BOOTMESH_"));
		return new Started(builder.start(), log);
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
	 * Ports that several processes share.
	 *
	 * @param consul the development Consul's
	 * @param ledger the H2 server's
	 * @param management where the ledger is asked
	 */
	private record Ports(int consul, int ledger, int management) {

		static Ports free() {
			return new Ports(SampleArguments.freePort(), SampleArguments.freePort(), SampleArguments.freePort());
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
