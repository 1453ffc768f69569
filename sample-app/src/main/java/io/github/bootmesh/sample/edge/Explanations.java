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

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.sample.edge.MeshView.Failure;
import io.github.bootmesh.sample.edge.MeshView.Failure.Request;
import io.github.bootmesh.sample.member.Bookkeeping;
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
	 * What does not get through, with what the called one says about it: of several the
	 * first one.
	 * @param mesh what the page shows
	 * @return the failure, or none
	 */
	Mono<Failure> of(MeshView mesh) {
		Failure failure = mesh.call().complete() ? failure(mesh.stream()) : failure(mesh.call().way());
		if (failure == null) {
			failure = failure(mesh.ledger().storefront());
		}
		if (failure == null) {
			return Mono.empty();
		}
		Failure found = failure;
		return explanation(found).map(found::explained).defaultIfEmpty(found);
	}

	private static @Nullable Failure failure(Hop hop) {
		if (hop.next() != null) {
			return failure(hop.next());
		}
		return hop.service().equals("edge") ? new Failure("edge", "storefront", new Request("GET", "/offer"), null)
				: new Failure("storefront", "inventory", new Request("GET", "/stock"), null);
	}

	private static @Nullable Failure failure(StreamState stream) {
		return (!stream.alive() && stream.since() != null)
				? new Failure("storefront", "inventory", new Request("GET", "/stock/stream"), null) : null;
	}

	private static @Nullable Failure failure(Bookkeeping storefront) {
		return (!storefront.alive() && storefront.since() != null) ? new Failure("storefront", "ledger", null, null)
				: null;
	}

	private Mono<JsonNode> explanation(Failure failure) {
		String known = this.health.get(failure.destination());
		if (known == null) {
			return Mono.empty();
		}
		UriComponentsBuilder question = UriComponentsBuilder.fromUriString(known)
			.replacePath("/actuator/mesh/explain")
			.queryParam("source", failure.source());
		Request request = failure.request();
		if (request != null) {
			question.queryParam("method", request.method()).queryParam("path", request.path());
		}
		// Whether the service can say it or not: the failure is shown anyhow.
		return this.client.get()
			.uri(question.build().toUri())
			.retrieve()
			.bodyToMono(JsonNode.class)
			.timeout(PATIENCE)
			.onErrorComplete();
	}

}
