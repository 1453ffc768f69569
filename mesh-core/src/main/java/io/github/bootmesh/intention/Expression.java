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

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/**
 * A regular expression in RE2's syntax, as Consul's are, that matches the whole of a
 * text. Matching takes time that is linear in the text and bounded in the expression.
 */
final class Expression {

	// Far more than a rule of use needs; the time to match grows with it.
	private static final int MAX_LENGTH = 1024;

	private static final int MAX_PROGRAM_SIZE = 10_000;

	// RE2 itself allows 1000 for nested repetitions; RE2/J does not bound them and would
	// unfold them all.
	private static final int MAX_REPETITIONS = 2000;

	private static final Pattern REPETITION = Pattern.compile("(\\)?)\\{(\\d{1,4})(?:,(\\d{0,4}))?\\}");

	private final Pattern pattern;

	private Expression(Pattern pattern) {
		this.pattern = pattern;
	}

	/**
	 * Compiles an expression.
	 * @throws IllegalArgumentException if it cannot be matched as Consul means it; the
	 * message does not show it
	 */
	static Expression of(String regex) {
		if (regex.isEmpty() || regex.length() > MAX_LENGTH) {
			throw new IllegalArgumentException("the expression is empty or longer than " + MAX_LENGTH + " characters");
		}
		if (!regex.chars().allMatch((c) -> c < 0x80)) {
			throw new IllegalArgumentException("the expression is not ASCII");
		}
		if (repetitions(regex) > MAX_REPETITIONS) {
			throw new IllegalArgumentException("the expression repeats too much");
		}
		return new Expression(compile(regex, 0));
	}

	// Whatever the parser stumbles over concerns this rule and no other.
	private static Pattern compile(String regex, int flags) {
		Pattern pattern;
		try {
			pattern = Pattern.compile(regex, flags);
		}
		catch (PatternSyntaxException ex) {
			throw new IllegalArgumentException("the expression has an error: " + ex.getDescription(), ex);
		}
		catch (RuntimeException | StackOverflowError ex) {
			throw new IllegalArgumentException("the expression cannot be compiled", ex);
		}
		if (pattern.programSize() > MAX_PROGRAM_SIZE) {
			throw new IllegalArgumentException("the expression is too large");
		}
		return pattern;
	}

	// Never less than how often an inner part is repeated: repeated groups are taken as
	// if they were nested.
	private static long repetitions(String regex) {
		long groups = 1;
		long others = 1;
		Matcher matcher = REPETITION.matcher(regex);
		while (matcher.find() && groups <= MAX_REPETITIONS) {
			String most = matcher.group(3);
			long times = Math.max(1, Long.parseLong((most == null || most.isEmpty()) ? matcher.group(2) : most));
			if (matcher.group(1).isEmpty()) {
				others = Math.max(others, times);
			}
			else {
				groups *= times;
			}
		}
		return groups * others;
	}

	boolean matches(String text) {
		return this.pattern.matches(text);
	}

	/**
	 * The same expression without regard to case.
	 * @throws IllegalArgumentException if it cannot be compiled
	 */
	Expression inAnyCase() {
		return new Expression(compile(this.pattern.pattern(), Pattern.CASE_INSENSITIVE));
	}

}
