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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

import io.github.bootmesh.SpiffeId;

/**
 * One immutable identity: leaf chain, key, roots, SPIFFE ID, validity, accepted as a
 * whole. A rotation makes the next one. Shows no key.
 */
public final class IdentityGeneration {

	private final long number;

	private final SpiffeId spiffeId;

	private final List<X509Certificate> chain;

	private final PrivateKey key;

	private final List<X509Certificate> roots;

	IdentityGeneration(long number, SpiffeId spiffeId, List<X509Certificate> chain, PrivateKey key,
			List<X509Certificate> roots) {
		this.number = number;
		this.spiffeId = spiffeId;
		this.chain = List.copyOf(chain);
		this.key = key;
		this.roots = List.copyOf(roots);
	}

	/**
	 * The number of this generation, 1 for the first.
	 * @return the number
	 */
	public long number() {
		return this.number;
	}

	/**
	 * Who this service is.
	 * @return the identity
	 */
	public SpiffeId spiffeId() {
		return this.spiffeId;
	}

	/**
	 * The leaf first, then its intermediates, each signed by the next up to one that a
	 * root has signed, then those that only peers with older roots need.
	 * @return the chain
	 */
	public List<X509Certificate> chain() {
		return this.chain;
	}

	/**
	 * The leaf's private key.
	 * @return the key
	 */
	public PrivateKey key() {
		return this.key;
	}

	/**
	 * Every CA certificate to trust.
	 * @return the roots
	 */
	public List<X509Certificate> roots() {
		return this.roots;
	}

	/**
	 * Start of the leaf's validity.
	 * @return the instant
	 */
	public Instant notBefore() {
		return this.chain.get(0).getNotBefore().toInstant();
	}

	/**
	 * End of the leaf's validity.
	 * @return the instant
	 */
	public Instant notAfter() {
		return this.chain.get(0).getNotAfter().toInstant();
	}

	boolean validAt(Instant instant) {
		return !instant.isBefore(notBefore()) && !instant.isAfter(notAfter());
	}

	/*
	 * Consul renews between 60 and 90 % of a leaf's lifetime; beyond that something keeps
	 * it from doing so.
	 */
	Instant overdueAt() {
		return notBefore().plus(Duration.between(notBefore(), notAfter()).multipliedBy(9).dividedBy(10));
	}

	boolean sameAs(List<X509Certificate> chain, List<X509Certificate> roots) {
		return this.chain.equals(chain) && Set.copyOf(this.roots).equals(Set.copyOf(roots));
	}

	@Override
	public String toString() {
		return "generation " + this.number + " of " + this.spiffeId + " until " + notAfter();
	}

}
