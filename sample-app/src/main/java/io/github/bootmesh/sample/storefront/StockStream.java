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

package io.github.bootmesh.sample.storefront;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import io.github.bootmesh.sample.member.Problem;
import io.github.bootmesh.sample.member.StreamState;

/**
 * A stream from the inventory that this service holds open, and opens again when it ends.
 */
@Component
final class StockStream {

	private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

	// The inventory says something every second.
	private static final Duration LONGEST_SILENCE = Duration.ofSeconds(5);

	private final WebClient client;

	private final Disposable.Swap running = Disposables.swap();

	private volatile StreamState state = new StreamState(false, Instant.now(), "not opened yet");

	StockStream(WebClient.Builder client) {
		this.client = client.build();
	}

	StreamState state() {
		return this.state;
	}

	@EventListener(ApplicationReadyEvent.class)
	void open() {
		this.running.update(this.client.get()
			.uri("http://inventory.service.consul/stock/stream")
			.accept(MediaType.TEXT_EVENT_STREAM)
			.retrieve()
			.bodyToFlux(String.class)
			.timeout(LONGEST_SILENCE)
			.doOnNext((said) -> turn(true, null))
			.doOnComplete(() -> turn(false, "the inventory ended it"))
			.onErrorResume((ex) -> Mono.fromRunnable(() -> turn(false, Problem.of(ex))))
			.repeatWhen((ends) -> ends.concatMap((end) -> Mono.delay(BETWEEN_TRIES)))
			.subscribe());
	}

	private void turn(boolean alive, @Nullable String problem) {
		StreamState before = this.state;
		Instant since = (before.alive() == alive) ? Objects.requireNonNull(before.since()) : Instant.now();
		this.state = new StreamState(alive, since, problem);
	}

	@EventListener(ContextClosedEvent.class)
	void close() {
		this.running.dispose();
	}

}
