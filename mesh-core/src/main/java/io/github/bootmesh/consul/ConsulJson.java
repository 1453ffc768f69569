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

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and writes Consul's JSON. What newer versions add is ignored, but in trees.
 */
final class ConsulJson {

	private static final TypeReference<JsonNode> TREE = new TypeReference<>() {
	};

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
		.build();

	// Of two fields with one name, a reader would see only the last.
	private static final JsonMapper STRICT = JsonMapper.builder()
		.enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.build();

	private ConsulJson() {
	}

	static <T> T read(ConsulResponse response, TypeReference<T> type) {
		return read(MAPPER, response, type);
	}

	/**
	 * Reads an answer whose reader decides on what is not known.
	 * @param response the answer
	 * @return all of it
	 */
	static JsonNode readTree(ConsulResponse response) {
		return read(STRICT, response, TREE);
	}

	// Jackson's messages quote the input, which may hold a key: only the place is told,
	// and Jackson's exception is no cause.
	private static <T> T read(JsonMapper mapper, ConsulResponse response, TypeReference<T> type) {
		T read;
		try {
			read = mapper.readValue(response.body(), type);
		}
		catch (DatabindException ex) {
			String place = Texts.oneLine(ex.getPathReference(), 256);
			throw unreadable(response, "not as expected" + (place.isEmpty() ? "" : " at " + place));
		}
		catch (JacksonException ex) {
			throw unreadable(response, "not JSON" + place(ex.getLocation()));
		}
		if (read == null) {
			throw unreadable(response, "null");
		}
		return read;
	}

	// Jackson has none for what breaks its own limits, as deep nesting does.
	private static String place(@Nullable TokenStreamLocation location) {
		return (location != null) ? " at byte " + location.getByteOffset() : "";
	}

	static byte[] write(Object value) {
		return MAPPER.writeValueAsBytes(value);
	}

	private static ConsulException unreadable(ConsulResponse response, String what) {
		return new ConsulException.Unreadable(response + " with a body that is " + what, null);
	}

}
