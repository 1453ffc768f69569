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

/**
 * Why a request can be read in two ways.
 */
enum Ambiguity {

	/**
	 * The target holds no path: {@code *}, an authority, or nothing that is known.
	 */
	NO_PATH("the target has no path that rules could look at"),

	/**
	 * The path has {@code .} or {@code ..} as a segment, in some encoding.
	 */
	DOT_SEGMENT("the path has a dot segment"),

	/**
	 * The path has two slashes in a row.
	 */
	EMPTY_SEGMENT("the path has an empty segment"),

	/**
	 * A character that a path cannot hold, such as a fragment, a backslash, a control
	 * character or one that is not ASCII.
	 */
	CHARACTER("the path has a character that a path cannot hold"),

	/**
	 * A semicolon, after which some see parameters that are no part of the path.
	 */
	PARAMETERS("the path has a semicolon"),

	/**
	 * An escape that is cut off, that stands for no UTF-8, or for a character that
	 * changes what the path is for those who decode it first.
	 */
	ESCAPE("the path has an escape that is broken or changes its meaning"),

	/**
	 * Rules judge the path differently before and after its escapes are decoded.
	 */
	READINGS("the path with escapes decoded is judged differently"),

	/**
	 * More than one {@code Host}: which of them counts, nobody could tell (RFC 9112,
	 * section 3.2).
	 */
	HOSTS("more than one Host"),

	/**
	 * No {@code Host}, while rules look at it.
	 */
	NO_HOST("there is no Host that rules could look at"),

	/**
	 * The target and the {@code Host} header name different authorities.
	 */
	AUTHORITY("the target and Host name different authorities");

	@SuppressWarnings("ImmutableEnumChecker")
	private final Decision decision;

	Ambiguity(String why) {
		this.decision = new Decision(Decision.Outcome.AMBIGUOUS, why);
	}

	/**
	 * The decision on such a request, where it matters.
	 */
	Decision decision() {
		return this.decision;
	}

}
