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

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A path rule, compiled for both readings of a path.
 */
final class PathMatcher {

	private final Permission.PathKind kind;

	private final String normalized;

	private final String routed;

	private final @Nullable Expression expression;

	private final @Nullable Expression inAnyCase;

	private final String mismatch;

	/**
	 * Compiles a rule.
	 * @throws IllegalArgumentException if it is not understood
	 */
	PathMatcher(Permission.PathRule rule) {
		this.kind = rule.kind();
		this.mismatch = Words
			.oneLine("path is not " + rule.kind().name().toLowerCase(Locale.ROOT) + " '" + rule.value() + "'");
		if (rule.kind() == Permission.PathKind.REGEX) {
			this.expression = expression(rule.value());
			this.inAnyCase = this.expression.inAnyCase();
			this.normalized = rule.value();
			this.routed = rule.value();
			return;
		}
		if (!rule.value().startsWith("/") || !PathText.hasWholeEscapes(rule.value())) {
			throw new IllegalArgumentException("'" + rule.value() + "' is not a path");
		}
		this.expression = null;
		this.inAnyCase = null;
		this.normalized = PathText.UNRESERVED.decode(rule.value());
		this.routed = PathText.SEGMENT.decode(PathText.encode(rule.value()));
	}

	private static Expression expression(String value) {
		try {
			return Expression.of(value);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException(ex.getMessage() + ": " + Fields.shown(value), ex);
		}
	}

	/**
	 * Whether the rule could match one reading of a path and not the other, though the
	 * path is the same in both.
	 */
	boolean hasTwoReadings() {
		return !this.normalized.equals(this.routed);
	}

	/**
	 * Why the rule does not match a path.
	 * @return the reason, or {@code null} if it matches
	 */
	@Nullable String mismatch(RequestPath path, PathReading reading) {
		boolean matches = switch (reading) {
			case NORMALIZED -> matches(path.normalized(), this.normalized);
			case ROUTED -> matches(path.routed(), this.routed);
			case ROUTED_IN_ANY_CASE -> matchesInAnyCase(path.routed());
		};
		return matches ? null : this.mismatch;
	}

	private boolean matches(String text, String value) {
		return switch (this.kind) {
			case EXACT -> text.equals(value);
			case PREFIX -> text.startsWith(value);
			case REGEX -> this.expression != null && this.expression.matches(text);
		};
	}

	private boolean matchesInAnyCase(String text) {
		return switch (this.kind) {
			case EXACT -> text.equalsIgnoreCase(this.routed);
			case PREFIX -> text.regionMatches(true, 0, this.routed, 0, this.routed.length());
			case REGEX -> this.inAnyCase != null && this.inAnyCase.matches(text);
		};
	}

}
