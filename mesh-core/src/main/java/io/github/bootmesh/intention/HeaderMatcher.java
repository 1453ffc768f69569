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
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A header rule, compiled. Its semantics are those measured on Envoy: values are trimmed;
 * of repeated headers any one value that matches is a match, and inverting negates that;
 * a header that is missing matches nothing but an inverted rule of presence.
 */
final class HeaderMatcher {

	private static final String HOST = "host";

	private final Permission.HeaderRule rule;

	private final String name;

	private final @Nullable Expression expression;

	private final String missing;

	private final String mismatch;

	/**
	 * Compiles a rule.
	 * @throws IllegalArgumentException if it is not understood
	 */
	HeaderMatcher(Permission.HeaderRule rule) {
		this.rule = rule;
		String name = rule.name().toLowerCase(Locale.ROOT);
		this.name = name.equals(":authority") ? HOST : name;
		if (this.name.isEmpty() || this.name.startsWith(":")) {
			throw new IllegalArgumentException("no header is called '" + rule.name() + "'");
		}
		boolean literal = rule.kind() != Permission.HeaderKind.PRESENT && rule.kind() != Permission.HeaderKind.REGEX;
		if (rule.ignoreCase() && !literal) {
			throw new IllegalArgumentException("ignoring case has no meaning for " + rule.kind());
		}
		// Header values are bytes, and containers differ in how they read others.
		if (literal && (rule.value().isEmpty() || !rule.value().chars().allMatch((c) -> c < 0x80))) {
			throw new IllegalArgumentException("the value for header " + rule.name() + " is empty or not ASCII");
		}
		this.expression = (rule.kind() == Permission.HeaderKind.REGEX) ? Expression.of(rule.value()) : null;
		this.missing = Words.oneLine("header " + rule.name() + " is missing");
		this.mismatch = Words.oneLine(describe(rule));
	}

	// Without the rule's value, which may be a secret: this goes to the log.
	private static String describe(Permission.HeaderRule rule) {
		if (rule.kind() == Permission.HeaderKind.PRESENT) {
			return "header " + rule.name() + " is there";
		}
		String test = " (" + rule.kind().name().toLowerCase(Locale.ROOT) + (rule.ignoreCase() ? ", ignoring case" : "")
				+ ")";
		return rule.invert() ? "a value of header " + rule.name() + " is one that the rule excludes" + test
				: "no value of header " + rule.name() + " is as the rule asks for" + test;
	}

	/**
	 * Whether the rule looks at the authority.
	 */
	boolean looksAtHost() {
		return this.name.equals(HOST);
	}

	/**
	 * Why the rule does not match a request.
	 * @return the reason, which holds nothing of the request, or {@code null} if it
	 * matches
	 */
	@Nullable String mismatch(RequestFacts request) {
		List<String> values = request.headers(this.name);
		if (this.rule.kind() == Permission.HeaderKind.PRESENT) {
			if (values.isEmpty() == this.rule.invert()) {
				return null;
			}
			return values.isEmpty() ? this.missing : this.mismatch;
		}
		if (values.isEmpty()) {
			return this.missing;
		}
		return (anyMatches(values) != this.rule.invert()) ? null : this.mismatch;
	}

	private boolean anyMatches(List<String> values) {
		for (int i = 0; i < values.size(); i++) {
			if (matches(trimmed(values.get(i)))) {
				return true;
			}
		}
		return false;
	}

	private boolean matches(String value) {
		if (this.expression != null) {
			return this.expression.matches(value);
		}
		int rest = value.length() - this.rule.value().length();
		return rest >= 0 && switch (this.rule.kind()) {
			case EXACT -> rest == 0 && matchesAt(value, 0);
			case PREFIX -> matchesAt(value, 0);
			case SUFFIX -> matchesAt(value, rest);
			case CONTAINS -> contains(value, rest);
			case PRESENT, REGEX -> false;
		};
	}

	private boolean contains(String value, int last) {
		for (int i = 0; i <= last; i++) {
			if (matchesAt(value, i)) {
				return true;
			}
		}
		return false;
	}

	private boolean matchesAt(String value, int offset) {
		String expected = this.rule.value();
		return value.regionMatches(this.rule.ignoreCase(), offset, expected, 0, expected.length());
	}

	// RFC 9110 section 5.5: optional whitespace is no part of a value.
	private static String trimmed(String value) {
		int start = 0;
		int end = value.length();
		while (start < end && isSpace(value.charAt(start))) {
			start++;
		}
		while (end > start && isSpace(value.charAt(end - 1))) {
			end--;
		}
		return value.substring(start, end);
	}

	private static boolean isSpace(char c) {
		return c == ' ' || c == '\t';
	}

}
