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

package io.github.bootmesh.consul;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;

/**
 * The Consul HTTP API, as far as a mesh member needs it. Thread-safe; nothing is sent
 * before subscription; every error is a {@link ConsulException}; cancelling closes the
 * connection. Values arrive on an event loop and must not be blocked on there.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs">Consul HTTP API</a>
 */
@Internal
public final class ConsulClient implements AutoCloseable {

	private static final TypeReference<CaRoots> ROOTS = new TypeReference<>() {
	};

	private static final TypeReference<Leaf> LEAF = new TypeReference<>() {
	};

	private static final TypeReference<List<ServiceEntry>> ENTRIES = new TypeReference<>() {
	};

	private static final TypeReference<QueryResult> QUERY_RESULT = new TypeReference<>() {
	};

	private static final TypeReference<AgentService> AGENT_SERVICE = new TypeReference<>() {
	};

	private static final TypeReference<AgentHealth> AGENT_HEALTH = new TypeReference<>() {
	};

	private static final TypeReference<Map<String, AgentCheck>> AGENT_CHECKS = new TypeReference<>() {
	};

	private static final TypeReference<Authorization> AUTHORIZATION = new TypeReference<>() {
	};

	private static final TypeReference<JsonNode> TREE = new TypeReference<>() {
	};

	private static final int ID_LENGTH = 512;

	private final ConsulConnection connection;

	private final ConsulLimits limits;

	private final ConsulHttp http;

	/**
	 * A client with the default limits.
	 * @param connection how the agent is reached
	 * @param loops the event loops to work on; they stay the caller's
	 * @throws IllegalArgumentException if the connection cannot work on this platform
	 */
	public ConsulClient(ConsulConnection connection, LoopResources loops) {
		this(connection, loops, ConsulLimits.DEFAULTS);
	}

	/**
	 * A client.
	 * @param connection how the agent is reached
	 * @param loops the event loops to work on; they stay the caller's
	 * @param limits the bounds, the same that its {@link Watches} have
	 * @throws IllegalArgumentException if the connection cannot work on this platform
	 */
	public ConsulClient(ConsulConnection connection, LoopResources loops, ConsulLimits limits) {
		this(connection, limits, new ConsulHttp(connection, loops, limits));
	}

	private ConsulClient(ConsulConnection connection, ConsulLimits limits, ConsulHttp http) {
		this.connection = connection;
		this.limits = limits;
		this.http = http;
	}

	/**
	 * The same client, on the same connections, with another token.
	 * @param token the ACL token, as that of a {@link ConsulConnection}
	 * @return the client; it is closed with this one, and closing it closes both
	 */
	public ConsulClient withToken(Supplier<@Nullable String> token) {
		return new ConsulClient(this.connection.withToken(token), this.limits, this.http);
	}

	/**
	 * The CA certificates, at {@code /v1/agent/connect/ca/roots}. Blocks by index.
	 * @param query how to answer
	 * @return the answer
	 */
	public Mono<ConsulAnswer<CaRoots>> caRoots(ConsulQuery query) {
		return read(scoped(get("/v1/agent/connect/ca/roots", Lane.PLACES, query)), ROOTS);
	}

	/**
	 * A leaf with its key, at {@code /v1/agent/connect/ca/leaf/:service}. Blocks by
	 * index. Not blocking, an agent before 1.9 may answer with an expired one from its
	 * cache.
	 * @param service the service
	 * @param query how to answer
	 * @return the answer
	 */
	public Mono<ConsulAnswer<Leaf>> leaf(String service, ConsulQuery query) {
		if (!Destination.isName(service)) {
			return invalid("service name", service);
		}
		return read(scoped(get("/v1/agent/connect/ca/leaf/" + ConsulRequest.encode(service), Lane.PLACES, query)),
				LEAF);
	}

	/**
	 * Instances of a service that speak mTLS, of any status, at
	 * {@code /v1/health/connect/:service}. Blocks by index.
	 * @param service the service
	 * @param query how to answer
	 * @return the answer; an empty list also when the token may not read the service
	 */
	public Mono<ConsulAnswer<List<ServiceEntry>>> connectInstances(Destination service, ConsulQuery query) {
		Lane lane = query.blocks() ? Lane.PLACES : Lane.POLLS;
		return read(catalog(get("/v1/health/connect/" + ConsulRequest.encode(service.name()), lane, query), service),
				ENTRIES);
	}

	/**
	 * Executes a prepared query, at {@code /v1/query/:name/execute}, for instances that
	 * speak mTLS. It never blocks: the answer's index is 0.
	 * @param preparedQuery the query, by name or ID
	 * @param query how to answer; index and wait are not sent
	 * @return the answer
	 */
	public Mono<ConsulAnswer<QueryResult>> executeQuery(Destination preparedQuery, ConsulQuery query) {
		ConsulQuery now = query.cached() ? ConsulQuery.CACHED : ConsulQuery.NOW;
		String path = "/v1/query/" + ConsulRequest.encode(preparedQuery.name()) + "/execute";
		ConsulRequest request = catalog(get(path, Lane.POLLS, now), preparedQuery).with("connect", "true");
		return read(request, QUERY_RESULT)
			.map((answer) -> new ConsulAnswer<>(answer.body(), 0, null, answer.defaultAclPolicy()));
	}

	/**
	 * What connections to a service carry as Consul sees it, at
	 * {@code /v1/discovery-chain/:service}: what config entries say, of every version.
	 * Needs {@code service:read}.
	 * @param service the service, which need not be there
	 * @return {@code tcp}, which is the default, {@code http}, {@code http2} or
	 * {@code grpc}
	 */
	public Mono<String> serviceProtocol(Destination service) {
		String path = "/v1/discovery-chain/" + ConsulRequest.encode(service.name());
		return read(catalog(get(path, Lane.POLLS, ConsulQuery.NOW), service), TREE)
			.map((answer) -> answer.body().at("/Chain/Protocol").asString(""));
	}

	/**
	 * The intentions about a service, at {@code /v1/connect/intentions/match}: an object
	 * with a list, or {@code null}, by the service's name. It is not interpreted here, as
	 * its reader must see what it does not know. Blocks by index; before Consul 1.9 the
	 * answer has none, and {@link #intentionsIndex()} tells it. Asked with
	 * {@code ?consistent}: a server that has just started answers with those of the
	 * intentions that it has read back so far (seen with 1.8.7).
	 * @param service the called service
	 * @param query how to answer
	 * @return the answer; {@link ConsulException.Refused} when the token may not read the
	 * intentions
	 */
	public Mono<ConsulAnswer<JsonNode>> intentions(String service, ConsulQuery query) {
		if (!Destination.isName(service)) {
			return invalid("service name", service);
		}
		return exchange(matching(service, Lane.PLACES, query).withFlag("consistent"))
			.map((response) -> response.answer(ConsulJson.readTree(response)));
	}

	/**
	 * The same answered at once, for what nothing is decided by: not consistent, and on
	 * none of the connections that identity and intentions need.
	 * @param service the called service
	 * @return the object
	 */
	public Mono<JsonNode> intentionsForAdvice(String service) {
		if (!Destination.isName(service)) {
			return invalid("service name", service);
		}
		return exchange(matching(service, Lane.POLLS, ConsulQuery.NOW)).map(ConsulJson::readTree);
	}

	private ConsulRequest matching(String service, Lane lane, ConsulQuery query) {
		return scoped(get("/v1/connect/intentions/match", lane, query).with("by", "destination").with("name", service));
	}

	/**
	 * The index of all intentions, at {@code /v1/connect/intentions}, that questions
	 * about a service's intentions block by.
	 * @return the index
	 */
	public Mono<Long> intentionsIndex() {
		// The index is that of the whole table; nobody wants to read it.
		ConsulRequest request = get("/v1/connect/intentions", Lane.PLACES, ConsulQuery.NOW)
			.with("filter", "SourceName == \"-\"")
			.withFlag("consistent");
		return exchange(scoped(request)).map((response) -> {
			if (response.index() == 0) {
				throw new ConsulException.Unreadable(response + " without X-Consul-Index", null);
			}
			return response.index();
		});
	}

	/**
	 * Asks what the agent would decide on a connection, at
	 * {@code /v1/agent/connect/authorize}. The agent compares neither trust domain nor
	 * datacenter, and denies what permissions for requests decide.
	 * @param target the called service
	 * @param source who calls; its partition has to be the {@linkplain #partition() own}
	 * @return the answer
	 */
	public Mono<Authorization> authorize(String target, SpiffeId source) {
		Map<String, String> body = Map.of("Target", target, "ClientCertURI", source.toString());
		ConsulRequest request = ConsulRequest.post("/v1/agent/connect/authorize", ConsulJson.write(body),
				this.limits.timeout());
		return exchange(scoped(request)).map((response) -> ConsulJson.read(response, AUTHORIZATION));
	}

	/**
	 * The agent's version, at {@code /v1/agent/version}, which needs no permission, or
	 * {@code /v1/agent/self} of older agents, which needs {@code agent:read}.
	 * @return the version, such as {@code 1.17.3+ent}
	 */
	public Mono<String> agentVersion() {
		Mono<String> self = version("/v1/agent/self", "/Config/Version");
		return version("/v1/agent/version", "/HumanVersion").onErrorResume(ConsulException.NotFound.class,
				(ex) -> self);
	}

	private Mono<String> version(String path, String place) {
		return read(get(path, Lane.CALLS, ConsulQuery.NOW), TREE).map((answer) -> answer.body().at(place).asString(""));
	}

	/**
	 * The partition that is asked about.
	 * @return its name, {@code default} where none is configured
	 */
	public String partition() {
		return Objects.requireNonNullElse(this.connection.partition(), SpiffeId.DEFAULT);
	}

	/**
	 * A service that the agent itself holds, at {@code /v1/agent/service/:id}. Blocks by
	 * hash.
	 * @param id the ID
	 * @param query how to answer
	 * @return the answer; {@link ConsulException.NotFound} when the agent has no such
	 * service
	 */
	public Mono<ConsulAnswer<AgentService>> agentService(String id, ConsulQuery query) {
		if (!isId(id)) {
			return invalid("service ID", id);
		}
		Lane lane = query.blocks() ? Lane.PLACES : Lane.CALLS;
		return read(scoped(get("/v1/agent/service/" + ConsulRequest.encode(id), lane, query)), AGENT_SERVICE);
	}

	/**
	 * Status of an instance's checks as the agent aggregates them, at
	 * {@code /v1/agent/health/service/id/:id}.
	 * @param id the instance's ID
	 * @return the status, maintenance being critical; {@link ConsulException.NotFound}
	 * when the agent has no such service
	 */
	public Mono<CheckStatus> agentHealth(String id) {
		if (!isId(id)) {
			return invalid("service ID", id);
		}
		return send(scoped(get("/v1/agent/health/service/id/" + ConsulRequest.encode(id), Lane.CALLS, ConsulQuery.NOW)))
			.map(ConsulClient::aggregatedStatus);
	}

	// The status is told by the HTTP status too, but 429 and 503 also mean a busy agent.
	private static CheckStatus aggregatedStatus(ConsulResponse response) {
		boolean health = response.succeeded() || response.status() == 429 || response.status() == 503;
		if (!health || !response.isJson()) {
			throw response.error();
		}
		return switch (ConsulJson.read(response, AGENT_HEALTH).status()) {
			case "passing" -> CheckStatus.PASSING;
			case "warning" -> CheckStatus.WARNING;
			case "critical", "maintenance" -> CheckStatus.CRITICAL;
			default -> throw new ConsulException.Unreadable(response + " with an unknown status", null);
		};
	}

	/**
	 * Registers an instance, or changes its registration, at
	 * {@code /v1/agent/service/register}.
	 * @param definition the registration
	 * @param status the status that its check begins with
	 * @return completion
	 */
	public Mono<Void> register(ServiceDefinition definition, CheckStatus status) {
		return write(put("/v1/agent/service/register", ConsulJson.write(definition.wire(status))));
	}

	/**
	 * Removes an instance, at {@code /v1/agent/service/deregister/:id}.
	 * @param id the instance's ID
	 * @return completion, also when the agent has no such service
	 */
	public Mono<Void> deregister(String id) {
		if (!isId(id)) {
			return invalid("service ID", id);
		}
		return write(put("/v1/agent/service/deregister/" + ConsulRequest.encode(id), null))
			.onErrorComplete(ConsulException.NotFound.class);
	}

	/**
	 * Renews a TTL check with a status, at {@code /v1/agent/check/update/:id}.
	 * @param checkId the check's ID
	 * @param status the status
	 * @param output what people see beside it
	 * @return completion; {@link ConsulException.NotFound} when the agent has no such
	 * check
	 */
	public Mono<Void> updateCheck(String checkId, CheckStatus status, String output) {
		if (!isId(checkId)) {
			return invalid("check ID", checkId);
		}
		Map<String, String> body = Map.of("Status", status.name().toLowerCase(Locale.ROOT), "Output", output);
		return write(put("/v1/agent/check/update/" + ConsulRequest.encode(checkId), ConsulJson.write(body)));
	}

	/**
	 * The checks of instances that the agent holds, at {@code /v1/agent/checks}.
	 * @param serviceIds the instances' IDs
	 * @return the IDs of the checks, each with that of its instance
	 */
	public Mono<Map<String, String>> agentChecks(Set<String> serviceIds) {
		String filter = serviceIds.stream()
			.map((id) -> "ServiceID == \"" + id + "\"")
			.collect(Collectors.joining(" or "));
		return read(scoped(get("/v1/agent/checks", Lane.CALLS, ConsulQuery.NOW)).with("filter", filter), AGENT_CHECKS)
			.map((answer) -> answer.body()
				.entrySet()
				.stream()
				.filter((check) -> serviceIds.contains(check.getValue().serviceId()))
				.collect(Collectors.toMap(Map.Entry::getKey, (check) -> check.getValue().serviceId())));
	}

	/**
	 * Removes a check, at {@code /v1/agent/check/deregister/:id}.
	 * @param checkId the check's ID
	 * @return completion, also when the agent has no such check
	 */
	public Mono<Void> deregisterCheck(String checkId) {
		if (!isId(checkId)) {
			return invalid("check ID", checkId);
		}
		return write(put("/v1/agent/check/deregister/" + ConsulRequest.encode(checkId), null))
			.onErrorComplete(ConsulException.NotFound.class);
	}

	private ConsulRequest get(String path, Lane lane, ConsulQuery query) {
		if (!query.blocks()) {
			ConsulRequest request = ConsulRequest.get(path, lane, this.limits.timeout());
			return query.cached() ? request.withFlag("cached") : request;
		}
		// Consul adds up to a sixteenth of the wait.
		Duration longest = query.waitTime().plus(query.waitTime().dividedBy(16)).plus(this.limits.margin());
		ConsulRequest request = ConsulRequest.get(path, lane, longest).with("wait", GoDuration.of(query.waitTime()));
		return (query.hash() != null) ? request.with("hash", query.hash())
				: request.with("index", Long.toUnsignedString(query.index()));
	}

	private ConsulRequest put(String path, byte @Nullable [] body) {
		return scoped(ConsulRequest.put(path, body, this.limits.timeout()));
	}

	// Consul without namespaces answers 400 to any, so they are sent only when set.
	private ConsulRequest scoped(ConsulRequest request) {
		return request.with("ns", this.connection.namespace()).with("partition", this.connection.partition());
	}

	private ConsulRequest catalog(ConsulRequest request, Destination destination) {
		return request.with("dc", first(destination.datacenter(), this.connection.datacenter()))
			.with("ns", first(destination.namespace(), this.connection.namespace()))
			.with("partition", first(destination.partition(), this.connection.partition()));
	}

	private static @Nullable String first(@Nullable String specific, @Nullable String general) {
		return (specific != null) ? specific : general;
	}

	private <T> Mono<ConsulAnswer<T>> read(ConsulRequest request, TypeReference<T> type) {
		return exchange(request).map((response) -> response.answer(ConsulJson.read(response, type)));
	}

	private Mono<Void> write(ConsulRequest request) {
		return exchange(request).then();
	}

	private Mono<ConsulResponse> exchange(ConsulRequest request) {
		return send(request).map(ConsulClient::checked);
	}

	private Mono<ConsulResponse> send(ConsulRequest request) {
		return this.http.send(request, this.connection.token());
	}

	private static ConsulResponse checked(ConsulResponse response) {
		if (!response.succeeded()) {
			throw response.error();
		}
		return response;
	}

	// IDs are freer than names; encoded, they cannot leave their segment.
	private static boolean isId(String id) {
		return !id.isBlank() && id.length() <= ID_LENGTH && id.chars().noneMatch(Character::isISOControl)
				&& !id.equals(".") && !id.equals("..");
	}

	private static <T> Mono<T> invalid(String what, String text) {
		return Mono.error(() -> new ConsulException.Invalid(
				"Not a " + what + " that Consul takes: '" + Texts.oneLine(text, 128) + "'"));
	}

	/**
	 * Ends all requests with an error and closes the connections.
	 */
	@Override
	public void close() {
		this.http.close();
	}

	/**
	 * A check that the agent holds.
	 *
	 * @param serviceId the ID of its instance, empty for one of the node
	 */
	private record AgentCheck(@JsonProperty("ServiceID") String serviceId) {

	}

}
