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

package io.github.bootmesh.registration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import io.github.bootmesh.consul.AgentService;
import io.github.bootmesh.consul.CheckStatus;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * What the agent holds under the ID of this instance.
 */
final class AgentEntry {

	private static final Logger logger = LoggerFactory.getLogger(Registrar.class);

	private final ConsulClient consul;

	private final ServiceDefinition definition;

	AgentEntry(ConsulClient consul, ServiceDefinition definition) {
		this.consul = consul;
		this.definition = definition;
	}

	/**
	 * Whose the entry is.
	 * @return the holder; nobody, too, while our entry lacks its sidecar
	 */
	Mono<Holder> holder() {
		return holderOfInstance()
			.flatMap((holder) -> (holder.kind() == Kind.US && this.definition.sidecarPort() != null) ? withSidecar()
					: Mono.just(holder));
	}

	private Mono<Holder> holderOfInstance() {
		return this.consul.agentService(this.definition.id(), ConsulQuery.NOW)
			.map((answer) -> isOurs(answer.body()) ? Holder.US : Holder.other(answer.body()))
			.onErrorResume(ConsulException.NotFound.class, (ex) -> Mono.just(Holder.NOBODY));
	}

	private Mono<Holder> withSidecar() {
		return this.consul.agentService(this.definition.sidecarId(), ConsulQuery.NOW)
			.map((answer) -> isAtOurs(answer.body(), this.definition.meshPort()) ? Holder.US : Holder.NOBODY)
			.onErrorResume(ConsulException.NotFound.class, (ex) -> Mono.just(Holder.NOBODY));
	}

	/**
	 * Whether the other instance that holds the entry is alive.
	 * @return {@code false} if all it shows is a critical check, or it is gone
	 */
	Mono<Boolean> isAlive() {
		return this.consul.agentHealth(this.definition.id())
			.map((status) -> status != CheckStatus.CRITICAL)
			.onErrorResume(ConsulException.NotFound.class, (ex) -> Mono.just(false));
	}

	Mono<Void> register(CheckStatus status) {
		return this.consul.register(this.definition, status);
	}

	Mono<Void> update(CheckStatus status, String output) {
		return this.consul.updateCheck(this.definition.check().checkId(), status, output);
	}

	/**
	 * Removes the entry unless it is another's by now. The agent removes its sidecar too.
	 * @return completion
	 */
	Mono<Void> remove() {
		return holderOfInstance().flatMap(
				(holder) -> holder.equals(Holder.US) ? this.consul.deregister(this.definition.id()) : Mono.empty());
	}

	private boolean isOurs(AgentService held) {
		return held.service().equals(this.definition.name()) && isAtOurs(held, this.definition.port());
	}

	private boolean isAtOurs(AgentService held, int port) {
		return held.port() == port && held.address().equalsIgnoreCase(this.definition.address());
	}

	/**
	 * Who holds the entry.
	 *
	 * @param kind who
	 * @param other the other instance, or {@code null}
	 */
	record Holder(Kind kind, @Nullable AgentService other) {

		static final Holder NOBODY = new Holder(Kind.NOBODY, null);

		static final Holder US = new Holder(Kind.US, null);

		static Holder other(AgentService other) {
			return new Holder(Kind.OTHER, other);
		}

	}

	/**
	 * Who holds the entry.
	 */
	enum Kind {

		NOBODY, US, OTHER

	}

}
