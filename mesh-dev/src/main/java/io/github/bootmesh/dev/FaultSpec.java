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

/**
 * Describes a fault. The methods that return a {@link Fault} start it.
 */
public final class FaultSpec {

	private final Faults faults;

	private final String path;

	private final int times;

	FaultSpec(Faults faults, String path, int times) {
		this.faults = faults;
		this.path = path;
		this.times = times;
	}

	/**
	 * Limits how many requests the fault strikes.
	 * @param count the number, at least 1
	 * @return the limited description
	 */
	public FaultSpec times(int count) {
		return new FaultSpec(this.faults, this.path, count);
	}

	/**
	 * Holds the answers back for a while.
	 * @param duration how long
	 * @return the fault
	 */
	public Fault delay(Duration duration) {
		return start(Fault.Kind.DELAY, duration, 0, "");
	}

	/**
	 * Answers with a status and a text.
	 * @param status the status
	 * @param text the text
	 * @return the fault
	 */
	public Fault status(int status, String text) {
		return start(Fault.Kind.STATUS, Duration.ZERO, status, text);
	}

	/**
	 * Sends half an answer, then closes the connection.
	 * @return the fault
	 */
	public Fault cut() {
		return start(Fault.Kind.CUT, Duration.ZERO, 0, "");
	}

	/**
	 * Answers with a body that is no JSON.
	 * @return the fault
	 */
	public Fault garbage() {
		return start(Fault.Kind.GARBAGE, Duration.ZERO, 0, "");
	}

	/**
	 * Never answers, and keeps the connection.
	 * @return the fault
	 */
	public Fault silence() {
		return start(Fault.Kind.SILENCE, Duration.ZERO, 0, "");
	}

	private Fault start(Fault.Kind kind, Duration delay, int status, String text) {
		return this.faults.start(new Fault(this.faults, this.path, this.times, kind, delay, status, text));
	}

}
