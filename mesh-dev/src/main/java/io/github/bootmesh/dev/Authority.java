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

package io.github.bootmesh.dev;

import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The CA: its roots, of which one signs. Immutable; each change makes the next one.
 *
 * @param certificates makes the certificates
 * @param trustDomain the trust domain
 * @param datacenter the datacenter in the SPIFFE IDs
 * @param leafTtl how long leaves are valid
 * @param configuration what {@code /v1/connect/ca/configuration} shows
 * @param roots the roots
 * @param modifyIndex the index of the last change
 */
record Authority(Certificates certificates, String trustDomain, String datacenter, Duration leafTtl,
		AuthorityConfiguration configuration, List<Root> roots, long modifyIndex) {

	private static final Pattern SERVICE_PATH = Pattern.compile("/ns/[^/]+/dc/[^/]+/svc/[^/]+");

	static Authority create(String trustDomain, String datacenter, Duration leafTtl, long index) {
		Certificates certificates = new Certificates();
		KeyPair keys = Certificates.newKeys();
		Root root = new Root(certificates.root(trustDomain, keys), keys, List.of(), null, index, index);
		return new Authority(certificates, trustDomain, datacenter, leafTtl, AuthorityConfiguration.INITIAL,
				List.of(root), index);
	}

	Root active() {
		return this.roots.stream().filter(Root::active).findFirst().orElseThrow();
	}

	/**
	 * The CA with a new root, cross-signed by the one before unless that is not wanted.
	 * @param keys the new root's keys
	 * @param crossSigned whether the root before signs it
	 * @param index the index of the change
	 * @return the CA
	 */
	Authority rotate(KeyPair keys, boolean crossSigned, long index) {
		Root before = active();
		X509Certificate certificate = this.certificates.root(this.trustDomain, keys);
		List<X509Certificate> intermediates = crossSigned ? List
			.of(this.certificates.crossSigned(certificate, this.trustDomain, before.certificate(), before.keys()))
				: List.of();
		List<Root> next = new ArrayList<>();
		this.roots.forEach((root) -> next.add(root.active() ? root.retired(Instant.now(), index) : root));
		next.add(new Root(certificate, keys, intermediates, null, index, index));
		// In the order of their IDs, which is no order of age: nobody may rely on one.
		next.sort(Comparator.comparing(Root::id));
		return with(next, index);
	}

	Authority withoutInactive(long index) {
		return (this.roots.size() == 1) ? this : with(List.of(active()), index);
	}

	Authority configured(AuthorityConfiguration next, Duration ttl, long index) {
		return new Authority(this.certificates, this.trustDomain, this.datacenter, ttl, next, this.roots, index);
	}

	Authority at(long index) {
		return with(this.roots.stream().map((root) -> root.at(index)).toList(), index);
	}

	private Authority with(List<Root> next, long index) {
		return new Authority(this.certificates, this.trustDomain, this.datacenter, this.leafTtl, this.configuration,
				List.copyOf(next), index);
	}

	/**
	 * A new leaf with a new key.
	 * @param service the service
	 * @param index the index of the change
	 * @return the leaf
	 */
	Leaf issue(String service, long index) {
		String uri = uri(service);
		KeyPair keys = Certificates.newKeys();
		Root root = active();
		X509Certificate leaf = this.certificates.leaf(service, uri, keys.getPublic(), this.leafTtl, root.certificate(),
				root.keys());
		StringBuilder chain = new StringBuilder(Certificates.pem(leaf));
		root.intermediates().forEach((intermediate) -> chain.append(Certificates.pem(intermediate)));
		Instant until = leaf.getNotAfter().toInstant();
		return new Leaf(service, uri, serial(leaf.getSerialNumber()), chain.toString(), Certificates.pem(keys),
				leaf.getNotBefore().toInstant(), until, Leaf.renewal(Instant.now(), until), index, index);
	}

	String uri(String service) {
		if (service.isEmpty()) {
			throw RefusedException.failed("URI must be either service or agent");
		}
		String path = "/ns/default/dc/" + this.datacenter + "/svc/" + service;
		if (!SERVICE_PATH.matcher(path).matches()) {
			throw RefusedException
				.failed("SPIFFE ID is not in the expected format: spiffe://" + this.trustDomain + path);
		}
		try {
			return new URI("spiffe", this.trustDomain, path, null).toASCIIString();
		}
		catch (URISyntaxException ex) {
			throw RefusedException.failed("SPIFFE ID is not in the expected format: " + ex.getReason());
		}
	}

	private static String serial(BigInteger number) {
		return Certificates.hex(number.toByteArray());
	}

}
