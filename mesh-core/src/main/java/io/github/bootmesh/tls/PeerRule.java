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

import io.github.bootmesh.SpiffeId;

/**
 * Which identities may stand at the other side.
 */
@FunctionalInterface
interface PeerRule {

	void check(SpiffeId shown) throws PeerRefusedException;

	/**
	 * Two clusters may share a CA, so a good path alone does not make a peer one of ours.
	 */
	static PeerRule sameTrustDomain(String trustDomain) {
		return (shown) -> {
			if (!shown.trustDomain().equals(trustDomain)) {
				throw new PeerRefusedException(Refusal.OTHER_TRUST_DOMAIN,
						"Expected a peer of the trust domain " + trustDomain + ", but it shows " + shown);
			}
		};
	}

}
