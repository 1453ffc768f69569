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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Finds the endpoint of a request as Go's multiplexer does: a path that ends in a slash
 * stands for all below it, the longest wins.
 */
final class Router {

	private static final String NAMESPACES = "Bad request: Invalid query parameter: \"ns\" - "
			+ "Namespaces are a Consul Enterprise feature";

	private static final List<String> SERVERS = List.of("/v1/health/", "/v1/catalog/", "/v1/connect/ca/");

	private final String datacenter;

	private final TreeMap<String, Map<String, Endpoint>> routes = new TreeMap<>();

	Router(String datacenter) {
		this.datacenter = datacenter;
	}

	Router on(String method, String path, Endpoint endpoint) {
		this.routes.computeIfAbsent(path, (key) -> new LinkedHashMap<>()).put(method, endpoint);
		return this;
	}

	Mono<Answer> route(Request request) {
		String path = find(request.path());
		if (path == null) {
			return Mono.just(new Answer(404, Map.of(), null));
		}
		Map<String, Endpoint> methods = this.routes.getOrDefault(path, Map.of());
		Endpoint endpoint = methods.get(request.method());
		if (request.method().equals("OPTIONS")) {
			return Mono.just(Answer.empty().header("Allow", allowed(methods)));
		}
		if (endpoint == null) {
			return Mono.just(
					Answer.text(405, "method " + request.method() + " not allowed").header("Allow", allowed(methods)));
		}
		return Mono.defer(() -> {
			check(request);
			return endpoint.answer(request.named(request.path().substring(path.length())));
		}).onErrorResume(RefusedException.class, (ex) -> Mono.just(refused(request, ex)));
	}

	private static Answer refused(Request request, RefusedException ex) {
		Answer answer = Answer.text(ex.status(), ex.text());
		boolean asked = ex.status() == 500 && request.method().equals("GET")
				&& SERVERS.stream().anyMatch(request.path()::startsWith);
		// What fails at the servers tells an index that leads nowhere.
		return asked ? answer.index(1).fromServer(false) : answer;
	}

	private @Nullable String find(String path) {
		if (this.routes.containsKey(path)) {
			return path;
		}
		int slash = path.lastIndexOf('/');
		while (slash > 0) {
			String prefix = path.substring(0, slash + 1);
			if (this.routes.containsKey(prefix)) {
				return prefix;
			}
			slash = path.lastIndexOf('/', slash - 1);
		}
		return null;
	}

	private static String allowed(Map<String, Endpoint> methods) {
		List<String> allowed = new ArrayList<>(List.of("OPTIONS"));
		allowed.addAll(methods.keySet());
		return String.join(",", allowed);
	}

	private void check(Request request) {
		if (request.has("ns") && !request.path().startsWith("/v1/connect/")) {
			throw RefusedException.badRequest(NAMESPACES);
		}
		if (request.has("consistent") && (request.has("stale") || request.has("cached"))) {
			throw RefusedException.badRequest("Cannot specify ?" + (request.has("stale") ? "stale" : "cached")
					+ " with ?consistent, conflicting semantics.");
		}
		String dc = request.parameter("dc");
		if (dc != null && !dc.equals(this.datacenter)) {
			throw RefusedException.failed("No path to datacenter");
		}
	}

	/**
	 * Answers the requests of one path and method. It may throw a
	 * {@link RefusedException}.
	 */
	interface Endpoint {

		Mono<Answer> answer(Request request);

	}

}
