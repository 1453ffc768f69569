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

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What a request is answered with.
 *
 * @param status the status
 * @param headers the headers, in the casing of Go's server
 * @param body the body, which {@link Json} writes unless it is bytes
 */
record Answer(int status, Map<String, String> headers, @Nullable Object body) {

	private static final byte[] NOTHING = new byte[0];

	static Answer empty() {
		return new Answer(200, Map.of(), null);
	}

	static Answer json(Object body) {
		return new Answer(200, Map.of("Content-Type", "application/json"), body);
	}

	static Answer text(int status, String text) {
		return new Answer(status, Map.of("Content-Type", "text/plain; charset=utf-8"),
				text.getBytes(StandardCharsets.UTF_8));
	}

	Answer status(int code) {
		return new Answer(code, this.headers, this.body);
	}

	Answer header(String name, String value) {
		Map<String, String> more = new LinkedHashMap<>(this.headers);
		more.put(name, value);
		return new Answer(this.status, more, this.body);
	}

	Answer index(long index) {
		return header("X-Consul-Index", Long.toUnsignedString(index));
	}

	/**
	 * The headers of an answer that a server gives.
	 * @param knownLeader whether it says that it knows its leader
	 * @return the answer with them
	 */
	Answer fromServer(boolean knownLeader) {
		return header("X-Consul-Knownleader", Boolean.toString(knownLeader)).header("X-Consul-Lastcontact", "0");
	}

	/**
	 * The headers of a server's answer to a question that can block, since Consul 1.10.
	 * @param index the index
	 * @return the answer with them
	 */
	Answer blockingQuery(long index) {
		return index(index).fromServer(true).header("X-Consul-Query-Backend", "blocking-query");
	}

	Answer consistency(Request request) {
		return header("X-Consul-Effective-Consistency", request.has("stale") ? "stale" : "leader");
	}

	byte[] bytes(boolean pretty) {
		if (this.body == null) {
			return NOTHING;
		}
		return (this.body instanceof byte[] bytes) ? bytes : Json.write(this.body, pretty);
	}

}
