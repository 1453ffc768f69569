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

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Leaf certificates, which the agent makes on demand and renews while somebody waits for
 * the next one.
 */
final class LeafEndpoints {

	private final Store store;

	private final Scheduler timer;

	private final BooleanSupplier stale;

	LeafEndpoints(Store store, Scheduler timer, BooleanSupplier stale) {
		this.store = store;
		this.timer = timer;
		this.stale = stale;
	}

	void register(Router router) {
		router.on("GET", "/v1/agent/connect/ca/leaf/", this::leaf);
	}

	private Mono<Answer> leaf(Request request) {
		String service = request.name();
		Blocking blocking = Blocking.of(request);
		Leaf known = this.store.current().leaves().get(service);
		Leaf leaf = known;
		if (leaf == null) {
			leaf = renew(service, null);
		}
		else if (blocking.index() == 0 && leaf.due(Instant.now()) && !this.stale.getAsBoolean()) {
			leaf = renew(service, leaf);
		}
		if (Long.compareUnsigned(leaf.modifyIndex(), blocking.index()) > 0) {
			return Mono.just(answer(leaf, leaf.equals(known)));
		}
		return next(service, blocking).map((next) -> answer(next, false));
	}

	private Mono<Leaf> next(String service, Blocking blocking) {
		return this.store.states()
			.mapNotNull((state) -> state.leaves().get(service))
			.distinctUntilChanged()
			.switchMap((leaf) -> {
				if (Long.compareUnsigned(leaf.modifyIndex(), blocking.index()) > 0) {
					return Mono.just(leaf);
				}
				Duration until = Duration.between(Instant.now(), leaf.renewAt());
				return Mono.delay(until.isNegative() ? Duration.ZERO : until, this.timer)
					.mapNotNull((due) -> renew(service, leaf))
					// Its index may still be behind an index that is ahead of ours.
					.filter((next) -> Long.compareUnsigned(next.modifyIndex(), blocking.index()) > 0);
			})
			.next()
			.timeout(blocking.longest(), Mono.fromSupplier(() -> this.store.current().leaves().get(service)),
					this.timer);
	}

	private Leaf renew(String service, @Nullable Leaf old) {
		State after = this.store.update((state, index) -> Objects.equals(state.leaves().get(service), old)
				? state.with(state.authority().issue(service, index)) : state);
		return Objects.requireNonNull(after.leaves().get(service));
	}

	private static Answer answer(Leaf leaf, boolean cached) {
		Answer answer = Answer.json(LeafView.of(leaf)).index(leaf.modifyIndex());
		if (!cached) {
			return answer.header("X-Cache", "MISS");
		}
		long age = Duration.between(leaf.validAfter().plusSeconds(60), Instant.now()).toSeconds();
		return answer.header("X-Cache", "HIT").header("Age", Long.toString(Math.max(0, age)));
	}

	/**
	 * A leaf as Consul shows it.
	 *
	 * @param serialNumber the serial number
	 * @param certPem the certificates
	 * @param privateKeyPem the key
	 * @param service the service
	 * @param serviceUri the SPIFFE ID
	 * @param validAfter start of the validity
	 * @param validBefore end of the validity
	 * @param createIndex the index that it came with
	 * @param modifyIndex the same
	 */
	record LeafView(String serialNumber, String certPem, String privateKeyPem, String service, String serviceUri,
			Instant validAfter, Instant validBefore, long createIndex, long modifyIndex) {

		static LeafView of(Leaf leaf) {
			return new LeafView(leaf.serial(), leaf.certificatePem(), leaf.privateKeyPem(), leaf.service(), leaf.uri(),
					leaf.validAfter().truncatedTo(ChronoUnit.SECONDS),
					leaf.validBefore().truncatedTo(ChronoUnit.SECONDS), leaf.createIndex(), leaf.modifyIndex());
		}

		@Override
		public String toString() {
			return "LeafView[" + this.serviceUri + "]";
		}

	}

}
