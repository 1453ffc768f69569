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

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

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

	// How the agent names the check that it makes of /v1/agent/service/maintenance.
	private static final String MAINTENANCE = "_service_maintenance:";

	// It is an address of this host, or leads there.
	private static final int CONNECT_TIMEOUT_MILLIS = 1000;

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
			.map((answer) -> holderOfSidecar(answer.body()))
			.onErrorResume(ConsulException.NotFound.class, (ex) -> Mono.just(Holder.NOBODY));
	}

	// Two processes may lead to one local port, such as that of another program: only
	// what they are dialled at tells them apart.
	private Holder holderOfSidecar(AgentService sidecar) {
		if (isAtOurs(sidecar, this.definition.meshPort())) {
			return Holder.US;
		}
		boolean another = ServiceDefinition.isManaged(sidecar) && isOfThisInstance(sidecar) && isAtOurAddress(sidecar);
		return another ? Holder.other(sidecar) : Holder.NOBODY;
	}

	private boolean isOfThisInstance(AgentService sidecar) {
		return this.definition.id().equals(sidecar.proxiedInstance());
	}

	/**
	 * Whether the other instance that holds the entry is alive.
	 * @param other the instance, or its sidecar, which is at our own address
	 * @return {@code false} if all it shows is a critical check, or it is gone, which a
	 * port that refuses connections shows of a sidecar
	 */
	Mono<Boolean> isAlive(AgentService other) {
		return this.consul.agentHealth(this.definition.id())
			.map((status) -> status != CheckStatus.CRITICAL)
			.onErrorResume(ConsulException.NotFound.class, (ex) -> Mono.just(false))
			.flatMap((alive) -> (alive && isOfThisInstance(other)) ? answers(other) : Mono.just(alive));
	}

	private static Mono<Boolean> answers(AgentService sidecar) {
		return Mono.fromCallable(() -> {
			try (Socket socket = new Socket(Proxy.NO_PROXY)) {
				socket.connect(new InetSocketAddress(sidecar.address(), sidecar.port()), CONNECT_TIMEOUT_MILLIS);
				// With nobody there, a socket that happens to get the very port connects
				// to itself.
				return !socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress());
			}
			catch (ConnectException ex) {
				return false;
			}
			// Stalled or short of file descriptors, a process does not answer either, nor
			// does an address that leads here only from elsewhere.
			catch (IOException ex) {
				return true;
			}
		}).subscribeOn(Schedulers.boundedElastic());
	}

	Mono<Void> register(CheckStatus status) {
		return this.consul.register(this.definition, status);
	}

	Mono<Void> update(CheckStatus status, String output) {
		return this.consul.updateCheck(this.definition.check().checkId(), status, output);
	}

	/**
	 * Removes what an earlier registration under this ID has left and this one does not
	 * replace, since agents keep it: a sidecar would lead callers to a port where nobody
	 * listens, and a check would hold the instance critical for ever. Maintenance that
	 * somebody asked for stays.
	 * @return completion, also when the agent refuses
	 */
	Mono<Void> tidy() {
		Mono<Void> sidecar = (this.definition.sidecarPort() == null) ? removeSidecar(ServiceDefinition::isManaged)
				: Mono.empty();
		return sidecar.then(Mono.defer(this::removeOtherChecks)).onErrorResume(ConsulException.Refused.class, (ex) -> {
			logger.warn("What an earlier registration of {} has left cannot be removed: {}", this.definition.id(),
					ex.getMessage());
			return Mono.empty();
		});
	}

	private Mono<Void> removeOtherChecks() {
		Map<String, String> ours = new HashMap<>(Map.of(this.definition.id(), this.definition.check().checkId()));
		if (this.definition.sidecarPort() != null) {
			ours.put(this.definition.sidecarId(), this.definition.sidecarCheckId());
		}
		return this.consul.agentChecks(ours.keySet())
			.flatMapIterable(Map::entrySet)
			.filter((check) -> !check.getKey().equals(ours.get(check.getValue()))
					&& !check.getKey().startsWith(MAINTENANCE))
			.concatMap((check) -> {
				logger.info("Removing the check {} of an earlier registration of {}", check.getKey(), check.getValue());
				return this.consul.deregisterCheck(check.getKey());
			})
			.then();
	}

	/**
	 * Removes the entry, with its sidecar, unless it is another's by now.
	 * @return completion
	 */
	Mono<Void> remove() {
		return holderOfInstance().flatMap((holder) -> switch (holder.kind()) {
			case OTHER -> Mono.empty();
			case NOBODY -> removeOwnSidecar();
			case US -> (this.definition.sidecarPort() != null) ? withSidecar().flatMap(this::removeUnlessAnothers)
					: this.consul.deregister(this.definition.id());
		});
	}

	// The agent removes the sidecar too (seen with 1.8.7).
	private Mono<Void> removeUnlessAnothers(Holder holder) {
		return (holder.kind() == Kind.OTHER) ? Mono.empty()
				: this.consul.deregister(this.definition.id()).then(Mono.defer(this::removeOwnSidecar));
	}

	private Mono<Void> removeOwnSidecar() {
		return (this.definition.sidecarPort() != null)
				? removeSidecar((sidecar) -> holderOfSidecar(sidecar).kind() != Kind.OTHER) : Mono.empty();
	}

	private Mono<Void> removeSidecar(Predicate<AgentService> ours) {
		String id = this.definition.sidecarId();
		return this.consul.agentService(id, ConsulQuery.NOW)
			.filter((answer) -> isOfThisInstance(answer.body()) && ours.test(answer.body()))
			.flatMap((answer) -> this.consul.deregister(id))
			.onErrorComplete(ConsulException.NotFound.class);
	}

	private boolean isOurs(AgentService held) {
		return held.service().equals(this.definition.name()) && isAtOurs(held, this.definition.port());
	}

	private boolean isAtOurs(AgentService held, int port) {
		return held.port() == port && isAtOurAddress(held);
	}

	private boolean isAtOurAddress(AgentService held) {
		return held.address().equalsIgnoreCase(this.definition.address());
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
