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

/**
 * A request that is answered with an error: Consul's status and its text.
 */
final class RefusedException extends RuntimeException {

	private final int status;

	RefusedException(int status, String text) {
		super(text, null, false, false);
		this.status = status;
	}

	static RefusedException badRequest(String text) {
		return new RefusedException(400, text);
	}

	static RefusedException failed(String text) {
		return new RefusedException(500, text);
	}

	int status() {
		return this.status;
	}

	String text() {
		return String.valueOf(getMessage());
	}

}
