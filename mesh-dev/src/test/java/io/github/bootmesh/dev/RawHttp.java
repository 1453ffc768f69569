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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Plain HTTP to an agent, with a JSON parser that knows nothing of Consul.
 */
final class RawHttp {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final URI url;

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	RawHttp(URI url) {
		this.url = url;
	}

	Reply get(String path) {
		return join(getLater(path));
	}

	CompletableFuture<Reply> getLater(String path) {
		return send("GET", path, null);
	}

	Reply put(String path) {
		return put(path, "");
	}

	Reply put(String path, String body) {
		return join(send("PUT", path, body));
	}

	Reply post(String path, String body) {
		return join(send("POST", path, body));
	}

	Reply call(String method, String path) {
		return join(send(method, path, null));
	}

	Reply call(String method, String path, String body) {
		return join(send(method, path, body));
	}

	Reply call(String method, String path, String header, String value) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url + path)).header(header, value);
		return join(send(request.method(method, HttpRequest.BodyPublishers.noBody())));
	}

	private CompletableFuture<Reply> send(String method, String path, @Nullable String body) {
		return send(HttpRequest.newBuilder(URI.create(this.url + path))
			.method(method,
					(body != null) ? HttpRequest.BodyPublishers.ofString(body) : HttpRequest.BodyPublishers.noBody()));
	}

	private CompletableFuture<Reply> send(HttpRequest.Builder request) {
		return this.client
			.sendAsync(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString())
			.thenApply(Reply::new);
	}

	private static Reply join(CompletableFuture<Reply> reply) {
		try {
			return reply.get(90, TimeUnit.SECONDS);
		}
		catch (ExecutionException ex) {
			throw new UncheckedIOException((ex.getCause() instanceof IOException cause) ? cause : new IOException(ex));
		}
		catch (InterruptedException | TimeoutException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What came back.
	 */
	static final class Reply {

		private final HttpResponse<String> response;

		private Reply(HttpResponse<String> response) {
			this.response = response;
		}

		int status() {
			return this.response.statusCode();
		}

		String body() {
			return this.response.body();
		}

		/** The text of an error, without the end of its line. */
		String text() {
			return body().strip();
		}

		@Nullable String header(String name) {
			return this.response.headers().firstValue(name).orElse(null);
		}

		long index() {
			return Long.parseLong(this.response.headers().firstValue("X-Consul-Index").orElseThrow());
		}

		JsonNode json() {
			return JSON.readTree(body());
		}

		/** The names of the fields of an object in the body, in order. */
		List<String> fields(String pointer) {
			JsonNode node = json().at(pointer);
			return new ArrayList<>(node.propertyNames());
		}

		String string(String pointer) {
			return json().at(pointer).asString();
		}

		@Override
		public String toString() {
			return status() + " " + this.response.headers().map() + " " + body();
		}

	}

}
