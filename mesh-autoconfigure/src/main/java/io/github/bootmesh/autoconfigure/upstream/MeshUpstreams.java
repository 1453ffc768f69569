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
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.relay.Upstream;
import io.github.bootmesh.relay.UpstreamListener;

/**
 * The upstreams: local listeners behind which services of the mesh are. Those of
 * {@code bootmesh.upstreams} listen from the initialisation of this bean until its
 * destruction: a bean that connects through one of them in its own initialisation or
 * destruction, and is none of a type that Bootmesh knows, needs a
 * {@code @DependsOn("meshUpstreams")}. Further ones can be {@linkplain #open opened} and
 * {@linkplain #close(String) closed} at any time between. Thread-safe; opening and
 * closing block for a moment and must not be done on an event loop.
 */
public final class MeshUpstreams implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(MeshUpstreams.class);

	private final BiFunction<Upstream, MeshUpstream, UpstreamListener> listeners;

	private final ProtocolWarning protocols;

	private final List<Runnable> followers = new CopyOnWriteArrayList<>();

	private final Set<OpenUpstream> draining = ConcurrentHashMap.newKeySet();

	// Swapped whole; in the order in which they were opened.
	private volatile Map<String, OpenUpstream> upstreams = Map.of();

	private final Map<String, InetSocketAddress> declared = Collections.synchronizedMap(new LinkedHashMap<>());

	private final List<Registered> registrations = new CopyOnWriteArrayList<>();

	private boolean closed;

	/**
	 * Makes it, with nothing open.
	 * @param protocols who warns of them
	 * @param listeners makes the listener of an upstream
	 */
	MeshUpstreams(ProtocolWarning protocols, BiFunction<Upstream, MeshUpstream, UpstreamListener> listeners) {
		this.protocols = protocols;
		this.listeners = listeners;
	}

	/**
	 * The property that says on which port an upstream listens that takes any.
	 */
	static String portProperty(String name) {
		return "local.bootmesh.upstreams." + name + ".port";
	}

	/**
	 * Opens an upstream. It listens when this returns; what connects before Consul has
	 * told of its destination waits for that. Idempotent: the same under the same name
	 * stays as it is. What is still open of an upstream that was closed at that place is
	 * reset at once if that led to another service or prepared query.
	 * @param name what the application calls it, a name that Consul would take for a
	 * service; it is what logs, health and meters name
	 * @param upstream what to open
	 * @return where it listens
	 * @throws IllegalArgumentException if the name is none, or no listener has that of
	 * its {@linkplain MeshUpstream#withIdentity identity}
	 * @throws IllegalStateException if another upstream has that name or that place, or
	 * the application is being closed
	 * @throws UncheckedIOException if it cannot listen there, such as because the port is
	 * in use
	 */
	public InetSocketAddress open(String name, MeshUpstream upstream) {
		if (!Destination.isName(name)) {
			throw new IllegalArgumentException("Not a name for an upstream");
		}
		try {
			// It has no way to ask for a Unix socket.
			return (InetSocketAddress) open(name, upstream, UpstreamOrigin.APPLICATION);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The upstream '" + name + "' cannot be opened", ex);
		}
	}

	/**
	 * Opens an upstream for somebody.
	 * @throws IllegalStateException if it is in the way of another
	 * @throws IOException if it cannot listen
	 */
	synchronized SocketAddress open(String name, MeshUpstream wanted, UpstreamOrigin origin) throws IOException {
		if (this.closed) {
			throw new IllegalStateException("The application is being closed: no upstream is opened any more.");
		}
		OpenUpstream same = this.upstreams.get(name);
		if (same != null && same.origin() == origin && same.wanted().equals(wanted)) {
			return same.address();
		}
		requireFree(name, wanted.bind());
		Upstream upstream = new Upstream(name, wanted.destination(), wanted.bind(), wanted.policy(),
				wanted.socketMode());
		UpstreamListener listener = this.listeners.apply(upstream, wanted);
		SocketAddress address = listener.start();
		resetOthers(wanted, address);
		Disposable check = this.protocols.check(name, wanted);
		Map<String, OpenUpstream> next = new LinkedHashMap<>(this.upstreams);
		next.put(name, new OpenUpstream(wanted, origin, listener, address, check));
		swap(next);
		logger.info("Upstream '{}' ({}) listens on {}", name, wanted.destination(), text(wanted.bind(), address));
		if (wanted.bind() instanceof InetSocketAddress asked && !asked.getAddress().isLoopbackAddress()) {
			logger.warn("Upstream '{}' is reached from beyond loopback: whoever does speaks as this service", name);
		}
		return address;
	}

	// Whoever is connected there takes its peer for the new destination.
	private void resetOthers(MeshUpstream wanted, SocketAddress address) {
		this.draining.forEach((old) -> {
			if (old.address().equals(address) && wanted.leadsElsewhereThan(old.wanted())) {
				UpstreamListener listener = old.listener();
				int connections = listener.status().connections();
				listener.close();
				logger.warn("Upstream '{}' ({}) has {} connection(s) reset: its place leads to '{}' now",
						listener.upstream().name(), old.wanted().destination(), connections, wanted.destination());
			}
		});
	}

	private static Object text(SocketAddress wanted, SocketAddress address) {
		return (wanted instanceof InetSocketAddress asked && address instanceof InetSocketAddress bound)
				? NetUtil.toAddressString(asked.getAddress()) + ", port " + bound.getPort() : address;
	}

	private void requireFree(String name, SocketAddress bind) {
		OpenUpstream named = this.upstreams.get(name);
		if (named != null) {
			throw new IllegalStateException("Another upstream '" + name + "' is open, for " + named.wanted() + ".");
		}
		this.upstreams.forEach((other, open) -> {
			if (open.address().equals(bind)) {
				throw new IllegalStateException("The upstream '" + other + "' listens there already.");
			}
		});
	}

	private void swap(Map<String, OpenUpstream> next) {
		this.upstreams = Collections.unmodifiableMap(next);
		this.followers.forEach(Runnable::run);
	}

	/**
	 * Closes an upstream that was {@linkplain #open opened}: it accepts nothing more,
	 * what is open is reset as soon as nothing has moved for 5 s in both directions, and
	 * what waits for its other side at once. Its place is free when this returns, and the
	 * destination is followed until nothing is open any more. See {@link #open} for what
	 * comes next at that place.
	 * @param name the name that it was opened with
	 * @return {@code false} if there is none of that name
	 * @throws IllegalStateException if it is not the application's own: the configuration
	 * or Consul want it
	 */
	public boolean close(String name) {
		return close(name, UpstreamOrigin.APPLICATION);
	}

	synchronized boolean close(String name, UpstreamOrigin origin) {
		OpenUpstream open = this.upstreams.get(name);
		if (open == null) {
			return false;
		}
		if (open.origin() != origin) {
			throw new IllegalStateException("The upstream '" + name + "' was not opened by the application");
		}
		Map<String, OpenUpstream> next = new LinkedHashMap<>(this.upstreams);
		next.remove(name);
		open.check().dispose();
		swap(next);
		this.draining.add(open);
		open.listener().drain().whenComplete((drained, ex) -> this.draining.remove(open));
		logger.info("Upstream '{}' ({}) listens no more", name, open.wanted().destination());
		return true;
	}

	/**
	 * Where an upstream is reached.
	 * @param name the name that it was declared or opened with
	 * @return the address
	 * @throws IllegalArgumentException if there is none of that name
	 */
	public SocketAddress address(String name) {
		Map<String, OpenUpstream> current = this.upstreams;
		OpenUpstream open = current.get(name);
		InetSocketAddress elsewhere = this.declared.get(name);
		if (open == null && elsewhere != null) {
			return elsewhere;
		}
		if (open == null) {
			throw new IllegalArgumentException("No upstream '" + name + "' is open, only " + current.keySet());
		}
		return open.address();
	}

	/**
	 * Notes where a declared upstream is reached, whoever listens there.
	 */
	void declare(UpstreamDeclaration declaration, @Nullable String identity, InetSocketAddress address) {
		this.declared.forEach((name, taken) -> {
			if (taken.equals(address)) {
				throw declaration.cannotBind(address, "The upstream '" + name + "' is there already.");
			}
		});
		this.declared.put(declaration.name(), address);
		this.registrations.add(new Registered(identity, declaration.registration(address)));
	}

	/**
	 * Where the declared upstreams are reached that are no Unix sockets.
	 * @return the addresses by the names of the upstreams, in the order of the
	 * declarations
	 */
	@Internal
	public Map<String, InetSocketAddress> declared() {
		return Collections.unmodifiableMap(this.declared);
	}

	/**
	 * What Consul is told of them. Agents before 1.10 refuse a registration with a Unix
	 * socket, so these are left out.
	 * @param identity the listener as whose service they are dialled, or {@code null} for
	 * the application's own
	 * @return the upstreams, with the ports that they really have
	 */
	List<ServiceDefinition.Upstream> registrations(@Nullable String identity) {
		return this.registrations.stream()
			.filter((registered) -> Objects.equals(registered.identity(), identity))
			.map(Registered::upstream)
			.toList();
	}

	/**
	 * What is known of the listeners now.
	 * @return the statuses, in the order in which they were opened; none where a proxy
	 * listens
	 */
	public List<UpstreamStatus> statuses() {
		return this.upstreams.values()
			.stream()
			.map((open) -> new UpstreamStatus(open.listener().upstream(), open.origin(), open.wanted().identity(),
					open.listener().status()))
			.toList();
	}

	/**
	 * What somebody has opened, by name.
	 */
	Map<String, MeshUpstream> opened(UpstreamOrigin origin) {
		Map<String, MeshUpstream> opened = new LinkedHashMap<>();
		this.upstreams.forEach((name, open) -> {
			if (open.origin() == origin) {
				opened.put(name, open.wanted());
			}
		});
		return opened;
	}

	/**
	 * Has somebody told at once and each time that an upstream was opened or closed.
	 * @param follower told by whoever does that, and must not throw
	 */
	@Internal
	public synchronized void follow(Runnable follower) {
		this.followers.add(follower);
		follower.run();
	}

	@Override
	public synchronized void close() {
		this.closed = true;
		this.upstreams.values().forEach((open) -> {
			open.listener().close();
			open.check().dispose();
		});
		this.draining.forEach((open) -> open.listener().close());
	}

	private record OpenUpstream(MeshUpstream wanted, UpstreamOrigin origin, UpstreamListener listener,
			SocketAddress address, Disposable check) {

	}

	private record Registered(@Nullable String identity, ServiceDefinition.Upstream upstream) {

	}

}
