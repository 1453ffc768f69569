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
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One question to Consul that is asked again and again. Questions follow one another, so
 * only the status is read by other threads.
 *
 * @param <T> the type of the value
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul
 * blocking queries</a>
 */
final class Watch<T> {

	private static final Logger logger = LoggerFactory.getLogger(Watches.class);

	private final Function<ConsulQuery, Mono<ConsulAnswer<T>>> read;

	private final Places.Claim claim;

	private final WatchSettings settings;

	private final Scheduler scheduler;

	private final RateFloor floor;

	private ConsulQuery next = ConsulQuery.NOW;

	private @Nullable ConsulAnswer<T> last;

	private long index;

	private boolean blockable = true;

	private int failures;

	private volatile WatchStatus status;

	Watch(String name, Function<ConsulQuery, Mono<ConsulAnswer<T>>> read, Places.Claim claim, WatchSettings settings,
			Scheduler scheduler) {
		this.read = read;
		this.claim = claim;
		this.settings = settings;
		this.scheduler = scheduler;
		this.floor = new RateFloor(claim.reserved() ? settings.reservedFloor() : settings.sharedFloor());
		this.status = new WatchStatus(name, WatchStatus.State.STARTING, now(), null, null);
	}

	Flux<ConsulAnswer<T>> values() {
		return Mono.defer(this::round).repeat().doFinally((signal) -> this.claim.release());
	}

	WatchStatus status() {
		return this.status;
	}

	private Mono<ConsulAnswer<T>> round() {
		Duration pause = pause();
		Mono<ConsulAnswer<T>> ask = Mono.defer(() -> this.read.apply(query()));
		return (pause.isZero() ? ask : Mono.delay(pause, this.scheduler).then(ask))
			.switchIfEmpty(Mono.error(() -> new ConsulException.Unreadable("No answer", null)))
			.flatMap((answer) -> Mono.justOrEmpty(answered(answer)))
			.onErrorResume((ex) -> {
				failed(ex);
				return Mono.empty();
			});
	}

	// The agent's cache may be old. It is good enough only for what it keeps fresh by
	// itself.
	private ConsulQuery query() {
		if (mayBlock()) {
			return this.next;
		}
		return this.claim.shared() ? ConsulQuery.CACHED : ConsulQuery.NOW;
	}

	private boolean mayBlock() {
		return this.blockable && this.claim.hold();
	}

	private Duration pause() {
		Duration pause = Duration.ZERO;
		if (this.failures > 0) {
			pause = backoff();
		}
		else if (this.last != null && !mayBlock()) {
			long interval = this.settings.pollInterval().toMillis();
			pause = Duration.ofMillis(ThreadLocalRandom.current().nextLong(interval / 2, interval + 1));
		}
		Duration floored = this.floor.take(this.scheduler.now(TimeUnit.NANOSECONDS));
		return (pause.compareTo(floored) > 0) ? pause : floored;
	}

	// Full jitter: when an agent comes back, its clients do not come back as one.
	private Duration backoff() {
		long bound = this.settings.firstBackoff().toMillis() << Math.min(this.failures - 1, 20);
		bound = Math.min(bound, this.settings.maxBackoff().toMillis());
		return Duration.ofMillis(ThreadLocalRandom.current().nextLong(bound + 1));
	}

	private @Nullable ConsulAnswer<T> answered(ConsulAnswer<T> answer) {
		this.failures = 0;
		follow(answer);
		current();
		ConsulAnswer<T> before = this.last;
		this.last = answer;
		boolean same = before != null && before.body().equals(answer.body())
				&& Objects.equals(before.defaultAclPolicy(), answer.defaultAclPolicy());
		return same ? null : answer;
	}

	private void follow(ConsulAnswer<T> answer) {
		this.blockable = answer.hash() != null || answer.index() > 0;
		if (answer.hash() != null) {
			this.next = ConsulQuery.afterHash(answer.hash(), this.settings.waitTime());
		}
		else if (answer.index() < this.index || !this.blockable) {
			startOver();
		}
		else {
			this.index = answer.index();
			this.next = ConsulQuery.after(this.index, this.settings.waitTime());
		}
		if (!this.blockable) {
			this.claim.release();
		}
	}

	private void startOver() {
		this.index = 0;
		this.next = ConsulQuery.NOW;
	}

	private void current() {
		WatchStatus before = this.status;
		Instant now = now();
		if (before.state() == WatchStatus.State.CURRENT) {
			this.status = new WatchStatus(before.name(), before.state(), before.since(), now, null);
			return;
		}
		this.status = new WatchStatus(before.name(), WatchStatus.State.CURRENT, now, now, null);
		if (before.state() == WatchStatus.State.STALE) {
			logger.info("Consul answers for {} again", before.name());
		}
		else {
			logger.debug("Consul answers for {}", before.name());
		}
	}

	// The agent may come back with an index that begins anew; blocking on the old one
	// would
	// then last for the whole wait.
	private void failed(Throwable ex) {
		this.failures++;
		this.blockable = true;
		startOver();
		String problem = (ex instanceof ConsulException) ? ex.getMessage() : ex.getClass().getName();
		WatchStatus before = this.status;
		boolean stale = before.state() == WatchStatus.State.STALE;
		this.status = new WatchStatus(before.name(), WatchStatus.State.STALE, stale ? before.since() : now(),
				before.lastAnswer(), problem);
		if (before.state() == WatchStatus.State.STARTING) {
			logger.warn("Consul does not answer for {} yet, trying on: {}", before.name(), problem);
		}
		else if (!stale) {
			logger.warn("Consul no longer answers for {}, going on with what is known: {}", before.name(), problem);
		}
	}

	private Instant now() {
		return Instant.ofEpochMilli(this.scheduler.now(TimeUnit.MILLISECONDS));
	}

}
