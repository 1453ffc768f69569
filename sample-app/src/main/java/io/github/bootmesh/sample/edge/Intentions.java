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

package io.github.bootmesh.sample.edge;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Consul's intentions, read and written as an operator would: by source and destination,
 * or where Consul is older than 1.9 by ID.
 *
 * @see <a href=
 * "https://developer.hashicorp.com/consul/api-docs/connect/intentions">Consul's
 * intentions API</a>
 */
@Component
final class Intentions {

	private static final String ALL = "/v1/connect/intentions";

	private static final String ONE = ALL + "/{id}";

	private static final String PAIR = ALL + "/exact?source={source}&destination={destination}";

	private final Agent agent;

	Intentions(Agent agent) {
		this.agent = agent;
	}

	/**
	 * Reads all, in the order in which they are evaluated.
	 * @return the intentions
	 */
	Flux<Intention> all() {
		return this.agent.client().get().uri(ALL).retrieve().bodyToFlux(Intention.class);
	}

	/**
	 * Writes one, in place of what is written for its source and destination.
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @param action {@code allow} or {@code deny}
	 * @return completes when Consul has it
	 */
	Mono<Void> write(String source, String destination, String action) {
		Map<String, String> body = Map.of("SourceName", source, "DestinationName", destination, "Action", action);
		WebClient client = this.agent.client();
		return knowsPairs(source, destination)
			.flatMap((known) -> known ? done(client.put().uri(PAIR, source, destination).bodyValue(body))
					: id(source, destination).flatMap((id) -> done(client.put().uri(ONE, id).bodyValue(body)))
						.switchIfEmpty(Mono.defer(() -> done(client.post().uri(ALL).bodyValue(body)))))
			.then();
	}

	/**
	 * Takes away what is written for a source and a destination.
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @return completes when it is gone
	 */
	Mono<Void> remove(String source, String destination) {
		WebClient client = this.agent.client();
		return knowsPairs(source, destination)
			.flatMap((known) -> known ? done(client.method(HttpMethod.DELETE).uri(PAIR, source, destination))
					: id(source, destination).flatMap((id) -> done(client.method(HttpMethod.DELETE).uri(ONE, id))))
			.then();
	}

	private static Mono<Boolean> done(WebClient.RequestHeadersSpec<?> request) {
		return request.retrieve().toBodilessEntity().thenReturn(true);
	}

	// An older Consul takes the word for an ID that is too short.
	private Mono<Boolean> knowsPairs(String source, String destination) {
		return done(this.agent.client().get().uri(PAIR, source, destination))
			.onErrorResume(status(HttpStatus.NOT_FOUND), (ex) -> Mono.just(true))
			.onErrorResume(status(HttpStatus.BAD_REQUEST), (ex) -> Mono.just(false));
	}

	private static Predicate<Throwable> status(HttpStatus status) {
		return (ex) -> ex instanceof WebClientResponseException answer && answer.getStatusCode() == status;
	}

	private Mono<String> id(String source, String destination) {
		return all().filter((one) -> one.source().equals(source) && one.destination().equals(destination))
			.mapNotNull(Intention::id)
			.next();
	}

	/**
	 * An intention as Consul shows it.
	 *
	 * @param id its ID, {@code null} since Consul 1.9
	 * @param source the service that calls or {@code *}
	 * @param destination the service that is called or {@code *}
	 * @param action {@code allow} or {@code deny}, or {@code null} where permissions
	 * decide
	 * @param permissions what decides each request
	 */
	record Intention(@JsonProperty("ID") @Nullable String id, @JsonProperty("SourceName") String source,
			@JsonProperty("DestinationName") String destination, @JsonProperty("Action") @Nullable String action,
			@JsonProperty("Permissions") @Nullable List<Object> permissions) {

	}

}
