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

package io.github.bootmesh.autoconfigure.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import io.github.bootmesh.autoconfigure.external.ExternalProxyStatus;
import io.github.bootmesh.autoconfigure.listener.MeshListener;
import io.github.bootmesh.autoconfigure.upstream.UpstreamStatus;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.IdentityStatus;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.AuthorizerStatus;
import io.github.bootmesh.intention.IntentionSet;
import io.github.bootmesh.registration.RegistrationStatus;
import io.github.bootmesh.relay.ListenerStatus;

/**
 * Health of the mesh membership: down only without a usable identity or, where calls are
 * taken, without intentions to decide by; where a proxy has both, when that takes nobody
 * in from the mesh. A Consul that is away is told in the details; the application goes on
 * without it, and so does its health.
 */
final class MeshHealthIndicator extends AbstractHealthIndicator {

	private final MeshState state;

	private final Clock clock;

	MeshHealthIndicator(MeshState state, Clock clock) {
		super("The health of the mesh cannot be told");
		this.state = state;
		this.clock = clock;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Instant now = this.clock.instant();
		IdentityStatus identity = this.state.identity();
		Authorizer authorizer = this.state.authorizer();
		AuthorizerStatus intentions = (authorizer != null) ? authorizer.status() : null;
		ExternalProxyStatus proxy = this.state.proxy();
		boolean up = (proxy != null) ? proxy.publicListener().answers()
				: identity.usable() && (intentions == null || intentions.usable());
		builder.status(up ? Status.UP : Status.DOWN);
		builder.withDetails(identityDetails(identity));
		if (intentions != null) {
			builder.withDetail("intentions", intentionDetails(intentions));
		}
		ListenerStatus listener = this.state.publicListener();
		if (listener != null) {
			builder.withDetail("publicListener", listenerDetails(listener));
		}
		if (proxy != null) {
			builder.withDetail("proxy", proxyDetails(proxy));
		}
		Map<String, Object> listeners = new LinkedHashMap<>();
		this.state.listeners().forEach((service) -> listeners.put(service.name(), serviceDetails(service)));
		if (!listeners.isEmpty()) {
			builder.withDetail("listeners", listeners);
		}
		Map<String, Object> watches = new LinkedHashMap<>();
		this.state.watches().forEach((watch) -> watches.put(watch.name(), watchDetails(watch, now)));
		builder.withDetail("watches", watches);
		Map<String, Object> upstreams = new LinkedHashMap<>();
		this.state.upstreams()
			.forEach((upstream) -> upstreams.put(upstream.upstream().name(), upstreamDetails(upstream)));
		if (!upstreams.isEmpty()) {
			builder.withDetail("upstreams", upstreams);
		}
		RegistrationStatus registration = this.state.registration();
		if (registration != null) {
			builder.withDetail("registration", registrationDetails(registration));
		}
	}

	// Its trouble is no other's, nor the application's.
	private static Map<String, Object> serviceDetails(MeshListener service) {
		Map<String, Object> details = new LinkedHashMap<>();
		IdentityStatus identity = service.identity().status();
		AuthorizerStatus intentions = service.authorizer().status();
		details.put("service", service.service());
		details.put("usable", identity.usable() && intentions.usable());
		details.putAll(identityDetails(identity));
		details.put("intentions", intentionDetails(intentions));
		ListenerStatus listener = service.publicListener();
		if (listener != null) {
			details.put("publicListener", listenerDetails(listener));
		}
		RegistrationStatus registration = service.registration();
		if (registration != null) {
			details.put("registration", registrationDetails(registration));
		}
		return details;
	}

	private static Map<String, Object> identityDetails(IdentityStatus identity) {
		Map<String, Object> details = new LinkedHashMap<>();
		IdentityGeneration generation = identity.generation();
		if (generation != null) {
			details.put("spiffeId", generation.spiffeId().toString());
			details.put("generation", generation.number());
			details.put("expires", generation.notAfter());
		}
		put(details, "problem", identity.problem());
		put(details, "since", identity.since());
		if (!identity.rejections().isEmpty()) {
			details.put("rejections", identity.rejections());
		}
		return details;
	}

	private static Map<String, Object> intentionDetails(AuthorizerStatus status) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("usable", status.usable());
		IntentionSet set = status.set();
		if (set != null) {
			details.put("rules", set.intentions().size());
			details.put("defaultPolicy", set.defaultPolicy().allow() ? "allow" : "deny");
			details.put("defaultPolicyLearnt", set.defaultPolicy().learnt());
			details.put("notUnderstood", set.notUnderstood());
		}
		put(details, "since", status.since());
		put(details, "age", age(status.age()));
		put(details, "problem", status.problem());
		put(details, "problemSince", status.problemSince());
		return details;
	}

	private static @Nullable String age(@Nullable Duration age) {
		return (age != null) ? age.truncatedTo(ChronoUnit.SECONDS).toString() : null;
	}

	private static Map<String, Object> watchDetails(WatchStatus watch, Instant now) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("state", watch.state());
		details.put("since", watch.since());
		Instant lastAnswer = watch.lastAnswer();
		put(details, "age", age((lastAnswer != null) ? Duration.between(lastAnswer, now) : null));
		put(details, "problem", watch.problem());
		return details;
	}

	private static Map<String, Object> listenerDetails(ListenerStatus listener) {
		Map<String, Object> details = new LinkedHashMap<>();
		put(details, "address", MeshEndpoint.ListenerDescriptor.address(listener));
		details.put("connections", listener.connections());
		put(details, "problem", listener.problem());
		return details;
	}

	private static Map<String, Object> proxyDetails(ExternalProxyStatus proxy) {
		Map<String, Object> details = new LinkedHashMap<>();
		Stream.concat(Stream.of(proxy.publicListener()), proxy.upstreams().stream())
			.forEach((listener) -> details.put(listener.name(),
					listener.address() + (listener.answers() ? " answers" : " does not answer")));
		return details;
	}

	private static Map<String, Object> upstreamDetails(UpstreamStatus upstream) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("destination", upstream.upstream().destination().toString());
		details.put("connections", upstream.listener().connections());
		put(details, "problem", upstream.listener().problem());
		return details;
	}

	private static Map<String, Object> registrationDetails(RegistrationStatus registration) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("id", registration.id());
		details.put("registered", registration.registered());
		put(details, "check", registration.check());
		put(details, "problem", registration.problem());
		return details;
	}

	private static void put(Map<String, Object> details, String name, @Nullable Object value) {
		if (value != null) {
			details.put(name, value);
		}
	}

}
