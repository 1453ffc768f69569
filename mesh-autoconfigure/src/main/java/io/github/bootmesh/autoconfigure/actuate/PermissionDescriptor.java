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

package io.github.bootmesh.autoconfigure.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.intention.Permission;

/**
 * A permission, in Consul's words.
 *
 * @param action {@code allow} or {@code deny}
 * @param pathExact the path
 * @param pathPrefix how the path begins
 * @param pathRegex the expression that the path matches
 * @param methods the methods; empty for any
 * @param header the conditions on headers, all of which must hold
 */
record PermissionDescriptor(String action, @Nullable String pathExact, @Nullable String pathPrefix,
		@Nullable String pathRegex, Set<String> methods, List<Map<String, Object>> header) {

	static PermissionDescriptor of(Permission permission) {
		Permission.PathRule path = permission.path();
		return new PermissionDescriptor(permission.allow() ? "allow" : "deny", path(path, Permission.PathKind.EXACT),
				path(path, Permission.PathKind.PREFIX), path(path, Permission.PathKind.REGEX),
				new TreeSet<>(permission.methods()),
				permission.headers().stream().map(PermissionDescriptor::header).toList());
	}

	private static @Nullable String path(Permission.@Nullable PathRule path, Permission.PathKind kind) {
		return (path != null && path.kind() == kind) ? path.value() : null;
	}

	private static Map<String, Object> header(Permission.HeaderRule rule) {
		Map<String, Object> header = new LinkedHashMap<>();
		header.put("name", rule.name());
		boolean present = rule.kind() == Permission.HeaderKind.PRESENT;
		header.put(rule.kind().name().toLowerCase(Locale.ROOT), present ? true : rule.value());
		if (rule.invert()) {
			header.put("invert", true);
		}
		if (rule.ignoreCase()) {
			header.put("ignoreCase", true);
		}
		return header;
	}

}
