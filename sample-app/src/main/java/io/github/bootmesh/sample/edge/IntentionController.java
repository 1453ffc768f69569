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

import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

import io.github.bootmesh.sample.edge.Changes.Done;

/**
 * Lets the page write intentions.
 */
@RestController
@RequestMapping("/api/intentions")
final class IntentionController {

	private static final Pattern NAME = Pattern.compile("\\*|[A-Za-z0-9][A-Za-z0-9_.-]*");

	private static final Set<String> ACTIONS = Set.of("allow", "deny");

	private final Intentions intentions;

	private final Changes changes;

	IntentionController(Intentions intentions, Changes changes) {
		this.intentions = intentions;
		this.changes = changes;
	}

	@PostMapping
	Mono<Done> write(@RequestBody Wanted wanted) {
		String source = name(wanted.source());
		String destination = name(wanted.destination());
		String action = wanted.action();
		if (action == null || !ACTIONS.contains(action)) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "The action is allow or deny");
		}
		return this.changes.make(this.intentions.write(source, destination, action),
				"Consul has the intention: " + action + " " + source + " to call " + destination);
	}

	@DeleteMapping
	Mono<Done> remove(@RequestParam String source, @RequestParam String destination) {
		return this.changes.make(this.intentions.remove(name(source), name(destination)),
				"Consul has no intention from " + source + " to " + destination);
	}

	private static String name(@Nullable String text) {
		if (text == null || !NAME.matcher(text).matches()) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST,
					"Source and destination are names of services, or * for all");
		}
		return text;
	}

	/**
	 * An intention to be written.
	 *
	 * @param source the service that calls or {@code *}
	 * @param destination the service that is called or {@code *}
	 * @param action {@code allow} or {@code deny}
	 */
	record Wanted(@Nullable String source, @Nullable String destination, @Nullable String action) {

	}

}
