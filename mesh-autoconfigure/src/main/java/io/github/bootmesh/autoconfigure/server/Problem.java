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

package io.github.bootmesh.autoconfigure.server;

import java.nio.charset.StandardCharsets;

import io.github.bootmesh.Internal;
import io.github.bootmesh.intention.Decision;

/**
 * The answer to a refused request (RFC 9457), which names no rule.
 */
@Internal
public enum Problem {

	/**
	 * It is not allowed.
	 */
	FORBIDDEN(403, "Forbidden"),

	/**
	 * It can be read in two ways.
	 */
	BAD_REQUEST(400, "Bad Request");

	/**
	 * The type of the body.
	 */
	public static final String MEDIA_TYPE = "application/problem+json";

	private final int status;

	private final byte[] body;

	Problem(int status, String title) {
		this.status = status;
		this.body = "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d}".formatted(title, status)
			.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * The answer to a refusal.
	 * @param refusal a decision that is not to allow
	 * @return the answer
	 */
	public static Problem of(Decision refusal) {
		return (refusal.outcome() == Decision.Outcome.AMBIGUOUS) ? BAD_REQUEST : FORBIDDEN;
	}

	/**
	 * The status.
	 * @return the status code
	 */
	public int status() {
		return this.status;
	}

	/**
	 * The body.
	 * @return the bytes, a copy
	 */
	public byte[] body() {
		return this.body.clone();
	}

}
