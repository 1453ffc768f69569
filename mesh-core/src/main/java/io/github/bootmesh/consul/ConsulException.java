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

package io.github.bootmesh.consul;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.MeshException;

/**
 * Consul did not do what it was asked. The kinds are those that call for different
 * reactions. Messages hold the request's path and Consul's own text, never a token or an
 * answer's body that may hold a key.
 */
public abstract sealed class ConsulException extends MeshException {

	ConsulException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

	/**
	 * Whether asking again as before may help.
	 * @return {@code false} if the question, the token or what answers has to change
	 */
	public boolean mayPass() {
		return this instanceof Busy || this instanceof Server || this instanceof Unreachable || this instanceof Timeout;
	}

	/**
	 * The token may not do this, or is unknown (403).
	 */
	public static final class Refused extends ConsulException {

		public Refused(String message) {
			super(message, null);
		}

	}

	/**
	 * There is no such thing (404).
	 */
	public static final class NotFound extends ConsulException {

		public NotFound(String message) {
			super(message, null);
		}

	}

	/**
	 * Too many requests or connections (429, 503, or all connections of our own in use).
	 */
	public static final class Busy extends ConsulException {

		public Busy(String message) {
			super(message, null);
		}

	}

	/**
	 * The request itself is wrong (400 and other 4xx).
	 */
	public static final class Invalid extends ConsulException {

		public Invalid(String message) {
			super(message, null);
		}

	}

	/**
	 * Consul failed (5xx).
	 */
	public static final class Server extends ConsulException {

		public Server(String message) {
			super(message, null);
		}

	}

	/**
	 * The agent could not be reached, or the connection broke.
	 */
	public static final class Unreachable extends ConsulException {

		public Unreachable(String message, @Nullable Throwable cause) {
			super(message, cause);
		}

	}

	/**
	 * No answer in time.
	 */
	public static final class Timeout extends ConsulException {

		public Timeout(String message, @Nullable Throwable cause) {
			super(message, cause);
		}

	}

	/**
	 * The answer could not be read: not HTTP, not the expected JSON, too large, or a
	 * redirect, which is never followed.
	 */
	public static final class Unreadable extends ConsulException {

		public Unreadable(String message, @Nullable Throwable cause) {
			super(message, cause);
		}

	}

}
