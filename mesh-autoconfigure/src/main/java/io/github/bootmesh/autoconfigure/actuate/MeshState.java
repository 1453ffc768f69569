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

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;

import io.github.bootmesh.autoconfigure.external.ExternalProxy;
import io.github.bootmesh.autoconfigure.external.ExternalProxyStatus;
import io.github.bootmesh.autoconfigure.listener.MeshListener;
import io.github.bootmesh.autoconfigure.listener.MeshListeners;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.autoconfigure.server.PlaintextCallers;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.autoconfigure.upstream.UpstreamStatus;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.discovery.DestinationStatus;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.identity.IdentityStatus;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.registration.RegistrationStatus;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.tls.MeshTls;

/**
 * What operators may see of the mesh, gathered from the parts that are there.
 */
final class MeshState {

	private final MeshIdentity identity;

	private final MeshTls tls;

	private final Watches watches;

	private final ObjectProvider<Authorizer> authorizer;

	private final ObjectProvider<PlaintextCallers> plaintext;

	private final ObjectProvider<MeshRegistrationLifecycle> registration;

	private final ObjectProvider<PublicListenerLifecycle> listener;

	private final ObjectProvider<ExternalProxy> proxy;

	private final ObjectProvider<Endpoints> endpoints;

	private final ObjectProvider<MeshUpstreams> upstreams;

	private final ObjectProvider<MeshListeners> listeners;

	MeshState(MeshIdentity identity, MeshTls tls, Watches watches, ObjectProvider<Authorizer> authorizer,
			ObjectProvider<PlaintextCallers> plaintext, ObjectProvider<MeshRegistrationLifecycle> registration,
			ObjectProvider<PublicListenerLifecycle> listener, ObjectProvider<ExternalProxy> proxy,
			ObjectProvider<Endpoints> endpoints, ObjectProvider<MeshUpstreams> upstreams,
			ObjectProvider<MeshListeners> listeners) {
		this.identity = identity;
		this.tls = tls;
		this.watches = watches;
		this.authorizer = authorizer;
		this.plaintext = plaintext;
		this.registration = registration;
		this.listener = listener;
		this.proxy = proxy;
		this.endpoints = endpoints;
		this.upstreams = upstreams;
		this.listeners = listeners;
	}

	IdentityStatus identity() {
		return this.identity.status();
	}

	MeshTls tls() {
		return this.tls;
	}

	List<WatchStatus> watches() {
		return this.watches.statuses();
	}

	// Null where no calls are taken.
	@Nullable Authorizer authorizer() {
		return this.authorizer.getIfAvailable();
	}

	// Null where no further service was declared with that name.
	@Nullable Authorizer authorizer(String listener) {
		MeshListeners declared = this.listeners.getIfAvailable();
		MeshListener named = (declared != null) ? declared.get(listener) : null;
		return (named != null) ? named.authorizer() : null;
	}

	// Null where no server speaks mTLS.
	@Nullable PlaintextCallers plaintext() {
		return this.plaintext.getIfAvailable();
	}

	// Null when there is nothing to register.
	@Nullable RegistrationStatus registration() {
		MeshRegistrationLifecycle lifecycle = this.registration.getIfAvailable();
		return (lifecycle != null) ? lifecycle.status() : null;
	}

	// Whether requests are looked into, or connections only.
	boolean decidesOnRequests() {
		return this.listener.getIfAvailable() == null;
	}

	// Null where none takes connections for this application.
	@Nullable ListenerStatus publicListener() {
		PublicListenerLifecycle lifecycle = this.listener.getIfAvailable();
		return (lifecycle != null) ? lifecycle.status() : null;
	}

	// Null where no proxy of its own does the mesh's part for this application.
	@Nullable ExternalProxyStatus proxy() {
		ExternalProxy external = this.proxy.getIfAvailable();
		return (external != null) ? external.status() : null;
	}

	List<DestinationStatus> destinations() {
		Endpoints known = this.endpoints.getIfAvailable();
		return (known != null) ? known.statuses() : List.of();
	}

	List<MeshListener> listeners() {
		MeshListeners declared = this.listeners.getIfAvailable();
		return (declared != null) ? declared.all() : List.of();
	}

	List<UpstreamStatus> upstreams() {
		MeshUpstreams declared = this.upstreams.getIfAvailable();
		return (declared != null) ? declared.statuses() : List.of();
	}

}
