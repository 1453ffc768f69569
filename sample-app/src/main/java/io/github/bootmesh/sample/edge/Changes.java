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

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.sample.member.Problem;

/**
 * Changes of Consul: a real one is left alone unless the one who started the sample
 * allows it.
 */
@Component
final class Changes {

	private final boolean allowed;

	Changes(ConsulConnectionDetails consul, EdgeProperties properties) {
		this.allowed = consul.isDevelopment() || properties.allowChanges();
	}

	boolean allowed() {
		return this.allowed;
	}

	/**
	 * Makes a change if that is allowed.
	 * @param change the change
	 * @param words what to say when it is made
	 * @return those words, or the error for the one who asked
	 */
	Mono<Done> make(Mono<Void> change, String words) {
		if (!this.allowed) {
			return Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN,
					"This is a real Consul; start the sample with --sample.allow-changes=true to change it"));
		}
		return change.onErrorMap(Changes::notMade).thenReturn(new Done(words));
	}

	private static Throwable notMade(Throwable failure) {
		if (failure instanceof ResponseStatusException) {
			return failure;
		}
		String answer = (failure instanceof WebClientResponseException refused) ? refused.getResponseBodyAsString()
				: "";
		return new ResponseStatusException(HttpStatus.BAD_GATEWAY,
				"Consul: " + (answer.isBlank() ? Problem.of(failure) : answer.strip()), failure);
	}

	/**
	 * What was done.
	 *
	 * @param message the words for it
	 */
	record Done(String message) {

	}

}
