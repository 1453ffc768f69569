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

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.SpiffeId;

/**
 * Decides whether material is the identity that was asked for. Immutable.
 */
final class IdentityJudge {

	// GeneralName's choice for a URI, RFC 5280 section 4.2.1.6.
	private static final Integer URI_NAME = 6;

	// Beyond this, a leaf is simply old and no clock is to blame.
	private static final Duration CLOCK_SKEW = Duration.ofMinutes(10);

	private static final Map<String, String> SIGNATURES = Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA");

	private final IdentityExpectation expectation;

	IdentityJudge(IdentityExpectation expectation) {
		this.expectation = expectation;
	}

	/**
	 * Judges the material.
	 * @param material what was delivered
	 * @param first the identity of the first generation, which pins what the expectation
	 * leaves open, or {@code null} when this is for the first
	 * @param now the time to judge at
	 * @return what is proven
	 * @throws IdentityRejectedException if it is not acceptable
	 */
	Accepted judge(IdentityMaterial material, @Nullable SpiffeId first, Instant now) throws IdentityRejectedException {
		if (!this.expectation.developmentRoots() && DevelopmentRoots.anyIn(material.roots())) {
			throw new IdentityRejectedException(RejectionReason.DEVELOPMENT_ROOTS,
					"the roots are those of a development Consul, whose CA key is no secret, and development mode is off");
		}
		X509Certificate leaf = leaf(material);
		requireKeyOf(leaf, material.key());
		SpiffeId spiffeId = spiffeId(leaf);
		requireExpected(spiffeId, material.trustDomain().toLowerCase(Locale.ROOT), first);
		requireValid(leaf, now);
		List<X509Certificate> chain = TrustPath.order(material.chain(), material.roots(), now);
		if (chain.isEmpty()) {
			throw new IdentityRejectedException(RejectionReason.UNTRUSTED,
					"the chain of " + material.chain().size() + " certificates leads to none of the "
							+ material.roots().size() + " roots of trust domain " + material.trustDomain());
		}
		return new Accepted(spiffeId, chain);
	}

	private static X509Certificate leaf(IdentityMaterial material) throws IdentityRejectedException {
		if (material.chain().isEmpty()) {
			throw new IdentityRejectedException(RejectionReason.UNREADABLE, "there is no certificate");
		}
		X509Certificate leaf = material.chain().get(0);
		if (leaf.getBasicConstraints() >= 0) {
			throw new IdentityRejectedException(RejectionReason.NOT_A_LEAF,
					"the first certificate is that of a CA, not of a service");
		}
		return leaf;
	}

	private static void requireKeyOf(X509Certificate leaf, PrivateKey key) throws IdentityRejectedException {
		if (!signsFor(leaf.getPublicKey(), key)) {
			throw new IdentityRejectedException(RejectionReason.KEY_MISMATCH, "the key (" + key.getAlgorithm()
					+ ") does not sign for the leaf's certificate (" + leaf.getPublicKey().getAlgorithm() + ")");
		}
	}

	private static boolean signsFor(PublicKey publicKey, PrivateKey key) {
		String algorithm = SIGNATURES.get(key.getAlgorithm());
		if (algorithm == null) {
			return false;
		}
		byte[] proof = "bootmesh".getBytes(StandardCharsets.US_ASCII);
		try {
			Signature signature = Signature.getInstance(algorithm);
			signature.initSign(key);
			signature.update(proof);
			byte[] signed = signature.sign();
			signature.initVerify(publicKey);
			signature.update(proof);
			return signature.verify(signed);
		}
		catch (GeneralSecurityException ex) {
			return false;
		}
	}

	private static SpiffeId spiffeId(X509Certificate leaf) throws IdentityRejectedException {
		List<String> uris = uris(leaf);
		if (uris.size() != 1) {
			throw new IdentityRejectedException(RejectionReason.NOT_ONE_URI,
					"the leaf has " + uris.size() + " URIs instead of one");
		}
		try {
			return SpiffeId.parse(uris.get(0));
		}
		catch (IllegalArgumentException ex) {
			throw new IdentityRejectedException(RejectionReason.NOT_A_SERVICE, String.valueOf(ex.getMessage()));
		}
	}

	private static List<String> uris(X509Certificate leaf) throws IdentityRejectedException {
		try {
			Collection<List<?>> names = leaf.getSubjectAlternativeNames();
			return (names != null) ? names.stream()
				.filter((name) -> URI_NAME.equals(name.get(0)))
				.map((name) -> String.valueOf(name.get(1)))
				.toList() : List.of();
		}
		catch (CertificateParsingException ex) {
			throw new IdentityRejectedException(RejectionReason.UNREADABLE,
					"the leaf's subject alternative names cannot be read");
		}
	}

	private void requireExpected(SpiffeId id, String trustDomainOfRoots, @Nullable SpiffeId first)
			throws IdentityRejectedException {
		Optional<SpiffeId> pinned = Optional.ofNullable(first);
		require(RejectionReason.OTHER_SERVICE, "service", this.expectation.service(), id.service());
		require(RejectionReason.OTHER_PARTITION, "partition", this.expectation.partition(), id.partition());
		require(RejectionReason.OTHER_NAMESPACE, "namespace", this.expectation.namespace(), id.namespace());
		require(RejectionReason.OTHER_DATACENTER, "datacenter",
				Optional.ofNullable(this.expectation.datacenter())
					.or(() -> pinned.map(SpiffeId::datacenter))
					.orElse(id.datacenter()),
				id.datacenter());
		String trustDomain = Optional.ofNullable(this.expectation.trustDomain())
			.map((text) -> text.toLowerCase(Locale.ROOT))
			.or(() -> pinned.map(SpiffeId::trustDomain))
			.orElse(id.trustDomain());
		require(RejectionReason.OTHER_TRUST_DOMAIN, "trust domain", trustDomain, id.trustDomain());
		require(RejectionReason.OTHER_TRUST_DOMAIN, "trust domain of the roots", trustDomain, trustDomainOfRoots);
	}

	private static void require(RejectionReason reason, String what, String expected, String shown)
			throws IdentityRejectedException {
		if (!expected.equals(shown)) {
			throw new IdentityRejectedException(reason, what + " is '" + shown + "', expected '" + expected + "'");
		}
	}

	private static void requireValid(X509Certificate leaf, Instant now) throws IdentityRejectedException {
		Instant notBefore = leaf.getNotBefore().toInstant();
		Instant notAfter = leaf.getNotAfter().toInstant();
		if (now.isBefore(notBefore)) {
			// No CA dates a certificate ahead, so the clocks differ, by this at least.
			throw new IdentityRejectedException(RejectionReason.NOT_YET_VALID,
					"the leaf is valid from " + notBefore + " by Consul's clock, but this machine's clock says " + now
							+ ", " + seconds(now, notBefore) + " s behind: set the clocks right");
		}
		if (now.isAfter(notAfter)) {
			String detail = "the leaf was valid until " + notAfter + ", this machine's clock says " + now;
			if (Duration.between(notAfter, now).compareTo(CLOCK_SKEW) <= 0) {
				detail += ", only " + seconds(notAfter, now) + " s later: see whether it is ahead of Consul's clock";
			}
			throw new IdentityRejectedException(RejectionReason.EXPIRED, detail);
		}
	}

	private static long seconds(Instant from, Instant to) {
		return Duration.between(from, to).plusMillis(999).toSeconds();
	}

	/**
	 * What was proven of the material.
	 *
	 * @param spiffeId whom it names
	 * @param chain its chain, the way to a root in front
	 */
	record Accepted(SpiffeId spiffeId, List<X509Certificate> chain) {

	}

}
