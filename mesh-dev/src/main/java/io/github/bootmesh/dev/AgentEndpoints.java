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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The agent's services and checks.
 */
final class AgentEndpoints {

	private static final String UNREADABLE = "Request decode failed: ";

	private final Store store;

	private final CatalogViews views;

	private final ConsulVersion version;

	AgentEndpoints(Store store, CatalogViews views, ConsulVersion version) {
		this.store = store;
		this.views = views;
		this.version = version;
	}

	void register(Router router) {
		router.on("PUT", "/v1/agent/service/register", this::registerService)
			.on("PUT", "/v1/agent/service/deregister/", this::deregisterService)
			.on("GET", "/v1/agent/service/", this::service)
			.on("GET", "/v1/agent/services", this::services)
			.on("GET", "/v1/agent/checks", this::checks)
			.on("GET", "/v1/agent/health/service/id/", this::health)
			.on("GET", "/v1/agent/health/service/name/", this::healthByName)
			.on("PUT", "/v1/agent/check/register", this::registerCheck)
			.on("PUT", "/v1/agent/check/deregister/", this::deregisterCheck)
			.on("PUT", "/v1/agent/check/pass/", (request) -> note(request, Check.PASSING))
			.on("PUT", "/v1/agent/check/warn/", (request) -> note(request, Check.WARNING))
			.on("PUT", "/v1/agent/check/fail/", (request) -> note(request, Check.CRITICAL))
			.on("PUT", "/v1/agent/check/update/", this::update);
	}

	private Mono<Answer> registerService(Request request) {
		Registration registration = request.body(Registration.class, 400, UNREADABLE);
		boolean replace = Boolean.TRUE.equals(request.flag("replace-existing-checks"));
		this.store.update(
				(state, index) -> state.with(state.catalog().register(registration, replace, Instant.now(), index)));
		return Mono.just(Answer.empty());
	}

	private Mono<Answer> deregisterService(Request request) {
		if (request.name().isEmpty()) {
			throw RefusedException.failed("ServiceID missing");
		}
		this.store.update((state, index) -> {
			if (state.catalog().instances().containsKey(request.name())) {
				return state.with(state.catalog().deregister(request.name(), index));
			}
			if (this.version != ConsulVersion.V1_8) {
				throw new RefusedException(404, "Unknown service ID \"" + request.name()
						+ "\". Ensure that the service ID is passed, not the service name.");
			}
			return state;
		});
		return Mono.just(Answer.empty());
	}

	private Mono<Answer> service(Request request) {
		String id = request.name();
		Blocking blocking = Blocking.of(request);
		String hash = blocking.hash();
		if (hash == null) {
			return Mono.just(service(this.store.current(), id));
		}
		return this.store
			.awaitThat(blocking.spread(),
					(state) -> !hash.equals(AgentService.hash(state.catalog().instances().get(id))))
			.map((state) -> service(state, id));
	}

	private static Answer service(State state, String id) {
		Instance instance = state.catalog().instances().get(id);
		if (instance == null) {
			return Answer.text(404, "unknown service ID: " + id);
		}
		String hash = AgentService.hash(instance);
		return Answer.json(AgentService.of(instance, hash)).header("X-Consul-Contenthash", hash);
	}

	private Mono<Answer> services(Request request) {
		Map<String, AgentService> services = new LinkedHashMap<>();
		this.store.current()
			.catalog()
			.instances()
			.forEach((id, instance) -> services.put(id, AgentService.of(instance, null)));
		return Mono.just(Answer.json(services));
	}

	private Mono<Answer> checks(Request request) {
		Map<String, CatalogViews.CheckView> checks = new LinkedHashMap<>();
		this.store.current().catalog().checks().forEach((id, check) -> checks.put(id, this.views.agentCheck(check)));
		return Mono.just(Answer.json(checks));
	}

	private Mono<Answer> health(Request request) {
		Catalog catalog = this.store.current().catalog();
		Instance instance = catalog.instances().get(request.name());
		if (instance == null) {
			return Mono.just(Answer.json(new Health(Check.CRITICAL, null, null))
				.status(404)
				.header("X-Consul-Reason", "ServiceId " + request.name() + " not found"));
		}
		Health health = health(catalog, instance);
		return Mono.just(aggregated(request, health.aggregatedStatus(), health));
	}

	private Mono<Answer> healthByName(Request request) {
		Catalog catalog = this.store.current().catalog();
		List<Health> all = catalog.instances(request.name())
			.stream()
			.map((instance) -> health(catalog, instance))
			.toList();
		if (all.isEmpty()) {
			return Mono.just(Answer.json(all)
				.status(404)
				.header("X-Consul-Reason", "ServiceName " + request.name() + " Not Found"));
		}
		List<String> statuses = all.stream().map(Health::aggregatedStatus).toList();
		String worst = List.of(Check.CRITICAL, Check.WARNING, Check.PASSING)
			.stream()
			.filter(statuses::contains)
			.findFirst()
			.orElseThrow();
		return Mono.just(aggregated(request, worst, all));
	}

	private Health health(Catalog catalog, Instance instance) {
		return new Health(catalog.status(instance.id()), AgentService.of(instance, null),
				catalog.checks(instance.id())
					.stream()
					.map((check) -> this.views.agentCheck(check).inHealth())
					.toList());
	}

	private static Answer aggregated(Request request, String status, Object body) {
		int code = switch (status) {
			case Check.PASSING -> 200;
			case Check.WARNING -> 429;
			default -> 503;
		};
		Answer answer = "text".equals(request.parameter("format"))
				? Answer.text(code, status).header("Content-Type", "text/plain") : Answer.json(body).status(code);
		return answer.header("X-Consul-Reason", status);
	}

	private Mono<Answer> registerCheck(Request request) {
		CheckDefinition definition = request.body(CheckDefinition.class, 400, UNREADABLE);
		this.store.update((state, index) -> state.with(state.catalog().register(definition, Instant.now(), index)));
		return Mono.just(Answer.empty());
	}

	private Mono<Answer> deregisterCheck(Request request) {
		this.store.update((state, index) -> state.with(state.catalog().deregisterCheck(request.name(), index)));
		return Mono.just(Answer.empty());
	}

	private Mono<Answer> note(Request request, String status) {
		return renew(request.name(), status, Objects.requireNonNullElse(request.parameter("note"), ""));
	}

	private Mono<Answer> update(Request request) {
		Update update = request.body(Update.class, 400, UNREADABLE);
		String status = Objects.requireNonNullElse(update.status(), "");
		if (!Check.isStatus(status)) {
			throw RefusedException.badRequest("Invalid check status: '" + status + "'");
		}
		return renew(request.name(), status, Objects.requireNonNullElse(update.output(), ""));
	}

	private Mono<Answer> renew(String id, String status, String output) {
		this.store.update((state, index) -> {
			Check check = state.catalog().checks().get(id);
			if (check == null) {
				throw unknownCheck(id);
			}
			return state.with(state.catalog().with(check.renewed(status, output, Instant.now(), index), index));
		});
		return Mono.just(Answer.empty());
	}

	private RefusedException unknownCheck(String id) {
		return (this.version == ConsulVersion.V1_8)
				? RefusedException.failed("CheckID \"" + id + "\" does not have associated TTL")
				: new RefusedException(404,
						"Unknown check ID \"" + id + "\". Ensure that the check ID is passed, not the check name.");
	}

	/**
	 * The renewal of a check.
	 *
	 * @param status the status
	 * @param output the output
	 */
	record Update(@Nullable String status, @Nullable String output) {

	}

	/**
	 * The health of an instance.
	 *
	 * @param aggregatedStatus the worst status of its checks
	 * @param service the instance or {@code null} if there is none
	 * @param checks its checks or {@code null} if there is none
	 */
	record Health(String aggregatedStatus, @Nullable AgentService service,
			@Nullable List<CatalogViews.CheckView> checks) {

	}

}
