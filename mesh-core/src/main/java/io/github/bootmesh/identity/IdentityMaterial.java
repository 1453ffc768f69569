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

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What an {@link IdentitySource} delivers, not yet judged. Roots and leaf belong
 * together; a source never delivers a torn pair. Shows no key.
 *
 * @param chain the leaf first, then its intermediates in any order; at least the leaf
 * @param key the leaf's private key
 * @param roots every CA certificate to trust
 * @param trustDomain the trust domain that the source names for the roots
 */
public record IdentityMaterial(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> roots,
		String trustDomain) implements IdentityUpdate {

	public IdentityMaterial {
		chain = List.copyOf(chain);
		roots = List.copyOf(roots);
	}

	@Override
	public String toString() {
		return "IdentityMaterial[trustDomain=" + this.trustDomain + ", chain=" + this.chain.size() + ", roots="
				+ this.roots.size() + "]";
	}

}
