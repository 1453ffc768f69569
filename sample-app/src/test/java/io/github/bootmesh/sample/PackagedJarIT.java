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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the jars that Spring Boot's plugin builds of an application with an optional
 * {@code bootmesh-dev}.
 */
class PackagedJarIT {

	private static final String LIBRARIES = "BOOT-INF/lib/";

	@Test
	void whenAnApplicationIsPackagedThenTheDevelopmentConsulIsNotInItsJar() throws IOException {
		assertThat(libraries("target/as-any-application")).anyMatch((name) -> name.startsWith("bootmesh-core-"))
			.noneMatch((name) -> name.startsWith("bootmesh-dev"));
	}

	@Test
	void whenTheSampleIsPackagedThenTheDevelopmentConsulIsInItsJar() throws IOException {
		assertThat(libraries("target")).anyMatch((name) -> name.startsWith("bootmesh-dev-"));
	}

	private static List<String> libraries(String folder) throws IOException {
		try (Stream<Path> files = Files.list(Path.of(folder))) {
			List<Path> jars = files.filter((file) -> file.toString().endsWith(".jar")).toList();
			assertThat(jars).hasSize(1);
			try (JarFile jar = new JarFile(jars.get(0).toFile())) {
				return jar.stream()
					.map(ZipEntry::getName)
					.filter((name) -> name.startsWith(LIBRARIES))
					.map((name) -> name.substring(LIBRARIES.length()))
					.toList();
			}
		}
	}

}
