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

package io.github.bootmesh;

import java.security.cert.X509Certificate;
import java.util.Objects;

/**
 * The authenticated other side of a mesh connection. Made only from a certificate whose
 * chain and dates were verified, never from a header. Immutable.
 *
 * @param id who the peer is
 * @param certificate the leaf certificate that it showed
 */
public record MeshPeer(SpiffeId id, X509Certificate certificate) {

	public MeshPeer {
		Objects.requireNonNull(id, "id");
		Objects.requireNonNull(certificate, "certificate");
	}

	/**
	 * The name of the peer's service in Consul.
	 * @return the service name
	 */
	public String service() {
		return this.id.service();
	}

	/**
	 * The namespace of the peer's service.
	 * @return the namespace, {@code default} in Consul's community edition
	 */
	public String namespace() {
		return this.id.namespace();
	}

	/**
	 * The admin partition of the peer's service.
	 * @return the partition, {@code default} in Consul's community edition
	 */
	public String partition() {
		return this.id.partition();
	}

	/**
	 * The datacenter that the peer runs in.
	 * @return the datacenter
	 */
	public String datacenter() {
		return this.id.datacenter();
	}

	/**
	 * The trust domain that the peer belongs to.
	 * @return the trust domain, such as {@code <uuid>.consul}
	 */
	public String trustDomain() {
		return this.id.trustDomain();
	}

	@Override
	public String toString() {
		return this.id.toString();
	}

}
