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

import java.util.Set;
import java.util.stream.Collectors;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;

/**
 * Who may answer when a destination is dialled, and the name it is dialled by. Equal
 * expectations share TLS sessions; different ones share nothing. Immutable.
 *
 * @param accepted the identities that the server may show; exactly these
 * @param sni the server name to send
 * @param anyTrustDomain whether the trust domain of the shown identity is left unchecked,
 * for the time of a trust-domain migration
 */
@Internal
public record PeerExpectation(Set<SpiffeId> accepted, String sni, boolean anyTrustDomain) {

	public PeerExpectation {
		accepted = Set.copyOf(accepted);
	}

	void check(SpiffeId shown) throws PeerRefusedException {
		if (this.accepted.contains(shown)) {
			return;
		}
		if (this.anyTrustDomain
				&& this.accepted.stream().anyMatch((expected) -> expected.in(shown.trustDomain()).equals(shown))) {
			return;
		}
		throw new PeerRefusedException(Refusal.WRONG_IDENTITY,
				"Expected the server to be "
						+ this.accepted.stream().map(SpiffeId::toString).sorted().collect(Collectors.joining(" or "))
						+ (this.anyTrustDomain ? " (of any trust domain)" : "") + ", but it shows " + shown);
	}

}
