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

package io.github.bootmesh.consul;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.testing.ScriptedAgent.Answer;

/**
 * An answer that a real Consul 1.13.9 gave.
 *
 * @param path the path that was asked, without its query
 * @param answer the answer
 */
record Recorded(String path, Answer answer) {

	private static final JsonMapper MAPPER = new JsonMapper();

	static Recorded of(String name) {
		try (InputStream file = Recorded.class.getResourceAsStream("/conformance/consul-1.13.9/" + name + ".json")) {
			JsonNode recorded = MAPPER.readTree(file);
			JsonNode body = recorded.get("body");
			Answer given = (body.isString() ? Answer.text(200, body.asString()) : Answer.json(body.toString()))
				.status(recorded.get("status").asInt());
			for (Map.Entry<String, JsonNode> header : recorded.get("headers").properties()) {
				given = given.header(header.getKey(), header.getValue().asString());
			}
			return new Recorded(recorded.get("request").get("path").asString().replaceAll("\\?.*", ""), given);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	JsonNode body() {
		return MAPPER.readTree(this.answer.body());
	}

}
