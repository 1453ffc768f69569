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

package io.github.bootmesh.identity;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks for the way from a leaf to a root. Consul appends the intermediates in the order
 * in which it came to have them, which after a CA change or a renewed intermediate is not
 * the order of signing, and among them may be one that only older roots need.
 */
final class TrustPath {

	private TrustPath() {
	}

	/**
	 * The chain with the way to a root in front, each certificate signed by the next.
	 * @param chain the leaf first, then intermediates in any order
	 * @param roots the roots to lead to; those not valid at the instant do not count
	 * @param at when everything on the way has to be valid
	 * @return the same certificates in order, or an empty list if there is no way
	 */
	static List<X509Certificate> order(List<X509Certificate> chain, List<X509Certificate> roots, Instant at) {
		Date date = Date.from(at);
		Set<TrustAnchor> anchors = roots.stream()
			.filter((root) -> !date.before(root.getNotBefore()) && !date.after(root.getNotAfter()))
			.map((root) -> new TrustAnchor(root, null))
			.collect(Collectors.toSet());
		if (chain.isEmpty() || anchors.isEmpty()) {
			return List.of();
		}
		List<X509Certificate> path = build(chain, anchors, date);
		if (path.isEmpty() || !path.get(0).equals(chain.get(0))) {
			return List.of();
		}
		return Stream.concat(path.stream(), chain.stream()).distinct().toList();
	}

	private static List<X509Certificate> build(List<X509Certificate> chain, Set<TrustAnchor> anchors, Date date) {
		X509CertSelector leaf = new X509CertSelector();
		leaf.setCertificate(chain.get(0));
		try {
			PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, leaf);
			parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
			// Consul's CAs publish no revocation; leaves live for hours instead.
			parameters.setRevocationEnabled(false);
			parameters.setMaxPathLength(chain.size());
			parameters.setDate(date);
			List<? extends Certificate> path = CertPathBuilder.getInstance("PKIX")
				.build(parameters)
				.getCertPath()
				.getCertificates();
			return path.stream().map(X509Certificate.class::cast).toList();
		}
		catch (CertPathBuilderException ex) {
			return List.of();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("This Java has no PKIX", ex);
		}
	}

}
