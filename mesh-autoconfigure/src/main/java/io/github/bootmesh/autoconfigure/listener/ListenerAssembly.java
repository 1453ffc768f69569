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

import java.time.Clock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityProperties;
import io.github.bootmesh.autoconfigure.intention.IntentionProperties;
import io.github.bootmesh.autoconfigure.intention.OpaqueIntentions;
import io.github.bootmesh.autoconfigure.registration.FurtherRegistrations;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.autoconfigure.sidecar.RequestRulesWarning;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.identity.AgentIdentitySource;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.relay.PublicListener;
import io.github.bootmesh.relay.RelayLoops;
import io.github.bootmesh.relay.RelaySettings;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.TlsSettings;

/**
 * Makes the services out of their declarations and of what they share.
 *
 * @param consul the agent, with the application's token
 * @param details how it is spoken to
 * @param watches the watches, which have the places for all of them
 * @param loops where the connections are relayed
 * @param identity whose identity is accepted
 * @param intentions how intentions are enforced
 * @param inbound the times of connections and the limits of handshakes
 * @param registrations makes the registrations, {@code null} if nothing is registered
 */
record ListenerAssembly(ConsulClient consul, ConsulConnectionDetails details, Watches watches, RelayLoops loops,
		MeshIdentityProperties identity, IntentionProperties intentions, InboundProperties inbound,
		@Nullable FurtherRegistrations registrations) {

	/**
	 * Watches that a service has: roots, leaf and intentions. All are asked for with its
	 * token, or a token that is refused would be everybody's trouble.
	 */
	static final int WATCHES = 3;

	/**
	 * Makes a service, which does nothing yet.
	 */
	MeshListener assemble(ListenerDeclaration declaration) {
		String service = declaration.service();
		Supplier<@Nullable String> token = declaration.token();
		ConsulClient own = (token != null) ? this.consul.withToken(token) : this.consul;
		MeshIdentity self = new MeshIdentity(AgentIdentitySource.ofFurther(own, this.watches, service),
				this.identity.expectation(service, this.details), Clock.systemUTC());
		OpaqueIntentions callers = OpaqueIntentions.of(own, this.watches, service, self, this.intentions);
		Authorizer authorizer = callers.authorizer();
		MeshTls tls = new MeshTls(self, tlsSettings(declaration), callers.admission(), Clock.systemUTC());
		authorizer.onChange(tls::admissionChanged);
		RequestRulesWarning.follow(authorizer);
		RelaySettings limits = declaration.limits(this.inbound.idleTimeout());
		PublicListenerLifecycle listener = PublicListenerLifecycle.ofFurther(declaration.settings(), declaration.bind(),
				declaration.local(),
				(bind, local) -> new PublicListener(bind, local, this.loops, tls, limits, declaration.proxyProtocol()));
		MeshRegistrationLifecycle registration = (this.registrations != null)
				? this.registrations.of(own, declaration.instance(), listener, self, authorizer) : null;
		return new MeshListener(declaration, own, self, callers, tls, listener, registration);
	}

	private TlsSettings tlsSettings(ListenerDeclaration declaration) {
		return new TlsSettings(this.inbound.handshakeTimeout(), declaration.maxConnections(),
				this.inbound.maxHandshakes(), TlsSettings.DEFAULTS.drain(), this.inbound.revocationGrace());
	}

}
