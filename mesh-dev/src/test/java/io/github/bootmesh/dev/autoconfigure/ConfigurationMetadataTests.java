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

package io.github.bootmesh.dev.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamProperties;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the configuration metadata of all modules; here all of it is on the class
 * path.
 */
class ConfigurationMetadataTests {

	private static final Path PAGE = Path.of("../src/docs/properties.md");

	private static final String HEADER = """
			# Properties

			Every property of Bootmesh, as the configuration metadata has it that IDEs read too. After a change
			of properties `ConfigurationMetadataTests` fails, prints this page as it should be and leaves it in
			`mesh-dev/target/properties.md`.

			| property | default | meaning |
			| --- | --- | --- |
			""";

	@Test
	void everyPropertyIsDescribedByASentence() throws IOException {
		assertThat(properties()).extracting(Property::name)
			.contains("bootmesh.enabled", "bootmesh.dev.enabled", "management.health.mesh.enabled");
		assertThat(properties())
			.allSatisfy((property) -> assertThat(property.description()).as(property.name()).matches("[A-Z].*\\."));
	}

	@Test
	void thePageOfPropertiesIsTheMetadata() throws IOException {
		String wanted = HEADER + properties().stream().map(Property::row).collect(Collectors.joining());
		Files.writeString(Path.of("target/properties.md"), wanted);
		assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "").as("src/docs/properties.md should be:%n%s", wanted)
			.isEqualTo(wanted);
	}

	// What is in a map is not in the metadata.
	@Test
	void everySettingOfAnUpstreamIsOnItsPage() throws IOException {
		String page = Files.readString(Path.of("../src/docs/upstreams.md"));
		assertThat(MeshUpstreamProperties.Upstream.class.getRecordComponents()).hasSizeGreaterThan(10)
			.extracting((setting) -> DataObjectPropertyName.toDashedForm(setting.getName()))
			.allSatisfy((setting) -> assertThat(page).containsPattern("\\| .*`" + setting + "[`.].*\\|"));
	}

	@Test
	void hintsNamePropertiesThatExist() throws IOException {
		List<String> names = properties().stream().map(Property::name).toList();
		assertThat(metadata().stream().flatMap((metadata) -> metadata.hints().stream())).isNotEmpty()
			.extracting(Hint::name)
			.allMatch(names::contains);
	}

	private static List<Property> properties() throws IOException {
		return metadata().stream()
			.flatMap((metadata) -> metadata.properties().stream())
			.sorted(Comparator.comparing(Property::name))
			.toList();
	}

	// Of each of our modules that has properties.
	private static List<Metadata> metadata() throws IOException {
		JsonMapper mapper = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
		List<Metadata> ours = new ArrayList<>();
		for (URL resource : Collections.list(ConfigurationMetadataTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream input = resource.openStream()) {
				Metadata metadata = mapper.readValue(input, Metadata.class);
				if (metadata.properties().stream().anyMatch((property) -> property.name().startsWith("bootmesh."))) {
					ours.add(metadata);
				}
			}
		}
		return ours;
	}

	record Metadata(List<Property> properties, List<Hint> hints) {

	}

	record Hint(String name) {

	}

	record Property(String name, @Nullable String description, @Nullable Object defaultValue) {

		String row() {
			String value = (this.defaultValue != null) ? this.defaultValue.toString() : "";
			return "| `" + this.name + "` | " + (value.isEmpty() ? "" : "`" + value + "` ") + "| " + this.description
					+ " |\n";
		}

	}

}
