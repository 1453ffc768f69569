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

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.autoconfigure.listener.MeshListener;
import io.github.bootmesh.registration.RegistrationStatus;

/**
 * A further service of this process.
 *
 * @param name the name that its listener was declared with
 * @param service its name in Consul
 * @param identity its identity
 * @param intentions the intentions about it
 * @param tls its connections
 * @param publicListener who takes connections for its port, or {@code null} before it
 * does
 * @param registration its registration, or {@code null} when there is nothing to register
 */
record ServiceDescriptor(String name, String service, MeshEndpoint.IdentityDescriptor identity,
		MeshEndpoint.IntentionsSummary intentions, MeshEndpoint.TlsDescriptor tls,
		MeshEndpoint.@Nullable ListenerDescriptor publicListener, @Nullable RegistrationStatus registration) {

	static ServiceDescriptor of(MeshListener listener) {
		return new ServiceDescriptor(listener.name(), listener.service(),
				MeshEndpoint.IdentityDescriptor.of(listener.identity().status()),
				MeshEndpoint.IntentionsSummary.of(listener.authorizer().status()),
				MeshEndpoint.TlsDescriptor.of(listener.tls()),
				MeshEndpoint.ListenerDescriptor.of(listener.publicListener()), listener.registration());
	}

}
