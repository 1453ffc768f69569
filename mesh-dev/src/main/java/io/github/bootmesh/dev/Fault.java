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

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fault that strikes some requests until it is used up or ended. Thread-safe.
 */
public final class Fault {

	private static final Pattern WILDCARD = Pattern.compile("\\*\\*|\\*|[^*]+");

	private final Faults faults;

	private final Pattern path;

	private final int times;

	private final AtomicInteger hits = new AtomicInteger();

	private final Kind kind;

	private final Duration delay;

	private final int status;

	private final String text;

	Fault(Faults faults, String path, int times, Kind kind, Duration delay, int status, String text) {
		this.faults = faults;
		this.path = pattern(path);
		this.times = times;
		this.kind = kind;
		this.delay = delay;
		this.status = status;
		this.text = text;
	}

	private static Pattern pattern(String path) {
		StringBuilder regex = new StringBuilder();
		Matcher part = WILDCARD.matcher(path);
		while (part.find()) {
			String piece = part.group();
			if (piece.equals("**")) {
				regex.append(".*");
			}
			else {
				regex.append(piece.equals("*") ? "[^/]*" : Pattern.quote(piece));
			}
		}
		return Pattern.compile(regex.toString());
	}

	/**
	 * How many requests it struck.
	 * @return the number
	 */
	public int hits() {
		return this.hits.get();
	}

	/**
	 * Ends the fault. Connections that it keeps silent stay so.
	 */
	public void end() {
		this.faults.end(this);
	}

	boolean strikes(String requestPath) {
		if (!this.path.matcher(requestPath).matches()) {
			return false;
		}
		return this.hits.getAndUpdate((count) -> (count < this.times) ? count + 1 : count) < this.times;
	}

	boolean endsHeldRequests() {
		return this.kind != Kind.DELAY;
	}

	Kind kind() {
		return this.kind;
	}

	Duration delay() {
		return this.delay;
	}

	int status() {
		return this.status;
	}

	String text() {
		return this.text;
	}

	enum Kind {

		DELAY, STATUS, CUT, GARBAGE, SILENCE

	}

}
