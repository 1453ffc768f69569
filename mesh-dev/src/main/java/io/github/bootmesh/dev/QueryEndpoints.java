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
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Prepared queries.
 */
final class QueryEndpoints {

	private static final String UNREADABLE = "Request decode failed: ";

	private static final String EXECUTE = "/execute";

	private final Store store;

	private final CatalogViews views;

	private final String datacenter;

	private final AgentCache cache;

	QueryEndpoints(Store store, CatalogViews views, String datacenter) {
		this.store = store;
		this.views = views;
		this.datacenter = datacenter;
		this.cache = new AgentCache(store);
	}

	void register(Router router) {
		router.on("GET", "/v1/query", this::list)
			.on("POST", "/v1/query", this::create)
			.on("GET", "/v1/query/", (request) -> request.name().endsWith(EXECUTE) ? execute(request) : read(request))
			.on("PUT", "/v1/query/", this::update)
			.on("DELETE", "/v1/query/", this::delete);
	}

	private Mono<Answer> list(Request request) {
		return this.cache.optional(request, (state) -> state.queries().index(),
				(state) -> listed(request, state, List.copyOf(state.queries().byId().values())));
	}

	private Mono<Answer> read(Request request) {
		requireUuid(request.name(), "");
		return this.cache.optional(request, (state) -> state.queries().index(), (state) -> {
			PreparedQuery query = state.queries().byId().get(request.name());
			return (query != null) ? listed(request, state, List.of(query)) : Answer.text(404, "Query not found");
		});
	}

	private static Answer listed(Request request, State state, List<PreparedQuery> queries) {
		return Answer.json(queries).index(state.queries().index()).fromServer(true).consistency(request);
	}

	private Mono<Answer> create(Request request) {
		PreparedQuery wanted = request.body(PreparedQuery.class, 400, UNREADABLE);
		State after = this.store.update((state, index) -> state.with(state.queries().create(wanted, index)));
		String id = after.queries()
			.byId()
			.values()
			.stream()
			.filter((query) -> query.createIndex() == after.queries().index())
			.map(PreparedQuery::id)
			.findFirst()
			.orElseThrow();
		return Mono.just(Answer.json(Map.of("ID", Objects.requireNonNull(id))));
	}

	private Mono<Answer> update(Request request) {
		PreparedQuery wanted = request.body(PreparedQuery.class, 400, UNREADABLE);
		requireUuid(request.name(), "Prepared Query lookup failed: ");
		this.store.update((state, index) -> state.with(state.queries().update(request.name(), wanted, index)));
		return Mono.just(Answer.empty());
	}

	private Mono<Answer> delete(Request request) {
		requireUuid(request.name(), "Prepared Query lookup failed: ");
		this.store.update((state, index) -> state.with(state.queries().delete(request.name(), index)));
		return Mono.just(Answer.empty());
	}

	private static void requireUuid(String id, String prefix) {
		if (id.length() != 36) {
			throw RefusedException
				.failed(prefix + "failed prepared query lookup: index error: UUID must be 36 characters");
		}
	}

	/**
	 * Never blocks, and always tells index 1.
	 */
	private Mono<Answer> execute(Request request) {
		String idOrName = request.name().substring(0, request.name().length() - EXECUTE.length());
		Boolean connect = request.flag("connect");
		if (connect == null) {
			throw RefusedException.failed("Error parsing 'connect' value: strconv.ParseBool: parsing \""
					+ request.parameter("connect") + "\": invalid syntax");
		}
		return Mono.fromSupplier(() -> {
			State state = this.store.current();
			PreparedQuery query = state.queries().find(idOrName);
			if (query == null) {
				return Answer.text(404, "Query not found");
			}
			Catalog catalog = state.catalog();
			List<CatalogViews.Entry> nodes = query.execute(catalog, connect)
				.stream()
				.map((instance) -> this.views.entry(instance, catalog.checks(instance.id())))
				.toList();
			return Answer
				.json(new Result(query.serviceName(), nodes, query.dns(), this.datacenter, 0, 0, 0, true, "leader"))
				.index(1)
				.fromServer(true)
				.consistency(request);
		});
	}

	/**
	 * What a query found.
	 *
	 * @param service the service that it asks for
	 * @param nodes the instances
	 * @param dns settings of answers by DNS
	 * @param datacenter where they were found
	 * @param failovers in how many datacenters nothing was found
	 * @param index always 0
	 * @param lastContact always 0
	 * @param knownLeader always true
	 * @param consistencyLevel the consistency
	 */
	record Result(String service, List<CatalogViews.Entry> nodes, PreparedQuery.@Nullable Dns dns, String datacenter,
			int failovers, long index, long lastContact, boolean knownLeader, String consistencyLevel) {

	}

}
