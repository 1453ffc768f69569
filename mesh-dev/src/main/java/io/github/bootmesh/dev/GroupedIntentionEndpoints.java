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
import java.util.Objects;
import java.util.Set;

import reactor.core.publisher.Mono;

/**
 * Intentions in the way of Consul since 1.9: by source and destination, and all of a
 * destination in a config entry. Other config entries are not kept.
 */
final class GroupedIntentionEndpoints {

	private static final String EXACT = "/v1/connect/intentions/exact";

	private static final String UNREADABLE = "Request decoding failed: ";

	private static final String UNKNOWN_FIELD = "json: unknown field ";

	private static final Set<String> OTHER_KINDS = Set.of("service-defaults", "proxy-defaults", "service-router",
			"service-splitter", "service-resolver", "ingress-gateway", "terminating-gateway", "mesh",
			"exported-services");

	private final Store store;

	private final GroupedIntentions writes;

	GroupedIntentionEndpoints(Store store, GroupedIntentions writes) {
		this.store = store;
		this.writes = writes;
	}

	void register(Router router) {
		router.on("GET", EXACT, this::read)
			.on("PUT", EXACT, this::write)
			.on("DELETE", EXACT, this::delete)
			.on("PUT", "/v1/config", this::writeEntry)
			.on("GET", "/v1/config/", this::readEntries)
			.on("DELETE", "/v1/config/", this::deleteEntry);
	}

	private Mono<State> awaited(Request request) {
		return this.store.await(Blocking.of(request).spread(), (state) -> state.intentions().index());
	}

	private static Pair pair(Request request) {
		return new Pair(ServiceName.parse(request.required("source")).inDefault("SourceNS"),
				ServiceName.parse(request.required("destination")).inDefault("DestinationNS"));
	}

	private Mono<Answer> read(Request request) {
		Pair pair = pair(request);
		return awaited(request).map((state) -> {
			Intention intention = state.intentions().exact(pair.source(), pair.destination());
			return (intention != null) ? Answer.json(intention) : Answer.text(404, "Intention not found");
		});
	}

	private Mono<Answer> write(Request request) {
		Pair pair = pair(request);
		Intention wanted = request.body(Intention.class, 400, "Request decode failed: ")
			.between(pair.source(), pair.destination());
		this.store
			.update((state, index) -> state.with(this.writes.upsert(state.intentions(), wanted, Instant.now(), index)));
		return Mono.just(Answer.json(true));
	}

	private Mono<Answer> delete(Request request) {
		Pair pair = pair(request);
		this.store.update((state, index) -> state
			.with(this.writes.delete(state.intentions(), pair.source(), pair.destination(), index)));
		return Mono.just(Answer.json(true));
	}

	private Mono<Answer> writeEntry(Request request) {
		if (request.has("cas")) {
			throw RefusedException.badRequest("A development Consul does not do ?cas");
		}
		Map<?, ?> raw = decoded(request, Map.class);
		Object kind = raw.containsKey("Kind") ? raw.get("Kind") : raw.get("kind");
		if (kind == null) {
			throw RefusedException.badRequest(UNREADABLE + "Payload does not contain a kind/Kind key at the top level");
		}
		if (OTHER_KINDS.contains(kind)) {
			throw RefusedException.badRequest("A development Consul keeps no config entries but service-intentions");
		}
		if (!kind.equals(ServiceIntentions.KIND)) {
			throw RefusedException.badRequest(UNREADABLE + "invalid config entry kind: " + kind);
		}
		ServiceIntentions entry = decoded(request, ServiceIntentions.class);
		this.store.update((state, index) -> state.with(this.writes.put(state.intentions(), entry, index)));
		return Mono.just(Answer.json(true));
	}

	private static <T> T decoded(Request request, Class<T> type) {
		try {
			return Json.read(request.body(), type);
		}
		catch (IllegalArgumentException ex) {
			String reason = String.valueOf(ex.getMessage());
			throw RefusedException.badRequest(UNREADABLE + (reason.startsWith(UNKNOWN_FIELD)
					? "1 error occurred:\n\t* invalid config key " + reason.substring(UNKNOWN_FIELD.length()) + "\n\n"
					: reason));
		}
	}

	private Mono<Answer> readEntries(Request request) {
		String[] kindAndName = request.name().split("/", 2);
		requireKind(kindAndName[0], 500);
		return awaited(request)
			.map((state) -> ((kindAndName.length == 1) ? all(kindAndName[0], state) : one(kindAndName, state))
				.blockingQuery(state.intentions().index()));
	}

	private static Answer all(String kind, State state) {
		return Answer.json(!kind.equals(ServiceIntentions.KIND) ? List.of()
				: state.intentions()
					.written()
					.stream()
					.map((intention) -> String.valueOf(intention.destinationName()))
					.distinct()
					.sorted()
					.map((name) -> Objects.requireNonNull(ServiceIntentions.find(state.intentions(), name)))
					.toList());
	}

	private static Answer one(String[] kindAndName, State state) {
		ServiceIntentions entry = kindAndName[0].equals(ServiceIntentions.KIND)
				? ServiceIntentions.find(state.intentions(), kindAndName[1]) : null;
		return (entry != null) ? Answer.json(entry) : Answer.text(404,
				"Config entry not found for \"" + kindAndName[0] + "\" / \"" + kindAndName[1] + "\"");
	}

	private Mono<Answer> deleteEntry(Request request) {
		String[] kindAndName = request.name().split("/", 2);
		if (kindAndName.length != 2) {
			throw new RefusedException(404, "Must provide both a kind and name to delete");
		}
		requireKind(kindAndName[0], 400);
		if (request.has("cas")) {
			throw RefusedException.badRequest("A development Consul does not do ?cas");
		}
		if (kindAndName[0].equals(ServiceIntentions.KIND)) {
			this.store
				.update((state, index) -> state.with(this.writes.remove(state.intentions(), kindAndName[1], index)));
		}
		return Mono.just(Answer.json(Map.of()));
	}

	private static void requireKind(String kind, int status) {
		if (!kind.equals(ServiceIntentions.KIND) && !OTHER_KINDS.contains(kind)) {
			throw new RefusedException(status, "invalid config entry kind: " + kind);
		}
	}

	/**
	 * What an intention is about.
	 *
	 * @param source the source or {@code *}
	 * @param destination the destination or {@code *}
	 */
	record Pair(String source, String destination) {

	}

}
