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

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Destination;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.relay.RelaySettings;
import io.github.bootmesh.relay.Upstream;

/**
 * What {@link MeshUpstreams} opens: a destination, where to listen for it, and the
 * limits, which are those of {@code bootmesh.upstreams} unless said otherwise. Immutable;
 * two that say the same are equal.
 */
public final class MeshUpstream {

	private final Destination destination;

	private final SocketAddress bind;

	private final Set<PosixFilePermission> socketMode;

	private final ChoicePolicy policy;

	private final RelaySettings settings;

	private final @Nullable String identity;

	MeshUpstream(Destination destination, SocketAddress bind, Set<PosixFilePermission> socketMode, ChoicePolicy policy,
			RelaySettings settings, @Nullable String identity) {
		this.destination = destination;
		this.bind = bind;
		this.socketMode = socketMode;
		this.policy = policy;
		this.settings = settings;
		this.identity = identity;
	}

	/**
	 * An upstream that listens on any free port of loopback.
	 * @param destination what is dialled
	 * @return the upstream
	 */
	public static MeshUpstream to(Destination destination) {
		return new MeshUpstream(destination, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
				Upstream.DEFAULT_SOCKET_MODE, ChoicePolicy.WEIGHTED, RelaySettings.DEFAULTS, null);
	}

	/**
	 * The same at a place of loopback.
	 * @param address where to listen; port 0 for any free one
	 * @return the upstream
	 * @throws IllegalArgumentException if other hosts could reach it, or the address is
	 * not resolved
	 */
	public MeshUpstream listeningOn(InetSocketAddress address) {
		if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
			throw new IllegalArgumentException(
					address + " is not of loopback: whoever reached it would speak as this service");
		}
		return listeningBeyondLoopbackOn(address);
	}

	/**
	 * The same at a place that other hosts may reach. Whoever does speaks as this
	 * service, without any check.
	 * @param address where to listen; port 0 for any free one
	 * @return the upstream
	 * @throws IllegalArgumentException if the address is not resolved
	 */
	public MeshUpstream listeningBeyondLoopbackOn(InetSocketAddress address) {
		if (address.isUnresolved()) {
			throw new IllegalArgumentException(address + " is no IP address");
		}
		return new MeshUpstream(this.destination, address, this.socketMode, this.policy, this.settings, this.identity);
	}

	/**
	 * The same with another choice of instances.
	 * @param policy how an instance is chosen for each connection
	 * @return the upstream
	 */
	public MeshUpstream withPolicy(ChoicePolicy policy) {
		return new MeshUpstream(this.destination, this.bind, this.socketMode, policy, this.settings, this.identity);
	}

	/**
	 * The same with another connect timeout.
	 * @param timeout time in which a connection must have its other side, at least 1 ms
	 * @return the upstream
	 * @throws IllegalArgumentException if it is not positive
	 */
	public MeshUpstream withConnectTimeout(Duration timeout) {
		return with(this.settings.withConnectTimeout(timeout));
	}

	/**
	 * The same with other limits.
	 * @param connections open connections at most
	 * @param pending connections at most that still wait for their other side
	 * @return the upstream
	 * @throws IllegalArgumentException if one is not positive
	 */
	public MeshUpstream withLimits(int connections, int pending) {
		return with(this.settings.withMaxConnections(connections).withMaxPending(pending));
	}

	/**
	 * The same with another idle timeout.
	 * @param timeout silence in both directions that ends a connection, or {@code null}
	 * for none
	 * @return the upstream
	 * @throws IllegalArgumentException if it is not positive
	 */
	public MeshUpstream withIdleTimeout(@Nullable Duration timeout) {
		return with(this.settings.withIdleTimeout(timeout));
	}

	/**
	 * The same with another lifetime of connections.
	 * @param lifetime age from which a connection is ended at its next pause, or
	 * {@code null} for one without end
	 * @return the upstream
	 * @throws IllegalArgumentException if it is not positive
	 */
	public MeshUpstream withMaxLifetime(@Nullable Duration lifetime) {
		return with(this.settings.withMaxLifetime(lifetime));
	}

	private MeshUpstream with(RelaySettings other) {
		return new MeshUpstream(this.destination, this.bind, this.socketMode, this.policy, other, this.identity);
	}

	/**
	 * The same dialled as another service of this process.
	 * @param listener the name in {@code bootmesh.inbound.listeners} of the one as whose
	 * service it is dialled, or {@code null} for the application's own
	 * @return the upstream
	 */
	public MeshUpstream withIdentity(@Nullable String listener) {
		return new MeshUpstream(this.destination, this.bind, this.socketMode, this.policy, this.settings, listener);
	}

	/**
	 * What is dialled.
	 * @return the destination
	 */
	public Destination destination() {
		return this.destination;
	}

	SocketAddress bind() {
		return this.bind;
	}

	Set<PosixFilePermission> socketMode() {
		return this.socketMode;
	}

	ChoicePolicy policy() {
		return this.policy;
	}

	RelaySettings settings() {
		return this.settings;
	}

	@Nullable String identity() {
		return this.identity;
	}

	/**
	 * Whether it leads to another service or prepared query, however it is written and
	 * wherever that runs.
	 */
	boolean leadsElsewhereThan(MeshUpstream other) {
		Destination ours = this.destination;
		Destination theirs = other.destination;
		return ours.kind() != theirs.kind() || !ours.name().equalsIgnoreCase(theirs.name())
				|| !isSame(ours.namespace(), theirs.namespace()) || !isSame(ours.partition(), theirs.partition());
	}

	private static boolean isSame(@Nullable String one, @Nullable String other) {
		return Objects.requireNonNullElse(one, SpiffeId.DEFAULT)
			.equalsIgnoreCase(Objects.requireNonNullElse(other, SpiffeId.DEFAULT));
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof MeshUpstream that && this.destination.equals(that.destination)
				&& this.bind.equals(that.bind) && this.socketMode.equals(that.socketMode) && this.policy == that.policy
				&& this.settings.equals(that.settings) && Objects.equals(this.identity, that.identity);
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.destination, this.bind, this.socketMode, this.policy, this.settings, this.identity);
	}

	@Override
	public String toString() {
		return this.destination + " on " + this.bind;
	}

}
