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

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Intentions one by one, with an ID, which Consul keeps to for those who know no other
 * way, and the questions about all of them.
 */
final class IntentionEndpoints {

	private static final String UNREADABLE = "Failed to decode request body: ";

	private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

	private final Store store;

	private final ConsulVersion version;

	private final IntentionWrites writes;

	private final Supplier<DefaultPolicy> defaultPolicy;

	private final AgentCache cache;

	IntentionEndpoints(Store store, ConsulVersion version, IntentionWrites writes,
			Supplier<DefaultPolicy> defaultPolicy) {
		this.store = store;
		this.version = version;
		this.writes = writes;
		this.defaultPolicy = defaultPolicy;
		this.cache = new AgentCache(store);
	}

	void register(Router router) {
		router.on("GET", "/v1/connect/intentions", this::list)
			.on("POST", "/v1/connect/intentions", this::create)
			.on("GET", "/v1/connect/intentions/match", this::match)
			.on("GET", "/v1/connect/intentions/check", this::check)
			.on("GET", "/v1/connect/intentions/", this::read)
			.on("PUT", "/v1/connect/intentions/", this::update)
			.on("DELETE", "/v1/connect/intentions/", this::delete);
	}

	private static long index(State state) {
		return state.intentions().index();
	}

	private Mono<State> awaited(Request request) {
		return this.store.await(Blocking.of(request).spread(), IntentionEndpoints::index);
	}

	private Mono<Answer> list(Request request) {
		return awaited(request).map((state) -> {
			Answer answer = Answer.json(state.intentions().all());
			return (this.version == ConsulVersion.V1_8) ? answer.index(index(state)).fromServer(true)
					: answer.blockingQuery(index(state));
		});
	}

	private Mono<Answer> create(Request request) {
		Intention wanted = wanted(request);
		if (wanted.id() != null && !wanted.id().isEmpty()) {
			throw RefusedException.failed("ID must be empty when creating a new intention");
		}
		String id = UUID.randomUUID().toString();
		this.store.update(
				(state, index) -> state.with(this.writes.create(state.intentions(), id, wanted, Instant.now(), index)));
		return Mono.just(Answer.json(Map.of("ID", id)));
	}

	private Intention wanted(Request request) {
		Intention wanted = request.body(Intention.class, 500, UNREADABLE);
		if (this.version == ConsulVersion.V1_8 && wanted.permissions() != null) {
			throw RefusedException.failed(UNREADABLE + "json: unknown field \"Permissions\"");
		}
		return wanted;
	}

	private Mono<Answer> read(Request request) {
		requireUuid(request.name(), 400, "Bad request: ");
		return awaited(request).map((state) -> {
			Intention intention = state.intentions().byId(request.name());
			return (intention != null) ? Answer.json(intention) : Answer.text(404, "Intention not found");
		});
	}

	private Mono<Answer> update(Request request) {
		Intention wanted = wanted(request);
		requireUuid(request.name(), 500, "Intention lookup failed: ");
		this.store.update((state, index) -> state
			.with(this.writes.update(state.intentions(), request.name(), wanted, Instant.now(), index)));
		return Mono.just(Answer.json(Map.of("ID", request.name())));
	}

	private Mono<Answer> delete(Request request) {
		requireUuid(request.name(), 500, "Intention lookup failed: ");
		this.store.update((state, index) -> state.with(this.writes.delete(state.intentions(), request.name(), index)));
		return Mono.just(Answer.json(true));
	}

	private static void requireUuid(String id, int status, String prefix) {
		if (id.length() != 36) {
			throw new RefusedException(status,
					prefix + "failed intention lookup: index error: UUID must be 36 characters");
		}
		if (!UUID_TEXT.matcher(id).matches()) {
			throw new RefusedException(status, prefix + "failed intention lookup: index error: Invalid UUID");
		}
	}

	private Mono<Answer> match(Request request) {
		String by = request.required("by");
		if (!by.equals("source") && !by.equals("destination")) {
			throw RefusedException.failed("'by' parameter must be one of 'source' or 'destination'");
		}
		request.required("name");
		List<String> names = request.all("name");
		names.forEach(ServiceName::parse);
		if (this.version == ConsulVersion.V1_8) {
			// It blocks on an index as the others do, but tells none.
			return awaited(request).map((state) -> Answer.json(matches(state.intentions(), by, names)));
		}
		return this.cache.optional(request, IntentionEndpoints::index,
				(state) -> Answer.json(matches(state.intentions(), by, names))
					.blockingQuery(index(state))
					.consistency(request));
	}

	private static Map<String, @Nullable List<Intention>> matches(Intentions all, String by, List<String> names) {
		Map<String, @Nullable List<Intention>> matches = new TreeMap<>();
		for (String text : names) {
			ServiceName name = ServiceName.parse(text);
			List<Intention> found = by.equals("source") ? all.forSource(name.namespace(), name.name())
					: all.forDestination(name.namespace(), name.name());
			matches.put(text, found.isEmpty() ? null : found);
		}
		return matches;
	}

	private Mono<Answer> check(Request request) {
		ServiceName source = ServiceName.parse(request.required("source"));
		ServiceName destination = ServiceName.parse(request.required("destination"));
		String type = request.parameter("source-type");
		if (type != null && !type.equals("consul")) {
			throw RefusedException.failed("unsupported SourceType: \"" + type + "\"");
		}
		Intention deciding = this.store.current()
			.intentions()
			.deciding(source.namespace(), source.name(), destination.namespace(), destination.name());
		boolean allowed = (deciding != null) ? deciding.allows() : this.defaultPolicy.get() == DefaultPolicy.ALLOW;
		return Mono.just(Answer.json(Map.of("Allowed", allowed)));
	}

}
