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

import java.nio.charset.StandardCharsets;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What came back for a request, whatever its status.
 *
 * @param request the request
 * @param status the HTTP status
 * @param headers the headers
 * @param body the body, within the bound
 * @param token the token that was sent, to be kept out of texts
 */
record ConsulResponse(ConsulRequest request, int status, HttpHeaders headers, byte[] body, @Nullable String token) {

	private static final int TEXT_LENGTH = 512;

	boolean succeeded() {
		return this.status >= 200 && this.status < 300;
	}

	boolean isJson() {
		return this.headers.get("Content-Type", "").startsWith("application/json");
	}

	/**
	 * {@code X-Consul-Index}: 0 where there is none, which says that the endpoint does
	 * not block, and 1 where Consul says 0, as its documentation wants.
	 * @return the index
	 */
	long index() {
		String index = this.headers.get("X-Consul-Index");
		if (index == null) {
			return 0;
		}
		try {
			return Math.max(1, Long.parseUnsignedLong(index));
		}
		catch (NumberFormatException ex) {
			throw new ConsulException.Unreadable(this.request + ": X-Consul-Index is not a number", null);
		}
	}

	<T> ConsulAnswer<T> answer(T read) {
		return new ConsulAnswer<>(read, index(), this.headers.get("X-Consul-ContentHash"),
				this.headers.get("X-Consul-Default-ACL-Policy"));
	}

	/**
	 * Consul's own words about an error. Only plain text, which is what Consul sends with
	 * an error: another body could hold a key.
	 * @return one bounded line without control characters, possibly empty
	 */
	String text() {
		if (!this.headers.get("Content-Type", "").startsWith("text/plain")) {
			return "";
		}
		String text = new String(this.body, StandardCharsets.UTF_8);
		if (text.contains("PRIVATE KEY")) {
			return "";
		}
		if (this.token != null) {
			text = text.replace(this.token, "<token>");
		}
		return Texts.oneLine(text, TEXT_LENGTH);
	}

	ConsulException error() {
		String text = text();
		String message = this.request + ": " + this.status + (text.isEmpty() ? "" : " " + text);
		if (this.status >= 300 && this.status < 400) {
			return new ConsulException.Unreadable(
					message + " (redirects are not followed: configure the URL of the " + "agent itself)", null);
		}
		if (this.status == 500 && tellsOfUnknown(text)) {
			return new ConsulException.NotFound(message);
		}
		return switch (this.status) {
			case 401, 403 -> new ConsulException.Refused(message);
			case 404 -> new ConsulException.NotFound(message);
			case 429, 503 -> new ConsulException.Busy(message);
			default -> (this.status < 500) ? new ConsulException.Invalid(message) : new ConsulException.Server(message);
		};
	}

	// What newer agents answer with 404: unknown IDs, without and with ACLs.
	private static boolean tellsOfUnknown(String text) {
		return text.contains("does not have associated TTL") || text.startsWith("Unknown check ")
				|| text.startsWith("Unknown service ");
	}

	@Override
	public String toString() {
		return this.request + ": " + this.status;
	}

}
