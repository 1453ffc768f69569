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

package io.github.bootmesh.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;

import io.github.bootmesh.MeshPeer;

/**
 * A chain that leads to a root, and who it is. That it did once says nothing of its
 * dates: they are checked each time.
 *
 * @param peer the peer
 * @param anchor the root that the path ends at
 * @param notBefore the latest beginning on the path, the root's included
 * @param notAfter the earliest end on the path, the root's included
 */
record VerifiedChain(MeshPeer peer, X509Certificate anchor, Instant notBefore, Instant notAfter) {

	VerifiedChain validAt(Instant now) throws PeerRefusedException {
		if (now.isAfter(this.notAfter)) {
			throw new PeerRefusedException(Refusal.EXPIRED,
					"The certificate of " + this.peer + " or of its CA ended at " + this.notAfter);
		}
		if (now.isBefore(this.notBefore)) {
			throw new PeerRefusedException(Refusal.NOT_YET_VALID,
					"The certificate of " + this.peer + " or of its CA is valid from " + this.notBefore + " only");
		}
		return this;
	}

}
