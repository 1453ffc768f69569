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

package io.github.bootmesh.autoconfigure.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.AgentProxy;
import io.github.bootmesh.consul.AgentService;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.relay.RelaySettings;
import io.github.bootmesh.relay.Upstream;

/**
 * Keeps open what the registration of a proxy in Consul names as its upstreams: opens
 * what is added, closes what is removed, and does both to what is changed. Without a
 * registration, or an agent, everything stays as it is. What the configuration and the
 * application have opened wins.
 */
final class RegisteredUpstreams implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RegisteredUpstreams.class);

	// As long as the first use of a destination waits for Consul (DiscoverySettings).
	private static final Duration FIRST_ANSWER = Duration.ofSeconds(5);

	// Whoever wrote it may have meant anything: beyond what timers can count, too.
	private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

	// What was in the way, such as another process on a port, may be gone.
	private static final Duration TRY_AGAIN = Duration.ofSeconds(30);

	private final MeshUpstreams upstreams;

	private final String proxyId;

	private final String service;

	private final boolean allowNonLoopback;

	private final Set<Integer> ownPorts;

	private final CountDownLatch answered = new CountDownLatch(1);

	private Set<String> refusals = Set.of();

	private @Nullable Disposable watch;

	/**
	 * Makes it, without asking Consul yet.
	 * @param from which registration
	 * @param service this service, for which the proxy must stand
	 * @param ownPorts where this application listens itself, so that nobody who may write
	 * the registration takes its place
	 */
	RegisteredUpstreams(MeshUpstreams upstreams, MeshUpstreamProperties.UpstreamsFrom from, String service,
			Set<Integer> ownPorts) {
		this.upstreams = upstreams;
		this.proxyId = Objects.requireNonNullElse(from.proxyId(), "");
		this.allowNonLoopback = from.allowNonLoopback();
		this.service = service;
		this.ownPorts = ownPorts;
	}

	/**
	 * Asks from now on. Waits for the first answer, but not for long: what connects next
	 * may do so through one of the upstreams.
	 */
	void start(ConsulClient consul, Watches watches) throws InterruptedException {
		this.watch = watches
			.watch("upstreams:" + this.proxyId, Watches.Place.SHARED,
					(query) -> consul.agentService(this.proxyId, query).doOnError((ex) -> this.answered.countDown()))
			.switchMap((answer) -> Flux.interval(Duration.ZERO, TRY_AGAIN)
				.onBackpressureDrop()
				.map((tick) -> answer.body()))
			.publishOn(Schedulers.boundedElastic(), 1)
			.subscribe(this::follow);
		this.answered.await(FIRST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
	}

	private synchronized void follow(AgentService registration) {
		if (this.watch == null || !this.watch.isDisposed()) {
			Set<String> refused = new HashSet<>();
			try {
				follow(registration, refused);
			}
			catch (RuntimeException ex) {
				// What one look fails by must not end the watch.
				refused.add("The upstreams of the registration '" + this.proxyId + "' cannot be followed: " + ex);
			}
			refused.stream().filter((text) -> !this.refusals.contains(text)).forEach(logger::warn);
			this.refusals = refused;
			this.answered.countDown();
		}
	}

	private void follow(AgentService registration, Set<String> refused) {
		AgentProxy proxy = registration.proxy();
		if (proxy == null || !proxy.destination().equalsIgnoreCase(this.service)) {
			refused.add("The registration '" + this.proxyId + "' is not that of a proxy of '" + this.service
					+ "': its upstreams are not followed");
			return;
		}
		Set<MeshUpstream> wanted = new LinkedHashSet<>();
		for (AgentProxy.Upstream upstream : proxy.upstreams()) {
			try {
				// What a config entry says of destinations in general has no listener.
				if (!upstream.central()) {
					wanted.add(read(proxy, upstream));
				}
			}
			catch (IllegalArgumentException ex) {
				refused.add(refusal(Destination.isName(upstream.name()) ? upstream.name() : "?", ex.getMessage()));
			}
		}
		Map<String, MeshUpstream> open = this.upstreams.opened(UpstreamOrigin.CONSUL);
		open.forEach((name, upstream) -> {
			if (!wanted.remove(upstream)) {
				this.upstreams.close(name, UpstreamOrigin.CONSUL);
			}
		});
		wanted.forEach((upstream) -> open(upstream, refused));
	}

	private void open(MeshUpstream upstream, Set<String> refused) {
		// Consul refuses a registration that names one twice.
		String name = upstream.destination().toString();
		try {
			this.upstreams.open(name, upstream, UpstreamOrigin.CONSUL);
		}
		catch (IllegalStateException ex) {
			refused.add(refusal(name, ex.getMessage()));
		}
		catch (IOException ex) {
			refused.add(refusal(name, UpstreamDeclaration.reason(ex)));
		}
	}

	private String refusal(String name, @Nullable String reason) {
		return "The upstream '" + name + "' of the registration '" + this.proxyId + "' is not opened: " + reason;
	}

	private MeshUpstream read(AgentProxy proxy, AgentProxy.Upstream upstream) {
		String gateway = upstream.meshGateway().isEmpty() ? proxy.meshGateway() : upstream.meshGateway();
		require(upstream.datacenter().isEmpty() || gateway.isEmpty() || gateway.equals("none"),
				"mesh gateways cannot be used yet.");
		require(upstream.peer().isEmpty(), "cluster peers cannot be dialled.");
		require(upstream.bindSocketPath().isEmpty(), "only a port can be listened on.");
		require(upstream.connectTimeout() == null || upstream.connectTimeout().compareTo(LONGEST_TIMEOUT) <= 0,
				"its connect timeout is longer than an hour.");
		RelaySettings settings = (upstream.connectTimeout() != null)
				? RelaySettings.DEFAULTS.withConnectTimeout(upstream.connectTimeout()) : RelaySettings.DEFAULTS;
		return new MeshUpstream(destination(upstream), bind(upstream), Upstream.DEFAULT_SOCKET_MODE,
				ChoicePolicy.WEIGHTED, settings, null);
	}

	private static Destination destination(AgentProxy.Upstream upstream) {
		Destination.Kind kind = switch (upstream.type()) {
			case "", "service" -> Destination.Kind.SERVICE;
			case "prepared_query" -> Destination.Kind.PREPARED_QUERY;
			default -> throw new IllegalArgumentException("its type is not known.");
		};
		return new Destination(kind, upstream.name(), textOrNull(upstream.datacenter()),
				textOrNull(upstream.namespace()), textOrNull(upstream.partition()));
	}

	private static @Nullable String textOrNull(String text) {
		return text.isEmpty() ? null : text;
	}

	private InetSocketAddress bind(AgentProxy.Upstream upstream) {
		String text = upstream.bindAddress().isEmpty() ? "127.0.0.1" : upstream.bindAddress();
		InetAddress address = NetUtil.createInetAddressFromIpAddressString(text);
		if (address == null) {
			throw new IllegalArgumentException("its bind address is no IP address.");
		}
		require(address.isLoopbackAddress() || this.allowNonLoopback, "it would be reached from beyond loopback, and "
				+ "'bootmesh.upstreams-from.allow-non-loopback' does not allow that.");
		require(upstream.bindPort() > 0 && upstream.bindPort() <= UpstreamDeclaration.HIGHEST_PORT, "it has no port.");
		require(!this.ownPorts.contains(upstream.bindPort()), "its port is one of the application's own.");
		return new InetSocketAddress(address, upstream.bindPort());
	}

	private static void require(boolean sound, String otherwise) {
		if (!sound) {
			throw new IllegalArgumentException(otherwise);
		}
	}

	@Override
	public synchronized void close() {
		if (this.watch != null) {
			this.watch.dispose();
		}
	}

}
