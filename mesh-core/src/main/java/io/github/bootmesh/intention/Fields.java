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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The fields of a JSON object, none of which may be left over. Consul leaves fields out,
 * sends {@code null}, or sends what Go has for an unset field (an empty text or list,
 * {@code false}): all the same.
 */
final class Fields {

	private static final int SHOWN = 64;

	private final String what;

	private final Map<String, JsonNode> rest = new TreeMap<>();

	Fields(JsonNode object, String what) throws NotUnderstoodException {
		if (!object.isObject()) {
			throw new NotUnderstoodException(what + " that is not an object");
		}
		this.what = what;
		for (Map.Entry<String, JsonNode> field : object.properties()) {
			if (!field.getValue().isNull()) {
				this.rest.put(field.getKey(), field.getValue());
			}
		}
	}

	String text(String name) throws NotUnderstoodException {
		JsonNode value = this.rest.remove(name);
		if (value == null) {
			return "";
		}
		if (!value.isString()) {
			throw odd(name);
		}
		return value.asString();
	}

	boolean flag(String name) throws NotUnderstoodException {
		JsonNode value = this.rest.remove(name);
		if (value == null) {
			return false;
		}
		if (!value.isBoolean()) {
			throw odd(name);
		}
		return value.asBoolean();
	}

	List<JsonNode> list(String name) throws NotUnderstoodException {
		JsonNode value = this.rest.remove(name);
		if (value == null) {
			return List.of();
		}
		if (!value.isArray()) {
			throw odd(name);
		}
		return new ArrayList<>(value.values());
	}

	@Nullable Fields object(String name, String what) throws NotUnderstoodException {
		JsonNode value = this.rest.remove(name);
		if (value == null) {
			return null;
		}
		return (value.isObject() && value.isEmpty()) ? null : new Fields(value, what);
	}

	/**
	 * Takes a field that counts whatever it holds.
	 * @return whether it was there
	 */
	boolean take(String name) {
		return this.rest.remove(name) != null;
	}

	void ignore(Set<String> known) {
		this.rest.keySet().removeAll(known);
	}

	/**
	 * A field that nobody asked for and whose name has one of the beginnings.
	 * @param beginnings beginnings of names, or an empty one for any field
	 * @throws NotUnderstoodException if there is one
	 */
	void requireNoOther(String... beginnings) throws NotUnderstoodException {
		for (String name : this.rest.keySet()) {
			for (String beginning : beginnings) {
				if (name.startsWith(beginning)) {
					throw new NotUnderstoodException(this.what + " with an unknown field " + shown(name));
				}
			}
		}
	}

	NotUnderstoodException odd(String name) {
		return new NotUnderstoodException(this.what + " whose " + name + " is not as known");
	}

	// Consul's text goes to logs and to people.
	static String shown(String text) {
		String line = Words.oneLine(text);
		return "'" + ((line.length() <= SHOWN) ? line : line.substring(0, SHOWN) + "...") + "'";
	}

}
