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

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

import io.github.bootmesh.SpiffeId;

/**
 * Reads who a certificate is for: exactly one URI, the SPIFFE ID of a service. The common
 * name and DNS names say nothing (X.509-SVID specification, section 2).
 */
final class PeerIdentity {

	private static final int URI = 6;

	private PeerIdentity() {
	}

	static SpiffeId of(X509Certificate leaf) throws PeerRefusedException {
		List<String> uris = uris(leaf);
		if (uris.isEmpty()) {
			throw new PeerRefusedException(Refusal.NO_URI_SAN, "The peer's certificate names no SPIFFE ID");
		}
		if (uris.size() > 1) {
			throw new PeerRefusedException(Refusal.SEVERAL_URI_SANS,
					"The peer's certificate names " + uris.size() + " URIs instead of one SPIFFE ID");
		}
		try {
			return SpiffeId.parse(uris.get(0));
		}
		catch (IllegalArgumentException ex) {
			throw new PeerRefusedException(Refusal.NOT_A_SERVICE_ID, String.valueOf(ex.getMessage()), ex);
		}
	}

	private static List<String> uris(X509Certificate leaf) throws PeerRefusedException {
		try {
			Collection<List<?>> names = leaf.getSubjectAlternativeNames();
			if (names == null) {
				return List.of();
			}
			return names.stream()
				.filter((name) -> name.get(0).equals(URI))
				.map((name) -> String.valueOf(name.get(1)))
				.toList();
		}
		catch (CertificateParsingException ex) {
			throw new PeerRefusedException(Refusal.NO_URI_SAN, "The peer's certificate has unreadable names", ex);
		}
	}

}
