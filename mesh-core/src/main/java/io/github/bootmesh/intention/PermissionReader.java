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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;

/**
 * Reads the permissions of an intention. What Consul itself would not store is not
 * understood either: such a permission matches nothing or everything, and which of the
 * two is harmless depends on its action.
 *
 * @see <a href=
 * "https://developer.hashicorp.com/consul/docs/reference/config-entry/service-intentions">Service
 * intentions</a>
 */
final class PermissionReader {

	private PermissionReader() {
	}

	static List<Permission> read(List<JsonNode> permissions) throws NotUnderstoodException {
		List<Permission> read = new ArrayList<>(permissions.size());
		for (JsonNode permission : permissions) {
			read.add(permission(new Fields(permission, "a permission")));
		}
		return read;
	}

	static boolean action(Fields fields) throws NotUnderstoodException {
		return switch (fields.text("Action")) {
			case "allow" -> true;
			case "deny" -> false;
			default -> throw fields.odd("Action");
		};
	}

	// Also an empty one is a requirement of something.
	static void requireNoJwt(Fields fields) throws NotUnderstoodException {
		if (fields.take("JWT")) {
			throw new NotUnderstoodException("JWT requirements, which are not supported yet");
		}
	}

	private static Permission permission(Fields fields) throws NotUnderstoodException {
		boolean allow = action(fields);
		requireNoJwt(fields);
		Fields http = fields.object("HTTP", "the HTTP part of a permission");
		fields.requireNoOther("");
		if (http == null) {
			throw new NotUnderstoodException("a permission without criteria");
		}
		PathRule path = path(http);
		Set<String> methods = methods(http);
		List<HeaderRule> headers = new ArrayList<>();
		for (JsonNode header : http.list("Header")) {
			headers.add(header(new Fields(header, "a header match")));
		}
		http.requireNoOther("");
		if (path == null && methods.isEmpty() && headers.isEmpty()) {
			throw new NotUnderstoodException("a permission without criteria");
		}
		return new Permission(allow, path, methods, headers);
	}

	private static @Nullable PathRule path(Fields http) throws NotUnderstoodException {
		List<PathRule> paths = new ArrayList<>();
		for (PathKind kind : PathKind.values()) {
			String name = "Path" + label(kind);
			String value = http.text(name);
			if (!value.isEmpty()) {
				if (kind != PathKind.REGEX && !value.startsWith("/")) {
					throw http.odd(name);
				}
				paths.add(new PathRule(kind, value));
			}
		}
		if (paths.size() > 1) {
			throw new NotUnderstoodException("a permission with more than one path");
		}
		return paths.isEmpty() ? null : paths.get(0);
	}

	// Consul stores them in upper case.
	private static Set<String> methods(Fields http) throws NotUnderstoodException {
		Set<String> methods = new HashSet<>();
		for (JsonNode method : http.list("Methods")) {
			if (!method.isString() || method.asString().isBlank()) {
				throw http.odd("Methods");
			}
			methods.add(method.asString().toUpperCase(Locale.ROOT));
		}
		return methods;
	}

	private static HeaderRule header(Fields fields) throws NotUnderstoodException {
		String name = fields.text("Name");
		boolean invert = fields.flag("Invert");
		boolean ignoreCase = fields.flag("IgnoreCase");
		List<HeaderRule> criteria = new ArrayList<>();
		for (HeaderKind kind : HeaderKind.values()) {
			boolean present = kind == HeaderKind.PRESENT;
			String value = present ? "" : fields.text(label(kind));
			if (present ? fields.flag("Present") : !value.isEmpty()) {
				criteria.add(new HeaderRule(name, kind, value, invert, ignoreCase));
			}
		}
		fields.requireNoOther("");
		if (name.isEmpty()) {
			throw fields.odd("Name");
		}
		if (criteria.size() != 1) {
			throw new NotUnderstoodException("a header match with " + criteria.size() + " criteria");
		}
		HeaderKind kind = criteria.get(0).kind();
		if (ignoreCase && (kind == HeaderKind.PRESENT || kind == HeaderKind.REGEX)) {
			throw fields.odd("IgnoreCase");
		}
		return criteria.get(0);
	}

	private static String label(Enum<?> kind) {
		String name = kind.name();
		return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
	}

}
