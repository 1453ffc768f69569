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

package io.github.bootmesh.autoconfigure;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.util.StringUtils;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

class ConfigurationMetadataTests {

	private static final Path PAGE = Path.of("../src/docs/properties.md");

	private static final String HEADER = """
			# Properties

			Every property of Bootmesh, as the configuration metadata has it that IDEs read too. After a change
			of properties `ConfigurationMetadataTests` fails, prints this page as it should be and leaves it in
			`mesh-autoconfigure/target/properties.md`.

			| property | default | meaning |
			| --- | --- | --- |
			""";

	@Test
	void everyPropertyIsDescribed() throws IOException {
		assertThat(properties()).hasSizeGreaterThan(20)
			.allSatisfy((property) -> assertThat(property.description()).as(property.name()).isNotBlank());
	}

	@Test
	void thePageOfPropertiesIsTheMetadata() throws IOException {
		String wanted = HEADER + properties().stream().map(Property::row).collect(Collectors.joining());
		Files.writeString(Path.of("target/properties.md"), wanted);
		assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "").as("src/docs/properties.md should be:%n%s", wanted)
			.isEqualTo(wanted);
	}

	@Test
	void hintsNamePropertiesThatExist() throws IOException {
		List<String> names = properties().stream().map(Property::name).toList();
		assertThat(metadata().hints()).isNotEmpty().extracting(Hint::name).allMatch(names::contains);
	}

	private static List<Property> properties() throws IOException {
		return metadata().properties().stream().sorted(Comparator.comparing(Property::name)).toList();
	}

	private static Metadata metadata() throws IOException {
		JsonMapper mapper = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
		for (URL resource : Collections.list(ConfigurationMetadataTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (var input = resource.openStream()) {
				Metadata metadata = mapper.readValue(input, Metadata.class);
				if (metadata.properties().stream().anyMatch((property) -> property.name().equals("bootmesh.enabled"))) {
					return metadata;
				}
			}
		}
		throw new IllegalStateException("No metadata of Bootmesh on the class path");
	}

	record Metadata(List<Property> properties, List<Hint> hints) {

	}

	record Hint(String name) {

	}

	record Property(String name, @Nullable String description, @Nullable Object defaultValue) {

		String row() {
			String value = (this.defaultValue != null) ? this.defaultValue.toString() : "";
			String text = StringUtils.capitalize(String.valueOf(this.description));
			return "| `" + this.name + "` | " + (value.isEmpty() ? "" : "`" + value + "` ") + "| " + text
					+ (text.endsWith(".") ? "" : ".") + " |\n";
		}

	}

}
