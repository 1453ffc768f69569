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

package io.github.bootmesh.intention;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import io.github.bootmesh.SpiffeId;

/**
 * An authorizer of a test, with a time of its own: it has what the test delivers, and as
 * soon as that is delivered.
 */
public final class TestIntentions implements AutoCloseable {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Sinks.Many<IntentionUpdate> updates = Sinks.many().replay().limit(1);

	private final Authorizer authorizer;

	private Duration asleep = Duration.ZERO;

	private TestIntentions(CompletableFuture<SpiffeId> self, @Nullable Duration maxStaleness) {
		this.time.advanceTimeTo(Instant.now());
		this.authorizer = new Authorizer(this.updates::asFlux, self, new AuthorizerSettings(maxStaleness),
				((InstantSource) this::now).withZone(ZoneOffset.UTC), this.time);
		this.authorizer.start();
	}

	/** The authorizer of a service that has got no intentions yet. */
	public static TestIntentions of(SpiffeId self) {
		return new TestIntentions(CompletableFuture.completedFuture(self), null);
	}

	/**
	 * The authorizer of a service that has got no intentions and perhaps no identity yet.
	 */
	public static TestIntentions of(CompletableFuture<SpiffeId> self) {
		return new TestIntentions(self, null);
	}

	/**
	 * The authorizer of a service, denying everything when its intentions are too old.
	 */
	public static TestIntentions of(SpiffeId self, Duration maxStaleness) {
		return new TestIntentions(CompletableFuture.completedFuture(self), maxStaleness);
	}

	/** A rule for a source in the default namespace and partition. */
	public static Intention intention(String source, String destination, IntentionRule rule) {
		return new Intention(SpiffeId.DEFAULT, SpiffeId.DEFAULT, source, "", SpiffeId.DEFAULT, destination, rule);
	}

	public Authorizer authorizer() {
		return this.authorizer;
	}

	/** Delivers a set whose default policy is to deny. */
	public void deliver(Intention... intentions) {
		deliver(false, intentions);
	}

	/** Delivers a set. */
	public void deliver(boolean allowByDefault, Intention... intentions) {
		deliver(new IntentionUpdate.Intentions(List.of(intentions), new DefaultPolicy(allowByDefault, "of the test")));
	}

	/** Delivers anything. */
	public void deliver(IntentionUpdate update) {
		this.updates.emitNext(update, Sinks.EmitFailureHandler.FAIL_FAST);
	}

	/** Lets time pass, and all that falls into it happen. */
	public void advance(Duration duration) {
		this.time.advanceTimeBy(duration);
	}

	/** Lets time pass that no timer notices. */
	public void sleep(Duration duration) {
		this.asleep = this.asleep.plus(duration);
	}

	@Override
	public void close() {
		this.authorizer.close();
	}

	private Instant now() {
		return Instant.ofEpochMilli(this.time.now(TimeUnit.MILLISECONDS)).plus(this.asleep);
	}

}
