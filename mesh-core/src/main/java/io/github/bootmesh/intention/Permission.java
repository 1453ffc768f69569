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

import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * What a source may ask for, or may not. It matches a request whose path, method and
 * headers all match.
 *
 * @param allow whether a request that matches is allowed
 * @param path the rule for the path, or {@code null} for any path
 * @param methods the methods in upper case; empty for any method
 * @param headers the rules for headers, all of which must match
 */
public record Permission(boolean allow, @Nullable PathRule path, Set<String> methods, List<HeaderRule> headers) {

	public Permission {
		methods = Set.copyOf(methods);
		headers = List.copyOf(headers);
	}

	/**
	 * A rule for the path, which is matched without its query.
	 *
	 * @param kind how to compare
	 * @param value what to compare with
	 */
	public record PathRule(PathKind kind, String value) {

	}

	/**
	 * How a path is compared.
	 */
	public enum PathKind {

		/**
		 * The whole path is the value.
		 */
		EXACT,

		/**
		 * The path starts with the value, as a string.
		 */
		PREFIX,

		/**
		 * The whole path matches the value, an RE2 expression.
		 */
		REGEX

	}

	/**
	 * A rule for a header.
	 *
	 * @param name the name, compared without case
	 * @param kind how to compare
	 * @param value what to compare with; empty for {@link HeaderKind#PRESENT}
	 * @param invert whether the rule matches where it otherwise would not
	 * @param ignoreCase whether case is ignored in comparing
	 */
	public record HeaderRule(String name, HeaderKind kind, String value, boolean invert, boolean ignoreCase) {

	}

	/**
	 * How a header's value is compared.
	 */
	public enum HeaderKind {

		/**
		 * The header is there.
		 */
		PRESENT,

		/**
		 * A value is the value.
		 */
		EXACT,

		/**
		 * A value starts with the value.
		 */
		PREFIX,

		/**
		 * A value ends with the value.
		 */
		SUFFIX,

		/**
		 * A value contains the value.
		 */
		CONTAINS,

		/**
		 * The whole of a value matches the value, an RE2 expression.
		 */
		REGEX

	}

}
