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

package io.github.bootmesh.autoconfigure.registration;

import java.time.Duration;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import io.github.bootmesh.autoconfigure.DurationText;

/**
 * Looks at the readiness at intervals and whenever something may have changed, one look
 * after the other, on threads of its own. A look that fails, or takes longer than the
 * check may go unrenewed, counts as not ready.
 */
final class ReadinessFeed {

	private static final Logger logger = LoggerFactory.getLogger(ReadinessFeed.class);

	private final Readiness readiness;

	private final RegistrationProperties.Check check;

	private final Sinks.Many<Boolean> changes = Sinks.many().multicast().directBestEffort();

	ReadinessFeed(Readiness readiness, RegistrationProperties.Check check) {
		this.readiness = readiness;
		this.check = check;
	}

	/**
	 * Begins to look.
	 * @param consumer told of each look
	 * @return ends it
	 */
	Disposable start(Consumer<Readiness.Report> consumer) {
		// Two threads: an indicator that hangs and ignores its interruption holds one.
		Scheduler scheduler = Schedulers.newBoundedElastic(2, 16, "bootmesh-readiness", 60, true);
		Disposable looks = Flux.interval(Duration.ZERO, this.check.interval(), scheduler)
			.map((tick) -> Boolean.TRUE)
			.mergeWith(this.changes.asFlux())
			.onBackpressureLatest()
			.concatMap((cause) -> look(scheduler), 1)
			.subscribe(consumer);
		return Disposables.composite(looks, scheduler);
	}

	/**
	 * Something may have changed: looks soon. A look under way goes on, and one more
	 * follows it.
	 */
	void changed() {
		this.changes.emitNext(Boolean.TRUE, Sinks.EmitFailureHandler.busyLooping(Duration.ofMillis(100)));
	}

	private Mono<Readiness.Report> look(Scheduler scheduler) {
		Duration ttl = this.check.ttl();
		return Mono.fromCallable(this.readiness::report)
			.subscribeOn(scheduler)
			.timeout(ttl,
					Mono.fromSupplier(() -> Readiness.Report
						.notReady("The application did not tell its readiness within " + DurationText.of(ttl) + ".")))
			.onErrorResume((ex) -> {
				logger.debug("The readiness of the application cannot be told", ex);
				return Mono.just(Readiness.Report.notReady("The readiness of the application cannot be told."));
			});
	}

}
