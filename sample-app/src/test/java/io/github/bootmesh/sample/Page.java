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

package io.github.bootmesh.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The edge's page as a client without a browser sees it.
 */
final class Page {

	private final HttpClient http = HttpClient.newHttpClient();

	private final URI base;

	Page(URI base) {
		this.base = base;
	}

	Page(RunningServices services) {
		this(URI.create("http://127.0.0.1:"
				+ services.context(SampleService.EDGE).getEnvironment().getRequiredProperty("local.server.port")
				+ "/"));
	}

	URI base() {
		return this.base;
	}

	JsonNode mesh() {
		return read(get("api/mesh"));
	}

	/** Whether the call in the picture went through all services. */
	boolean callArrives() {
		return mesh().get("call").get("complete").asBoolean();
	}

	/** The refusal of the call, the cut of the stream, and why: all of one look. */
	void showsThatTheStorefrontMayNotCallTheInventory() {
		JsonNode mesh = mesh();
		assertThat(mesh.at("/stream/alive").asBoolean()).isFalse();
		assertThat(mesh.at("/call/complete").asBoolean()).isFalse();
		assertThat(mesh.at("/call/way/next/problem").asString()).isNotBlank();
		assertThat(mesh.at("/failure/destination").asString()).isEqualTo("inventory");
		assertThat(mesh.at("/failure/explanation").toString()).contains("storefront").contains("deny");
	}

	/** Whether the ledger has the storefront's entries. */
	boolean books() {
		return mesh().at("/ledger/storefront/alive").asBoolean();
	}

	/** The refusal by the ledger, and why: all of one look. */
	void showsThatTheStorefrontMayNotUseTheLedger() {
		JsonNode mesh = mesh();
		assertThat(mesh.at("/ledger/storefront/alive").asBoolean()).isFalse();
		assertThat(mesh.at("/ledger/storefront/problem").asString()).contains("intention");
		assertThat(mesh.at("/ledger/publicListener/connections").asInt()).isZero();
		assertThat(mesh.at("/failure/destination").asString()).isEqualTo("ledger");
		assertThat(mesh.at("/failure/explanation").toString()).contains("storefront").contains("deny");
	}

	HttpResponse<String> get(String path) {
		return send(HttpRequest.newBuilder(this.base.resolve(path)));
	}

	/** Posts as the page does. */
	HttpResponse<String> post(String path) {
		return change("POST", path, "");
	}

	/** Writes an intention as the page does. */
	HttpResponse<String> intend(String source, String destination, String action) {
		return change("POST", "api/intentions", JsonMapper.shared()
			.writeValueAsString(Map.of("source", source, "destination", destination, "action", action)));
	}

	/** Takes an intention away as the page does. */
	HttpResponse<String> remove(String source, String destination) {
		return change("DELETE", "api/intentions?source=" + source + "&destination=" + destination, "");
	}

	/** The intentions that it shows, as source, destination and action. */
	List<String> intentions() {
		return StreamSupport.stream(mesh().at("/intentions/rules").spliterator(), false)
			.map((rule) -> rule.get("source").asString() + " " + rule.get("destination").asString() + " "
					+ rule.get("action").asString("permissions"))
			.toList();
	}

	private HttpResponse<String> change(String method, String path, String body) {
		JsonNode csrf = read(get("api/csrf"));
		return send(HttpRequest.newBuilder(this.base.resolve(path))
			.header(csrf.get("header").asString(), csrf.get("token").asString())
			.header("Content-Type", "application/json")
			.method(method, HttpRequest.BodyPublishers.ofString(body)));
	}

	HttpResponse<String> postWithoutToken(String path) {
		return send(HttpRequest.newBuilder(this.base.resolve(path)).POST(HttpRequest.BodyPublishers.noBody()));
	}

	static JsonNode read(HttpResponse<String> response) {
		return JsonMapper.shared().readTree(response.body());
	}

	private HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return this.http.send(request.timeout(Duration.ofSeconds(30)).build(),
					HttpResponse.BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
