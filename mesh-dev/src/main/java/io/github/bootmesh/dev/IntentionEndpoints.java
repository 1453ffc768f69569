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

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Intentions in the way of Consul before 1.9, and the agent's decision by them. There are
 * no ACLs: what no intention decides is allowed.
 */
final class IntentionEndpoints {

	private static final Pattern SERVICE = Pattern.compile("spiffe://[^/]+/ns/([^/]+)/dc/[^/]+/svc/([^/]+)");

	private static final Pattern OTHER = Pattern
		.compile("spiffe://[^/]+(/agent/(client/dc/[^/]+/id/[^/]+|server/dc/[^/]+))?");

	private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

	private final Store store;

	private final AgentCache cache;

	IntentionEndpoints(Store store) {
		this.store = store;
		this.cache = new AgentCache(store);
	}

	void register(Router router) {
		router.on("GET", "/v1/connect/intentions", this::list)
			.on("POST", "/v1/connect/intentions", this::create)
			.on("GET", "/v1/connect/intentions/match", this::match)
			.on("GET", "/v1/connect/intentions/check", this::check)
			.on("GET", "/v1/connect/intentions/", this::read)
			.on("PUT", "/v1/connect/intentions/", this::update)
			.on("DELETE", "/v1/connect/intentions/", this::delete)
			.on("POST", "/v1/agent/connect/authorize", this::authorize);
	}

	private Mono<State> awaited(Request request) {
		return this.store.await(Blocking.of(request).spread(), (state) -> state.intentions().index());
	}

	private Mono<Answer> list(Request request) {
		return awaited(request)
			.map((state) -> Answer.json(state.intentions().all()).index(state.intentions().index()).fromServer(true));
	}

	private Mono<Answer> create(Request request) {
		Intention wanted = request.body(Intention.class, 500, "Failed to decode request body: ");
		Created created = new Created();
		this.store.update((state, index) -> {
			Intentions next = state.intentions().create(wanted, Instant.now(), index);
			next.all()
				.stream()
				.filter((intention) -> intention.createIndex() == index)
				.forEach((intention) -> created.id = intention.id());
			return state.with(next);
		});
		return Mono.just(Answer.json(Map.of("ID", Objects.requireNonNull(created.id))));
	}

	private Mono<Answer> read(Request request) {
		requireUuid(request.name(), 400, "Bad request: ");
		return awaited(request).map((state) -> {
			Intention intention = state.intentions().byId(request.name());
			return (intention != null) ? Answer.json(intention) : Answer.text(404, "Intention not found");
		});
	}

	private Mono<Answer> update(Request request) {
		Intention wanted = request.body(Intention.class, 500, "Failed to decode request body: ");
		requireUuid(request.name(), 500, "Intention lookup failed: ");
		this.store.update(
				(state, index) -> state.with(state.intentions().update(request.name(), wanted, Instant.now(), index)));
		return Mono.just(Answer.json(Map.of("ID", request.name())));
	}

	private Mono<Answer> delete(Request request) {
		requireUuid(request.name(), 500, "Intention lookup failed: ");
		this.store.update((state, index) -> state.with(state.intentions().delete(request.name(), index)));
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

	/**
	 * Blocks on an index as the others do but, as Consul before 1.9, tells none.
	 */
	private Mono<Answer> match(Request request) {
		String by = required(request, "by");
		if (!by.equals("source") && !by.equals("destination")) {
			throw RefusedException.failed("'by' parameter must be one of 'source' or 'destination'");
		}
		required(request, "name");
		List<String> names = request.all("name");
		names.forEach(ServiceName::parse);
		return awaited(request).map((state) -> {
			Map<String, @Nullable List<Intention>> matches = new LinkedHashMap<>();
			for (String text : names) {
				ServiceName name = ServiceName.parse(text);
				List<Intention> found = by.equals("source")
						? state.intentions().forSource(name.namespace(), name.name())
						: state.intentions().forDestination(name.namespace(), name.name());
				matches.put(text, found.isEmpty() ? null : found);
			}
			return Answer.json(matches);
		});
	}

	private Mono<Answer> check(Request request) {
		ServiceName source = ServiceName.parse(required(request, "source"));
		ServiceName destination = ServiceName.parse(required(request, "destination"));
		String type = request.parameter("source-type");
		if (type != null && !type.equals("consul")) {
			throw RefusedException.failed("unsupported SourceType: \"" + type + "\"");
		}
		Intention deciding = this.store.current()
			.intentions()
			.deciding(source.namespace(), source.name(), destination.namespace(), destination.name());
		return Mono.just(Answer.json(Map.of("Allowed", deciding == null || deciding.allows())));
	}

	private static String required(Request request, String parameter) {
		String value = request.parameter(parameter);
		if (value == null) {
			throw RefusedException.failed("required query parameter '" + parameter + "' not set");
		}
		return value;
	}

	private Mono<Answer> authorize(Request request) {
		Authorize asked = request.body(Authorize.class, 400, "Bad request: Request decode failed: ");
		String target = asked.target();
		if (target == null || target.isEmpty()) {
			throw RefusedException.badRequest("Bad request: Target service must be specified");
		}
		String uri = Objects.requireNonNullElse(asked.clientCertUri(), "");
		Matcher service = SERVICE.matcher(uri);
		if (!service.matches()) {
			throw RefusedException.badRequest("Bad request: ClientCertURI not a valid "
					+ (OTHER.matcher(uri).matches() ? "Service" : "Connect") + " identifier");
		}
		String namespace = decoded(service.group(1));
		String name = decoded(service.group(2));
		return this.cache.answer(target, request, (state) -> 0, (state) -> {
			Intention deciding = state.intentions().deciding(namespace, name, "default", target);
			if (deciding == null) {
				return Answer.json(new Decision(true, "ACLs disabled, access is allowed by default"));
			}
			return Answer.json(new Decision(deciding.allows(), "Matched intention: " + deciding.words()));
		});
	}

	private static String decoded(String segment) {
		return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
	}

	/**
	 * Carries the ID out of the change.
	 */
	private static final class Created {

		private @Nullable String id;

	}

	/**
	 * The name of a service with its namespace.
	 *
	 * @param namespace the namespace
	 * @param name the name
	 */
	record ServiceName(String namespace, String name) {

		static ServiceName parse(String text) {
			String[] parts = text.split("/", -1);
			if (parts.length > 2) {
				throw RefusedException.failed("name \"" + text + "\" is invalid: input can contain at most one '/'");
			}
			return (parts.length == 2) ? new ServiceName(parts[0], parts[1]) : new ServiceName("default", text);
		}

	}

	/**
	 * The question whether a peer may connect.
	 *
	 * @param target the service that it connects to
	 * @param clientCertUri its SPIFFE ID
	 * @param clientCertSerial the serial number, which does not matter
	 */
	record Authorize(@Nullable String target, @Nullable String clientCertUri, @Nullable String clientCertSerial) {

	}

	/**
	 * The decision.
	 *
	 * @param authorized whether it may connect
	 * @param reason why
	 */
	record Decision(boolean authorized, String reason) {

	}

}
