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

package io.github.bootmesh.autoconfigure.listener;

import java.net.InetSocketAddress;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.intention.OpaqueIntentions;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.registration.RegistrationStatus;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.tls.MeshTls;

/**
 * A further service of this process: who it is, who may dial it, where that is possible,
 * and its registration. Shares nothing with the other services but the connections to the
 * agent and the event loops. Thread-safe.
 */
@Internal
public final class MeshListener implements AutoCloseable {

	private final ListenerDeclaration declaration;

	private final ConsulClient consul;

	private final MeshIdentity identity;

	private final OpaqueIntentions intentions;

	private final MeshTls tls;

	private final PublicListenerLifecycle listener;

	private final @Nullable MeshRegistrationLifecycle registration;

	MeshListener(ListenerDeclaration declaration, ConsulClient consul, MeshIdentity identity,
			OpaqueIntentions intentions, MeshTls tls, PublicListenerLifecycle listener,
			@Nullable MeshRegistrationLifecycle registration) {
		this.declaration = declaration;
		this.consul = consul;
		this.identity = identity;
		this.intentions = intentions;
		this.tls = tls;
		this.listener = listener;
		this.registration = registration;
	}

	// Fetching starts with the bean, as that of the application's own identity does.
	void fetch() {
		this.identity.start();
		this.intentions.authorizer().start();
	}

	/**
	 * The name that it was declared with.
	 * @return the name
	 */
	public String name() {
		return this.declaration.name();
	}

	/**
	 * The service.
	 * @return its name in Consul
	 */
	public String service() {
		return this.declaration.service();
	}

	/**
	 * Who it is.
	 * @return the identity
	 */
	public MeshIdentity identity() {
		return this.identity;
	}

	/**
	 * TLS of its identity.
	 * @return the TLS
	 */
	public MeshTls tls() {
		return this.tls;
	}

	/**
	 * Who may connect.
	 * @return what decides
	 */
	public Authorizer authorizer() {
		return this.intentions.authorizer();
	}

	/**
	 * What was decided.
	 * @return the counts
	 */
	public Decisions decisions() {
		return this.intentions.decisions();
	}

	/**
	 * What is known of its public listener.
	 * @return the status, or {@code null} if it has not been opened yet
	 */
	public @Nullable ListenerStatus publicListener() {
		return this.listener.status();
	}

	/**
	 * What is known of its registration.
	 * @return the status, or {@code null} if there is nothing to register
	 */
	public @Nullable RegistrationStatus registration() {
		return (this.registration != null) ? this.registration.status() : null;
	}

	/**
	 * The ports that it was given, those that are other than 0.
	 * @return where it listens, and where it leads to
	 */
	public Stream<Integer> ports() {
		return Stream.of(this.declaration.bind(), this.declaration.local())
			.filter(InetSocketAddress.class::isInstance)
			.map((address) -> ((InetSocketAddress) address).getPort())
			.filter((port) -> port > 0);
	}

	ListenerDeclaration declaration() {
		return this.declaration;
	}

	ConsulClient consul() {
		return this.consul;
	}

	PublicListenerLifecycle listenerLifecycle() {
		return this.listener;
	}

	@Nullable MeshRegistrationLifecycle registrationLifecycle() {
		return this.registration;
	}

	@Override
	public void close() {
		this.listener.destroy();
		this.tls.close();
		this.intentions.authorizer().close();
		this.identity.close();
	}

}
