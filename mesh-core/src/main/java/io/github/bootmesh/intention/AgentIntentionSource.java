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
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ConsulAnswer;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.consul.Watches;

/**
 * The intentions as Consul's agent gives them, from one watch, and with each of its
 * answers the default policy. Since Consul 1.9 an answer has the index to block by.
 * Before, it blocks by the index of all intentions, which is so read before the
 * intentions: a change between the two readings ends the next question at once. An answer
 * without an index tells the one from the other, each time.
 */
@Internal
public final class AgentIntentionSource implements IntentionSource {

	private final ConsulClient consul;

	private final Watches watches;

	private final String service;

	private final @Nullable DefaultPolicy configured;

	private final @Nullable Duration longestWait;

	private final IntentionReader reader;

	private final Scheduler scheduler;

	/**
	 * A source that asks the agent while it is subscribed to.
	 * @param consul the agent
	 * @param watches makes the watch
	 * @param service the called service
	 * @param configured the default policy, or {@code null} to learn it from the agent
	 * @param settings how old intentions may be; they are confirmed more often
	 */
	public AgentIntentionSource(ConsulClient consul, Watches watches, String service,
			@Nullable DefaultPolicy configured, AuthorizerSettings settings) {
		this.consul = consul;
		this.watches = watches;
		this.service = service;
		this.configured = configured;
		this.longestWait = (settings.maxStaleness() != null) ? settings.maxStaleness().dividedBy(2) : null;
		this.reader = new IntentionReader(service);
		this.scheduler = Schedulers.parallel();
	}

	@Override
	public Flux<IntentionUpdate> updates() {
		return Flux.defer(() -> {
			Flux<ConsulAnswer<Reading>> answers = this.watches.watch("intentions:" + this.service,
					Watches.Place.RESERVED, this::ask);
			return answers.publish((shared) -> steps(shared))
				.scan(Known.NOTHING, (known, step) -> step.apply(known))
				.mapNotNull(Known::update);
		});
	}

	// Two at a time: a default policy that is slow to learn holds no intention back, but
	// for the first.
	private Flux<UnaryOperator<Known>> steps(Flux<ConsulAnswer<Reading>> answers) {
		Flux<UnaryOperator<Known>> intentions = answers.map((answer) -> (known) -> known.with(answer.body()));
		Flux<UnaryOperator<Known>> policies = policies(answers).map((policy) -> (known) -> known.with(policy));
		return Flux.merge(intentions, policies);
	}

	private Flux<DefaultPolicy> policies(Flux<ConsulAnswer<Reading>> answers) {
		if (this.configured != null) {
			return Flux.just(this.configured);
		}
		DefaultPolicyProbe probe = new DefaultPolicyProbe(this.consul, this.service);
		return answers.onBackpressureLatest().concatMap((answer) -> probe.learn(answer.defaultAclPolicy()), 0);
	}

	private Mono<ConsulAnswer<Reading>> ask(ConsulQuery query) {
		return match(shortened(query)).flatMap((answer) -> (answer.index() > 0) ? Mono.just(answer) : indexThenMatch())
			// Reading is not for the event loop.
			.publishOn(this.scheduler)
			.map((answer) -> new ConsulAnswer<>(read(answer.body()), answer.index(), null, answer.defaultAclPolicy()));
	}

	private ConsulQuery shortened(ConsulQuery query) {
		boolean tooLong = this.longestWait != null && query.blocks()
				&& query.waitTime().compareTo(this.longestWait) > 0;
		return tooLong ? ConsulQuery.after(query.index(), Objects.requireNonNull(this.longestWait)) : query;
	}

	private Mono<ConsulAnswer<JsonNode>> indexThenMatch() {
		return this.consul.intentionsIndex()
			.onErrorMap(ConsulException.Refused.class, this::namingThePermission)
			.flatMap((index) -> match(ConsulQuery.NOW)
				.map((answer) -> new ConsulAnswer<>(answer.body(), index, null, answer.defaultAclPolicy())));
	}

	private Mono<ConsulAnswer<JsonNode>> match(ConsulQuery query) {
		return this.consul.intentions(this.service, query)
			.onErrorMap(ConsulException.Refused.class, this::namingThePermission);
	}

	private ConsulException namingThePermission(ConsulException.Refused refused) {
		return new ConsulException.Refused(refused.getMessage() + " (the token has to have intentions:read on '"
				+ this.service + "', which service:read and a service identity imply)");
	}

	private Reading read(JsonNode answer) {
		try {
			return new Reading(this.reader.read(answer), null);
		}
		catch (NotUnderstoodException ex) {
			return new Reading(List.of(), ex.why());
		}
	}

	/**
	 * What an answer says. Equal to no other: an answer confirms also what it does not
	 * change.
	 */
	private static final class Reading {

		private final List<Intention> intentions;

		private final @Nullable String unreadable;

		Reading(List<Intention> intentions, @Nullable String unreadable) {
			this.intentions = intentions;
			this.unreadable = unreadable;
		}

	}

	/**
	 * What is known, and what of it is news.
	 *
	 * @param intentions the last intentions that could be read
	 * @param policy the default policy
	 * @param emitted what was emitted last
	 * @param update what to emit now
	 */
	private record Known(@Nullable List<Intention> intentions, @Nullable DefaultPolicy policy,
			IntentionUpdate.@Nullable Intentions emitted, @Nullable IntentionUpdate update) {

		static final Known NOTHING = new Known(null, null, null, null);

		Known with(Reading reading) {
			if (reading.unreadable != null) {
				return new Known(null, this.policy, this.emitted, new IntentionUpdate.Rejected(reading.unreadable));
			}
			Known next = new Known(reading.intentions, this.policy, this.emitted, null).next();
			boolean same = next.update == null && next.emitted != null;
			return same ? new Known(next.intentions, next.policy, next.emitted, new IntentionUpdate.Confirmed()) : next;
		}

		Known with(DefaultPolicy policy) {
			return new Known(this.intentions, policy, this.emitted, null).next();
		}

		private Known next() {
			if (this.intentions == null || this.policy == null) {
				return this;
			}
			IntentionUpdate.Intentions whole = new IntentionUpdate.Intentions(this.intentions, this.policy);
			return whole.equals(this.emitted) ? this : new Known(this.intentions, this.policy, whole, whole);
		}

	}

}
