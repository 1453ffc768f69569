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

import org.jspecify.annotations.Nullable;

/**
 * The path of a request's target, without its query, in the two readings that rules have
 * to agree on.
 *
 * @param normalized the path as RFC 3986 section 6.2.2 normalizes it: escapes of
 * unreserved characters are decoded, others are in upper case
 * @param routed the path where all escapes of characters that could stand for themselves
 * are decoded too, as routers do; the same object if there is none
 * @param ambiguity why the path can be read in yet other ways, or {@code null} if it
 * cannot; the readings are empty if it can
 */
record RequestPath(String normalized, String routed, @Nullable Ambiguity ambiguity) {

	/**
	 * Stands for the path where no rule looks at it.
	 */
	static final RequestPath UNREAD = new RequestPath("", "", null);

	/**
	 * Reads the path of a target.
	 * @param target the target as on the wire
	 * @return its path
	 */
	static RequestPath of(String target) {
		int start = start(target);
		if (start < 0) {
			return ambiguous(Ambiguity.NO_PATH);
		}
		int query = target.indexOf('?', start);
		String path = target.substring(start, (query >= 0) ? query : target.length());
		// RFC 9112 section 3.2.2: only the absolute form can do without.
		return path.isEmpty() ? new RequestPath("/", "/", null) : read(path);
	}

	private static int start(String target) {
		if (target.startsWith("/")) {
			return 0;
		}
		int authority = authorityStart(target);
		return (authority >= 0) ? authorityEnd(target, authority) : -1;
	}

	/**
	 * The authority that a target names.
	 * @param target the target as on the wire
	 * @return the authority, empty if it cannot be read, or {@code null} if there is none
	 */
	static @Nullable String authority(String target) {
		if (target.startsWith("/") || target.equals("*")) {
			return null;
		}
		int start = Math.max(0, authorityStart(target));
		return target.substring(start, Math.max(start, authorityEnd(target, start)));
	}

	private static int authorityStart(String target) {
		if (target.regionMatches(true, 0, "http://", 0, 7)) {
			return 7;
		}
		return target.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
	}

	// A host and a port. All else that an authority may hold reads as none.
	private static int authorityEnd(String target, int start) {
		int end = start;
		while (end < target.length() && isHost(target.charAt(end))) {
			end++;
		}
		boolean whole = end == target.length() || target.charAt(end) == '/' || target.charAt(end) == '?';
		return (whole && end > start) ? end : -1;
	}

	private static boolean isHost(char c) {
		return PathText.UNRESERVED.has(c) || c == ':' || c == '[' || c == ']';
	}

	private static RequestPath read(String path) {
		boolean escaped = false;
		for (int i = 0; i < path.length(); i++) {
			char c = path.charAt(i);
			if (c == ';') {
				return ambiguous(Ambiguity.PARAMETERS);
			}
			if (c == '%') {
				escaped = true;
			}
			else if (c != '/' && !PathText.SEGMENT.has(c)) {
				return ambiguous(Ambiguity.CHARACTER);
			}
		}
		if (escaped && !PathText.hasSoundEscapes(path)) {
			return ambiguous(Ambiguity.ESCAPE);
		}
		String normalized = PathText.UNRESERVED.decode(path);
		// Again, as an escape may have been spelt in escapes.
		if (escaped && !PathText.hasSoundEscapes(normalized)) {
			return ambiguous(Ambiguity.ESCAPE);
		}
		Ambiguity ambiguity = segments(normalized);
		if (ambiguity != null) {
			return ambiguous(ambiguity);
		}
		return new RequestPath(normalized, PathText.SEGMENT.decode(path), null);
	}

	private static @Nullable Ambiguity segments(String path) {
		int start = 1;
		while (start < path.length()) {
			int slash = path.indexOf('/', start);
			int end = (slash >= 0) ? slash : path.length();
			if (end == start) {
				return Ambiguity.EMPTY_SEGMENT;
			}
			if (path.charAt(start) == '.'
					&& (end == start + 1 || (end == start + 2 && path.charAt(start + 1) == '.'))) {
				return Ambiguity.DOT_SEGMENT;
			}
			start = end + 1;
		}
		return null;
	}

	private static RequestPath ambiguous(Ambiguity ambiguity) {
		return new RequestPath("", "", ambiguity);
	}

	/**
	 * Whether the readings differ.
	 */
	boolean hasTwoReadings() {
		return !this.normalized.equals(this.routed);
	}

}
