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

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A request as the endpoints see it.
 *
 * @param method the HTTP method
 * @param path the decoded path
 * @param name what follows the path of the endpoint, such as the name of a service
 * @param parameters the decoded query parameters
 * @param body the body
 */
record Request(String method, String path, String name, Map<String, List<String>> parameters, String body) {

	Request named(String rest) {
		return new Request(this.method, this.path, rest, this.parameters, this.body);
	}

	boolean has(String parameter) {
		return this.parameters.containsKey(parameter);
	}

	/**
	 * The first value of a parameter.
	 * @param parameter the name
	 * @return the value, or {@code null} if it is absent or empty
	 */
	@Nullable String parameter(String parameter) {
		List<String> values = this.parameters.getOrDefault(parameter, List.of());
		return (values.isEmpty() || values.get(0).isEmpty()) ? null : values.get(0);
	}

	String required(String parameter) {
		String value = parameter(parameter);
		if (value == null) {
			throw RefusedException.failed("required query parameter '" + parameter + "' not set");
		}
		return value;
	}

	List<String> all(String parameter) {
		return this.parameters.getOrDefault(parameter, List.of());
	}

	/**
	 * A boolean as Go parses it; present without a value is {@code true}.
	 * @param parameter the name
	 * @return the value or {@code null} if it is none
	 */
	@Nullable Boolean flag(String parameter) {
		if (!has(parameter)) {
			return false;
		}
		String value = parameter(parameter);
		if (value == null || List.of("1", "t", "T", "true", "TRUE", "True").contains(value)) {
			return true;
		}
		return List.of("0", "f", "F", "false", "FALSE", "False").contains(value) ? false : null;
	}

	/**
	 * Reads the body.
	 * @param <T> the type
	 * @param type the type
	 * @param status the status of an unreadable body
	 * @param prefix what its text starts with
	 * @return the value
	 */
	<T> T body(Class<T> type, int status, String prefix) {
		try {
			return Json.read(this.body, type);
		}
		catch (IllegalArgumentException ex) {
			throw new RefusedException(status, prefix + ex.getMessage());
		}
	}

}
