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

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A permission of an intention, which decides some requests.
 *
 * @param action {@code allow} or {@code deny}
 * @param http the requests that it is for
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
record IntentionPermission(@Nullable String action, @Nullable Http http) {

	private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT",
			"OPTIONS", "TRACE");

	static boolean isAction(@Nullable String text) {
		return "allow".equals(text) || "deny".equals(text);
	}

	private static boolean isSet(@Nullable String text) {
		return text != null && !text.isEmpty();
	}

	IntentionPermission normalized() {
		return new IntentionPermission(this.action, (this.http != null) ? this.http.normalized() : null);
	}

	/**
	 * Refuses what Consul refuses.
	 * @param where the words for this permission
	 */
	void validate(String where) {
		if (!isAction(this.action)) {
			throw RefusedException.failed(where + ".Action must be set to 'allow' or 'deny'");
		}
		if (this.http == null) {
			throw RefusedException.failed(where + ".HTTP is required");
		}
		this.http.validate(where + ".HTTP");
	}

	/**
	 * The requests that a permission is for: all parts that are given must match.
	 *
	 * @param pathExact the path
	 * @param pathPrefix what the path begins with
	 * @param pathRegex what the whole path matches
	 * @param header what holds of headers
	 * @param methods the methods
	 */
	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record Http(@Nullable @JsonAlias("path_exact") String pathExact,
			@Nullable @JsonAlias("path_prefix") String pathPrefix, @Nullable @JsonAlias("path_regex") String pathRegex,
			@Nullable List<Header> header, @Nullable List<String> methods) {

		Http normalized() {
			return new Http(this.pathExact, this.pathPrefix, this.pathRegex, this.header, (this.methods != null)
					? this.methods.stream().map((method) -> method.toUpperCase(Locale.ROOT)).toList() : null);
		}

		void validate(String where) {
			fromRoot(this.pathExact, where + ".PathExact");
			fromRoot(this.pathPrefix, where + ".PathPrefix");
			long paths = Stream.of(isSet(this.pathExact), isSet(this.pathPrefix), isSet(this.pathRegex))
				.filter((given) -> given)
				.count();
			if (paths > 1) {
				throw RefusedException
					.failed(where + " should only contain at most one of PathExact, PathPrefix, or PathRegex");
			}
			List<Header> headers = (this.header != null) ? this.header : List.of();
			for (int i = 0; i < headers.size(); i++) {
				headers.get(i).validate(where + ".Header[" + i + "]");
			}
			List<String> named = (this.methods != null) ? this.methods : List.of();
			Set<String> seen = new HashSet<>();
			for (String method : named) {
				if (!METHODS.contains(method)) {
					throw RefusedException.failed(where + ".Methods contains an invalid method \"" + method + "\"");
				}
				if (!seen.add(method)) {
					throw RefusedException.failed(where + ".Methods contains \"" + method + "\" more than once");
				}
			}
			if (paths == 0 && headers.isEmpty() && named.isEmpty()) {
				throw RefusedException.failed(where + " should not be empty");
			}
		}

		private static void fromRoot(@Nullable String path, String where) {
			if (path != null && !path.isEmpty() && !path.startsWith("/")) {
				throw RefusedException.failed(where + " doesn't start with '/': \"" + path + "\"");
			}
		}

	}

	/**
	 * What holds of a header.
	 *
	 * @param name the name
	 * @param present whether it is enough that it is there
	 * @param exact the value
	 * @param prefix what the value begins with
	 * @param suffix what the value ends with
	 * @param contains what the value contains, since Consul 1.20.1
	 * @param regex what the whole value matches
	 * @param invert whether the opposite must hold
	 * @param ignoreCase whether case does not matter, since Consul 1.20.1
	 */
	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record Header(@Nullable String name, boolean present, @Nullable String exact, @Nullable String prefix,
			@Nullable String suffix, @Nullable String contains, @Nullable String regex, boolean invert,
			@JsonAlias("ignore_case") boolean ignoreCase) {

		void validate(String where) {
			if (!isSet(this.name)) {
				throw RefusedException.failed(where + " missing required Name field");
			}
			long given = Stream
				.of(this.present, isSet(this.exact), isSet(this.prefix), isSet(this.suffix), isSet(this.contains),
						isSet(this.regex))
				.filter((set) -> set)
				.count();
			if (given != 1) {
				throw RefusedException
					.failed(where + " should only contain one of Present, Exact, Prefix, Suffix, Contains, or Regex");
			}
			if (this.ignoreCase && (this.present || isSet(this.regex))) {
				throw RefusedException
					.failed(where + " should set one of Exact, Prefix, Suffix, or Contains when using IgnoreCase");
			}
		}

	}

}
