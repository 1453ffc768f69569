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

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;

import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;

/**
 * Recognises the roots of a development Consul, whose CA anybody on the machine can use.
 */
final class DevelopmentRoots {

	/**
	 * The X.500 organization in the subject of each of its roots.
	 */
	static final String ORGANIZATION = "Bootmesh Development CA";

	private DevelopmentRoots() {
	}

	static boolean anyIn(List<X509Certificate> roots) {
		return roots.stream().anyMatch(DevelopmentRoots::isOne);
	}

	private static boolean isOne(X509Certificate root) {
		X500Name subject = X500Name.getInstance(root.getSubjectX500Principal().getEncoded());
		return Stream.of(subject.getRDNs(BCStyle.O))
			.flatMap((rdn) -> Stream.of(rdn.getTypesAndValues()))
			.anyMatch((part) -> BCStyle.O.equals(part.getType())
					&& ORGANIZATION.equals(IETFUtils.valueToString(part.getValue())));
	}

}
