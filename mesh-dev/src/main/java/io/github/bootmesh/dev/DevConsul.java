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

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A Consul for development and tests, in this process: the HTTP API of an agent on
 * loopback as far as a mesh member needs it, without ACLs, with a CA of its own.
 * Everything is in memory and ends with {@link #close()}. Thread-safe.
 * <p>
 * It has one node, one datacenter and the behaviour of 1.8.7; where a later version
 * differs in what a mesh member sees, most of all in intentions, it has that of its
 * {@linkplain DevConsulSettings#version() version}. It runs TTL and alias checks only,
 * chooses no ports and checks for sidecars, evaluates no filters, and has no discovery
 * chains, no config entries but {@code service-intentions}, and no key-value store; what
 * it does not do it refuses.
 * <p>
 * Its roots carry the organization {@code Bootmesh Development CA}; Bootmesh trusts them
 * only when it knows that it talks to a development Consul.
 */
public final class DevConsul implements AutoCloseable {

	/**
	 * A header on every answer, by which another process can tell a development Consul.
	 */
	public static final String MARKER_HEADER = "X-Bootmesh-Dev";

	static final String NODE = "bootmesh-dev";

	// Where a fresh agent is after its own registration.
	private static final long FIRST_INDEX = 12;

	private final Faults faults;

	private final Rotation rotation;

	private final Scheduler timer = Schedulers.newSingle("bootmesh-dev-timer", true);

	private final Store store;

	private final DevIntentions intentions;

	private final Disposable expiry;

	private final HttpListener listener;

	private final int port;

	private DevConsul(DevConsulSettings settings) {
		this.rotation = new Rotation(settings.leafRenewalDelay());
		this.store = new Store(initial(settings), this.timer);
		this.intentions = new DevIntentions(this.store, settings);
		this.faults = new Faults(() -> this.store.update((state, index) -> state.at(FIRST_INDEX)));
		this.expiry = expireChecks(settings.leastDeregistration());
		this.listener = new HttpListener(router(settings), this.faults, this.timer, () -> headers(settings.version()));
		try {
			this.port = this.listener.listen(settings.port());
		}
		catch (RuntimeException ex) {
			close();
			throw ex;
		}
	}

	private static State initial(DevConsulSettings settings) {
		String trustDomain = (settings.trustDomain() != null) ? settings.trustDomain() : UUID.randomUUID() + ".consul";
		return new State(Authority.create(trustDomain, settings.datacenter(), settings.leafTtl(), 9), Map.of(),
				Catalog.empty(FIRST_INDEX), new Intentions(List.of(), 1), new Queries(Map.of(), 1));
	}

	private Map<String, String> headers(ConsulVersion version) {
		return (version == ConsulVersion.V1_8) ? Map.of(MARKER_HEADER, version.text()) : Map.of(MARKER_HEADER,
				version.text(), "X-Consul-Default-Acl-Policy", this.intentions.defaultPolicy().toString());
	}

	private Router router(DevConsulSettings settings) {
		String nodeId = UUID.randomUUID().toString();
		CatalogViews views = new CatalogViews(nodeId, NODE, settings.datacenter());
		Router router = new Router(settings.datacenter());
		new AuthorityEndpoints(this.store, this.rotation).register(router);
		new LeafEndpoints(this.store, this.timer, this.faults::staleLeaves).register(router);
		this.intentions.endpoints(router);
		new CatalogEndpoints(this.store, views).register(router);
		new AgentEndpoints(this.store, views, settings.version()).register(router);
		new DiscoveryChainEndpoint(this.store, settings).register(router);
		new QueryEndpoints(this.store, views, settings.datacenter()).register(router);
		new StatusEndpoints(settings, nodeId, this.intentions::defaultPolicy).register(router);
		return router;
	}

	private Disposable expireChecks(Duration least) {
		return this.store.states().switchMap((state) -> {
			Instant next = state.catalog().nextExpiry(least);
			if (next == null) {
				return Mono.<Long>never();
			}
			Duration until = Duration.between(Instant.now(), next).plusMillis(1);
			return Mono.delay(until.isNegative() ? Duration.ZERO : until, this.timer);
		})
			.subscribe((due) -> this.store
				.update((state, index) -> state.with(state.catalog().expire(Instant.now(), least, index))));
	}

	/**
	 * Starts one on a free port.
	 * @return the running Consul
	 */
	public static DevConsul start() {
		return start(DevConsulSettings.DEFAULTS);
	}

	/**
	 * Starts one.
	 * @param settings how it is set up
	 * @return the running Consul
	 * @throws RuntimeException if the port is taken (a {@link java.net.BindException} is
	 * among its causes)
	 */
	public static DevConsul start(DevConsulSettings settings) {
		return new DevConsul(settings);
	}

	/**
	 * Where it listens.
	 * @return the URL, such as {@code http://127.0.0.1:18500}
	 */
	public URI url() {
		return URI.create("http://127.0.0.1:" + this.port);
	}

	/**
	 * The trust domain of its CA.
	 * @return the trust domain, {@code <uuid>.consul}
	 */
	public String trustDomain() {
		return this.store.current().authority().trustDomain();
	}

	/**
	 * Its intentions.
	 * @return the intentions
	 */
	public DevIntentions intentions() {
		return this.intentions;
	}

	/**
	 * The faults that it is to show.
	 * @return the faults
	 */
	public Faults faults() {
		return this.faults;
	}

	/**
	 * Makes a new root, cross-signed by the one before. Those who watch the roots learn
	 * it at once; the leaves follow within the delay of the settings.
	 */
	public void rotateRoot() {
		rotateRoot(true);
	}

	/**
	 * Makes a new root that those who know only the one before do not trust.
	 */
	public void rotateRootWithoutCrossSigning() {
		rotateRoot(false);
	}

	private void rotateRoot(boolean crossSigned) {
		this.store.update((state, index) -> this.rotation.rotate(state, Certificates.newKeys(), crossSigned, index));
	}

	/**
	 * Removes all roots but the one that signs, as Consul does some days after a
	 * rotation.
	 */
	public void removeInactiveRoots() {
		this.store.update((state, index) -> state.with(state.authority().withoutInactive(index)));
	}

	/**
	 * Makes a new leaf for a service, now.
	 * @param service the service
	 */
	public void rotateLeaf(String service) {
		this.store.update((state, index) -> state.with(state.authority().issue(service, index)));
	}

	/**
	 * Forgets all services and checks, as an agent does that lost its data.
	 */
	public void forgetRegistrations() {
		this.store.update((state, index) -> {
			Catalog catalog = state.catalog();
			for (String id : List.copyOf(catalog.instances().keySet())) {
				catalog = catalog.deregister(id, index);
			}
			return state.with(catalog);
		});
	}

	/**
	 * Stops to listen and cuts every connection, as an agent that is stopped. What it
	 * knows stays.
	 */
	public void goAway() {
		this.listener.fallSilent();
	}

	/**
	 * Listens again on its port.
	 */
	public void comeBack() {
		this.listener.listen(this.port);
	}

	/**
	 * How many requests wait for their answer at this moment.
	 * @return the number of blocking queries that are held, and of silent ones
	 */
	public int heldRequests() {
		return this.listener.heldRequests();
	}

	@Override
	public String toString() {
		return "DevConsul[" + url() + "]";
	}

	/**
	 * Ends it. Everything that it knows is lost.
	 */
	@Override
	public void close() {
		this.expiry.dispose();
		this.listener.close();
		this.timer.dispose();
	}

}
