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

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

import reactor.core.publisher.Mono;

/**
 * What the servers know of services: health and catalog.
 */
final class CatalogEndpoints {

	private final CatalogViews views;

	private final AgentCache cache;

	CatalogEndpoints(Store store, CatalogViews views) {
		this.views = views;
		this.cache = new AgentCache(store);
	}

	void register(Router router) {
		router.on("GET", "/v1/health/connect/", (request) -> health(request, instances(request, true)))
			.on("GET", "/v1/health/service/", (request) -> health(request, instances(request, false)))
			.on("GET", "/v1/catalog/connect/", (request) -> catalog(request, instances(request, true)))
			.on("GET", "/v1/catalog/service/", (request) -> catalog(request, instances(request, false)))
			.on("GET", "/v1/catalog/services", this::services);
	}

	private static Function<Catalog, List<Instance>> instances(Request request, boolean connect) {
		String service = request.name();
		if (service.isEmpty()) {
			throw RefusedException.badRequest("Missing service name");
		}
		if (request.has("filter")) {
			throw RefusedException.failed("A development Consul does not evaluate ?filter");
		}
		List<String> tags = request.all("tag");
		return (catalog) -> (connect ? catalog.connectInstances(service) : catalog.instances(service)).stream()
			.filter((instance) -> instance.tags().containsAll(tags))
			.toList();
	}

	private Mono<Answer> health(Request request, Function<Catalog, List<Instance>> instances) {
		Boolean passing = request.flag("passing");
		if (passing == null) {
			throw RefusedException.badRequest("Invalid value for ?passing");
		}
		return answer(request, instances,
				(catalog) -> instances.apply(catalog)
					.stream()
					.filter((instance) -> !passing || catalog.status(instance.id()).equals(Check.PASSING))
					.map((instance) -> this.views.entry(instance, catalog.checks(instance.id())))
					.toList());
	}

	private Mono<Answer> catalog(Request request, Function<Catalog, List<Instance>> instances) {
		return answer(request, instances,
				(catalog) -> instances.apply(catalog).stream().map(this.views::catalogService).toList());
	}

	private Mono<Answer> answer(Request request, Function<Catalog, List<Instance>> instances,
			Function<Catalog, Object> body) {
		return this.cache.optional(request, (state) -> state.catalog().index(instances.apply(state.catalog())),
				(state) -> {
					Catalog catalog = state.catalog();
					return Answer.json(body.apply(catalog))
						.index(catalog.index(instances.apply(catalog)))
						.fromServer(true)
						.consistency(request);
				});
	}

	private Mono<Answer> services(Request request) {
		return this.cache.optional(request, (state) -> state.catalog().index(), (state) -> {
			Map<String, TreeSet<String>> services = new TreeMap<>(Map.of("consul", new TreeSet<>()));
			state.catalog()
				.instances()
				.values()
				.forEach((instance) -> services.computeIfAbsent(instance.service(), (name) -> new TreeSet<>())
					.addAll(instance.tags()));
			return Answer.json(services).index(state.catalog().index()).fromServer(true).consistency(request);
		});
	}

}
