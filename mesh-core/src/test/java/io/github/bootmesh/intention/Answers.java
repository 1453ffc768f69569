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

package io.github.bootmesh.intention;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers about intentions: recorded ones of Consul 1.13.9, and what tests need.
 */
final class Answers {

	private static final JsonMapper MAPPER = new JsonMapper();

	private Answers() {
	}

	static JsonNode recorded(String name) {
		try (InputStream file = Answers.class.getResourceAsStream("/conformance/consul-1.13.9/" + name + ".json")) {
			return MAPPER.readTree(file).get("body");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static JsonNode json(String text) {
		return MAPPER.readTree(text.replace('\'', '"'));
	}

	/** An answer about the service with the intentions. */
	static String about(String service, String... intentions) {
		return "{'%s': [%s]}".formatted(service, String.join(", ", intentions)).replace('\'', '"');
	}

	/** An intention as Consul 1.8.7 has it. */
	static String intention(String source, String destination, String action) {
		return """
				{'ID': '4ee9ddc6-1b4c-4b5a-9d4e-8a4d4b1a1b0c', 'Description': '', 'SourceNS': 'default',
				'SourceName': '%s', 'DestinationNS': 'default', 'DestinationName': '%s', 'SourceType': 'consul',
				'Action': '%s', 'DefaultAddr': '', 'DefaultPort': 0, 'Meta': {}, 'Precedence': 9,
				'CreatedAt': '2026-11-23T06:53:00.20922085Z', 'UpdatedAt': '2026-11-23T06:53:00.20922085Z',
				'Hash': 'j5CC2wNFlxUJH2RXeTI3JadYvb9uv+bPbHpTkb42YOc=', 'CreateIndex': 30, 'ModifyIndex': 30}"""
			.formatted(source, destination, action)
			.replace('\'', '"');
	}

}
