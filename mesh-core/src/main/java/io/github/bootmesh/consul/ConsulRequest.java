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
import java.time.Duration;

import io.netty.handler.codec.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * A request to Consul, its path and query encoded.
 *
 * @param method the method
 * @param path the encoded path, for error messages too
 * @param query the encoded query, empty or starting with {@code ?}
 * @param body the JSON to send, or {@code null}
 * @param lane whose connections it may use
 * @param timeout time for the whole answer
 */
record ConsulRequest(HttpMethod method, String path, String query, byte @Nullable [] body, Lane lane,
		Duration timeout) {

	static ConsulRequest get(String path, Lane lane, Duration timeout) {
		return new ConsulRequest(HttpMethod.GET, path, "", null, lane, timeout);
	}

	static ConsulRequest put(String path, byte @Nullable [] body, Duration timeout) {
		return new ConsulRequest(HttpMethod.PUT, path, "", body, Lane.CALLS, timeout);
	}

	static ConsulRequest post(String path, byte[] body, Duration timeout) {
		return new ConsulRequest(HttpMethod.POST, path, "", body, Lane.CALLS, timeout);
	}

	ConsulRequest with(String name, @Nullable String value) {
		if (value == null) {
			return this;
		}
		return withQuery(name + '=' + encode(value));
	}

	ConsulRequest withFlag(String name) {
		return withQuery(name);
	}

	private ConsulRequest withQuery(String part) {
		String joined = this.query + (this.query.isEmpty() ? '?' : '&') + part;
		return new ConsulRequest(this.method, this.path, joined, this.body, this.lane, this.timeout);
	}

	/**
	 * Encodes text so that it is one path segment or one query value, whatever it holds
	 * (RFC 3986, unreserved characters stay).
	 * @param text the text
	 * @return the encoded text
	 */
	static String encode(String text) {
		StringBuilder encoded = new StringBuilder(text.length());
		for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
			char character = (char) (octet & 0xFF);
			if (character < 0x80 && (Character.isLetterOrDigit(character) || "-._~".indexOf(character) >= 0)) {
				encoded.append(character);
			}
			else {
				encoded.append('%')
					.append(Character.toUpperCase(Character.forDigit(character >> 4, 16)))
					.append(Character.toUpperCase(Character.forDigit(character & 0xF, 16)));
			}
		}
		return encoded.toString();
	}

	@Override
	public String toString() {
		return this.method + " " + this.path;
	}

}
