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

package io.github.bootmesh.discovery;

import java.net.InetSocketAddress;

import io.github.bootmesh.SpiffeId;

/**
 * One address of a destination.
 *
 * @param instance ID of the registration
 * @param address where to dial; unresolved if Consul holds a name, to be resolved by
 * whoever dials, off the event loop
 * @param weight how often it is chosen relative to others, 1 to 128
 * @param service the service whose identity it shows
 * @param namespace the namespace of that service
 * @param partition the partition of that service
 * @param datacenter the datacenter that it runs in
 */
public record Endpoint(String instance, InetSocketAddress address, int weight, String service, String namespace,
		String partition, String datacenter) {

	/**
	 * The identity that it must show.
	 * @param trustDomain the trust domain of the mesh
	 * @return the identity
	 */
	public SpiffeId identity(String trustDomain) {
		return new SpiffeId(trustDomain, this.partition, this.namespace, this.datacenter, this.service);
	}

	/**
	 * The server name that it is dialled by, as Consul composes it
	 * (agent/connect/sni.go).
	 * @param trustDomain the trust domain of the mesh
	 * @return the name
	 */
	public String sni(String trustDomain) {
		if (SpiffeId.DEFAULT.equals(this.partition)) {
			return this.service + "." + this.namespace + "." + this.datacenter + ".internal." + trustDomain;
		}
		return this.service + "." + this.namespace + "." + this.partition + "." + this.datacenter + ".internal-v1."
				+ trustDomain;
	}

}
