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

package io.github.bootmesh.dev;

import java.time.Duration;
import java.util.List;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * JSON as Consul reads and writes it: Go's field names, in any case when reading, unknown
 * fields refused with the text of Go's decoder.
 */
final class Json {

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.propertyNamingStrategy(new GoNames())
		.disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY, MapperFeature.ALLOW_COERCION_OF_SCALARS)
		.enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
		.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
		.disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
		.addModule(new SimpleModule().addDeserializer(Duration.class, new DurationReader()))
		.build();

	private Json() {
	}

	static byte[] write(Object value, boolean pretty) {
		byte[] json = pretty ? MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(value)
				: MAPPER.writeValueAsBytes(value);
		byte[] line = new byte[json.length + 1];
		System.arraycopy(json, 0, line, 0, json.length);
		line[json.length] = '\n';
		return line;
	}

	/**
	 * Reads a request body.
	 * @param <T> the type
	 * @param body the body
	 * @param type the type
	 * @return the value
	 * @throws IllegalArgumentException with the text of Go's decoder
	 */
	static <T> T read(String body, Class<T> type) {
		if (body.isBlank()) {
			throw new IllegalArgumentException("EOF");
		}
		try {
			T value = MAPPER.readValue(body, type);
			if (value == null) {
				throw new IllegalArgumentException("EOF");
			}
			return value;
		}
		catch (UnrecognizedPropertyException ex) {
			throw new IllegalArgumentException("json: unknown field \"" + ex.getPropertyName() + "\"", ex);
		}
		catch (UnexpectedEndOfInputException ex) {
			throw new IllegalArgumentException("unexpected EOF", ex);
		}
		catch (MismatchedInputException ex) {
			throw new IllegalArgumentException(
					"json: cannot unmarshal value into Go struct field " + field(ex.getPath()), ex);
		}
		catch (DatabindException ex) {
			Throwable cause = ex.getCause();
			throw new IllegalArgumentException((cause != null) ? cause.getMessage() : ex.getOriginalMessage(), ex);
		}
		catch (JacksonException ex) {
			throw new IllegalArgumentException("invalid character: " + ex.getOriginalMessage(), ex);
		}
	}

	private static String field(List<JacksonException.Reference> path) {
		StringBuilder field = new StringBuilder();
		path.forEach((step) -> field.append('.').append(step.getPropertyName()));
		return field.toString();
	}

	/**
	 * Reads {@code "10s"} and, as Go does, a number of nanoseconds.
	 */
	private static final class DurationReader extends ValueDeserializer<Duration> {

		@Override
		public Duration deserialize(JsonParser parser, DeserializationContext context) {
			if (parser.currentToken().isNumeric()) {
				return Duration.ofNanos(parser.getLongValue());
			}
			String text = parser.getString();
			try {
				return text.isEmpty() ? Duration.ZERO : GoDuration.parse(text);
			}
			catch (IllegalArgumentException ex) {
				throw DatabindException.from(parser, "invalid duration", ex);
			}
		}

	}

}
