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
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.Authorization;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;

/**
 * Learns from the agent what holds where no intention matches. No endpoint tells it, but
 * the agent decides by it when asked about a caller that does not exist; that answer
 * alone takes {@code default_intention_policy} (Consul 1.18) into account. Where an
 * intention decides on unknown callers too, the default of the ACLs, which comes with
 * every answer since Consul 1.9, is the default of agents before 1.18. Else it is
 * unknown, and that means deny.
 */
final class DefaultPolicyProbe {

	// Consul's words where no intention matched, in all versions.
	private static final Set<String> NO_MATCH = Set.of("ACLs disabled, access is allowed by default",
			"Default behavior configured by ACLs", "Default intention policy");

	private static final Pattern VERSION = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})\\..*");

	private static final Duration FIRST_RETRY = Duration.ofMillis(250);

	private static final Duration LAST_RETRY = Duration.ofSeconds(30);

	private final ConsulClient consul;

	private final String service;

	private boolean known;

	DefaultPolicyProbe(ConsulClient consul, String service) {
		this.consul = consul;
		this.service = service;
	}

	/**
	 * Asks the agent, which has just answered about intentions. When it has no time for
	 * this, what was learnt before stays; without that it is asked until it answers. One
	 * subscription at a time.
	 * @param aclPolicy the default of the ACLs, if the agent told it
	 * @return what was learnt, possibly nothing new
	 */
	Flux<DefaultPolicy> learn(@Nullable String aclPolicy) {
		Mono<DefaultPolicy> asked = ask(aclPolicy).doOnNext((learnt) -> this.known = true);
		return asked.flux()
			.onErrorResume((ex) -> this.known ? Flux.empty() : Flux.concat(Mono.just(unknown(reason(ex))),
					asked.retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_RETRY).maxBackoff(LAST_RETRY))));
	}

	private Mono<DefaultPolicy> ask(@Nullable String aclPolicy) {
		return Mono.defer(() -> this.consul.authorize(this.service, nobody()))
			.flatMap((answer) -> NO_MATCH.contains(answer.reason())
					? Mono.just(new DefaultPolicy(answer.authorized(), "Consul says: " + answer.reason()))
					: byAcls(aclPolicy, notDefault(answer)))
			// What was learnt once is not given up because the question fails.
			.onErrorResume((ex) -> !this.known && lasting(ex), (ex) -> byAcls(aclPolicy, reason(ex)));
	}

	// Its namespace does not exist either: intentions for any service of a namespace that
	// does, the usual wildcards, are not about it.
	private SpiffeId nobody() {
		byte[] random = new byte[8];
		ThreadLocalRandom.current().nextBytes(random);
		String name = "bootmesh-probe-" + HexFormat.of().formatHex(random);
		return new SpiffeId("bootmesh-probe.consul", this.consul.partition(), name, "dc1", name);
	}

	private static String notDefault(Authorization answer) {
		return answer.reason().startsWith("Matched ") ? "an intention decides on every source"
				: "Consul's reason is not known here: " + Fields.shown(answer.reason());
	}

	private Mono<DefaultPolicy> byAcls(@Nullable String aclPolicy, String why) {
		if (aclPolicy == null) {
			return Mono.just(unknown(why));
		}
		return this.consul.agentVersion()
			.map((version) -> isBefore118(version) ? new DefaultPolicy(aclPolicy.equals("allow"),
					"the default of the ACLs, in Consul " + Fields.shown(version)) : unknown(why))
			.onErrorResume(DefaultPolicyProbe::lasting, (ex) -> Mono.just(unknown(why)));
	}

	private static boolean isBefore118(String version) {
		Matcher matcher = VERSION.matcher(version);
		return matcher.matches() && Integer.parseInt(matcher.group(1)) == 1 && Integer.parseInt(matcher.group(2)) < 18;
	}

	// The agent does answer, but will not tell; all else may be different in a moment.
	private static boolean lasting(Throwable ex) {
		return ex instanceof ConsulException failure && !failure.mayPass();
	}

	private static DefaultPolicy unknown(String why) {
		return new DefaultPolicy(false, "unknown: " + why);
	}

	private static String reason(Throwable ex) {
		return (ex instanceof ConsulException consul) ? String.valueOf(consul.getMessage()) : ex.getClass().getName();
	}

}
