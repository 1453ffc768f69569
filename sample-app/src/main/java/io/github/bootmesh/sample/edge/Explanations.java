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

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.sample.edge.MeshView.Call;
import io.github.bootmesh.sample.edge.MeshView.Failure;
import io.github.bootmesh.sample.member.Hop;
import io.github.bootmesh.sample.member.Member;
import io.github.bootmesh.sample.member.StreamState;

/**
 * Asks the service that did not let a call in why it would not. It says so on its
 * management port, where an operator asks.
 */
@Component
final class Explanations {

	private static final Duration PATIENCE = Duration.ofSeconds(1);

	private final Map<String, String> health = new ConcurrentHashMap<>();

	private final WebClient client = WebClient.create();

	/**
	 * Remembers where a service is asked, for when it does not let the edge in any more.
	 * @param member the service
	 */
	void remember(Member member) {
		if (member.health() != null) {
			this.health.put(member.service(), member.health());
		}
	}

	/**
	 * The call that does not get through, with what the called one says about it.
	 * @param call a call through all services
	 * @param stream the stream from the inventory to the storefront
	 * @return the failure, or none
	 */
	Mono<Failure> of(Call call, StreamState stream) {
		Failure failure = call.complete() ? failure(stream) : failure(call.way());
		if (failure == null) {
			return Mono.empty();
		}
		return explanation(failure).map(failure::explained).defaultIfEmpty(failure);
	}

	private static @Nullable Failure failure(Hop hop) {
		if (hop.next() != null) {
			return failure(hop.next());
		}
		return hop.service().equals("edge") ? new Failure("edge", "storefront", "GET", "/offer", null)
				: new Failure("storefront", "inventory", "GET", "/stock", null);
	}

	private static @Nullable Failure failure(StreamState stream) {
		return (!stream.alive() && stream.since() != null)
				? new Failure("storefront", "inventory", "GET", "/stock/stream", null) : null;
	}

	private Mono<JsonNode> explanation(Failure failure) {
		String known = this.health.get(failure.destination());
		if (known == null) {
			return Mono.empty();
		}
		URI there = UriComponentsBuilder.fromUriString(known)
			.replacePath("/actuator/mesh/explain")
			.queryParam("source", failure.source())
			.queryParam("method", failure.method())
			.queryParam("path", failure.path())
			.build()
			.toUri();
		// Whether the service can say it or not: the failure is shown anyhow.
		return this.client.get().uri(there).retrieve().bodyToMono(JsonNode.class).timeout(PATIENCE).onErrorComplete();
	}

}
