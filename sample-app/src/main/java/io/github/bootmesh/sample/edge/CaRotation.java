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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

/**
 * Rotates the root of Consul's built-in CA, as an operator would: by giving it another
 * key and keeping the rest of its configuration.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/connect/ca">Consul's CA
 * API</a>
 */
@Component
final class CaRotation {

	private static final String PATH = "/v1/connect/ca/configuration";

	private final Agent agent;

	CaRotation(Agent agent) {
		this.agent = agent;
	}

	/**
	 * Rotates the root.
	 * @return completes when Consul has the new root
	 */
	Mono<Void> rotate() {
		WebClient client = this.agent.client();
		return client.get()
			.uri(PATH)
			.retrieve()
			.bodyToMono(Configuration.class)
			.map(Configuration::withNewKey)
			.flatMap((next) -> client.put().uri(PATH).bodyValue(next).retrieve().toBodilessEntity())
			.then();
	}

	/**
	 * The part of the CA's configuration that a rotation must send back.
	 *
	 * @param provider the CA's kind
	 * @param config its settings
	 */
	record Configuration(@JsonProperty("Provider") String provider,
			@JsonProperty("Config") @Nullable Map<String, Object> config) {

		Configuration withNewKey() {
			if (!"consul".equals(this.provider)) {
				throw new ResponseStatusException(HttpStatus.CONFLICT,
						"The CA is '" + this.provider + "'; this page rotates only Consul's built-in one");
			}
			Map<String, Object> next = new LinkedHashMap<>(Objects.requireNonNullElse(this.config, Map.of()));
			next.put("PrivateKey", SigningKey.generate());
			next.put("RootCert", "");
			return new Configuration(this.provider, next);
		}

	}

}
