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

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import javax.security.auth.x500.X500Principal;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.MeshPeer;

/**
 * Finds the path from a shown chain to a root and validates it by PKIX (RFC 5280), with
 * Java's validator. The chain is taken in the order in which it was sent, as TLS 1.2
 * demands and every peer of the mesh does: building paths out of unordered certificates
 * would let a peer choose how much work it causes. Host names play no part.
 */
final class PathValidator {

	/**
	 * Larger keys cost more to compute with than a stranger may ask for; BoringSSL ends
	 * here too.
	 */
	private static final int MAX_RSA_BITS = 8192;

	private static final BigInteger MAX_RSA_EXPONENT = BigInteger.ONE.shiftLeft(33);

	private static final int MAX_EC_BITS = 521;

	private final Map<X500Principal, List<X509Certificate>> roots;

	PathValidator(List<X509Certificate> roots) {
		this.roots = roots.stream().collect(Collectors.groupingBy(X509Certificate::getSubjectX500Principal));
	}

	VerifiedChain validate(ShownChain shown, Instant now) throws PeerRefusedException {
		List<X509Certificate> chain = parse(shown);
		PeerRefusedException problem = null;
		for (int i = 0; i < chain.size(); i++) {
			X500Principal issuer = chain.get(i).getIssuerX500Principal();
			for (X509Certificate root : this.roots.getOrDefault(issuer, List.of())) {
				try {
					List<X509Certificate> path = chain.subList(0, i + 1);
					validate(path, root, now);
					return verified(path, root, shown.use(), now);
				}
				catch (PeerRefusedException ex) {
					problem = (problem != null) ? problem : ex;
				}
			}
			if (i + 1 < chain.size() && !issuer.equals(chain.get(i + 1).getSubjectX500Principal())) {
				break;
			}
		}
		throw (problem != null) ? problem : new PeerRefusedException(Refusal.UNTRUSTED,
				"The certificate of '" + subject(chain.get(0)) + "' leads to no current root of the mesh");
	}

	private static List<X509Certificate> parse(ShownChain shown) throws PeerRefusedException {
		List<X509Certificate> chain = new ArrayList<>();
		try {
			CertificateFactory factory = CertificateFactory.getInstance("X.509");
			for (byte[] encoded : shown.certificates()) {
				X509Certificate certificate = (X509Certificate) factory
					.generateCertificate(new ByteArrayInputStream(encoded));
				checkKey(certificate.getPublicKey());
				chain.add(certificate);
			}
			return chain;
		}
		catch (PeerRefusedException ex) {
			throw ex;
		}
		catch (CertificateException ex) {
			throw new PeerRefusedException(Refusal.UNTRUSTED, "The peer showed an unreadable certificate", ex);
		}
	}

	private static void checkKey(PublicKey key) throws PeerRefusedException {
		int bits;
		int limit;
		if (key instanceof ECPublicKey ec) {
			bits = ec.getParams().getCurve().getField().getFieldSize();
			limit = MAX_EC_BITS;
		}
		else if (key instanceof RSAPublicKey rsa) {
			bits = rsa.getModulus().bitLength();
			limit = (rsa.getPublicExponent().compareTo(MAX_RSA_EXPONENT) > 0) ? 0 : MAX_RSA_BITS;
		}
		else if (key instanceof EdECPublicKey) {
			return;
		}
		else {
			throw new PeerRefusedException(Refusal.UNTRUSTED,
					"The peer showed a key of a kind that is not used in a mesh: " + key.getAlgorithm());
		}
		if (bits > limit) {
			throw new PeerRefusedException(Refusal.KEY_TOO_LARGE,
					"The peer showed an " + key.getAlgorithm() + " key of " + bits + " bits");
		}
	}

	private static void validate(List<X509Certificate> path, X509Certificate root, Instant now)
			throws PeerRefusedException {
		try {
			PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
			parameters.setRevocationEnabled(false);
			parameters.setDate(Date.from(now));
			CertPathValidator.getInstance("PKIX")
				.validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
		}
		catch (CertPathValidatorException ex) {
			throw new PeerRefusedException(reason(ex),
					"The certificate of '" + subject(path.get(0)) + "' is not good: " + ex.getMessage(), ex);
		}
		catch (InvalidAlgorithmParameterException | NoSuchAlgorithmException | CertificateException ex) {
			throw new PeerRefusedException(Refusal.UNTRUSTED, "The peer's certificate could not be validated", ex);
		}
	}

	private static Refusal reason(CertPathValidatorException ex) {
		if (ex.getReason() == BasicReason.EXPIRED) {
			return Refusal.EXPIRED;
		}
		return (ex.getReason() == BasicReason.NOT_YET_VALID) ? Refusal.NOT_YET_VALID : Refusal.UNTRUSTED;
	}

	private static VerifiedChain verified(List<X509Certificate> path, X509Certificate root, PeerUse use, Instant now)
			throws PeerRefusedException {
		X509Certificate leaf = path.get(0);
		checkUse(path, use);
		Instant notBefore = root.getNotBefore().toInstant();
		Instant notAfter = root.getNotAfter().toInstant();
		for (X509Certificate certificate : path) {
			Instant begin = certificate.getNotBefore().toInstant();
			Instant end = certificate.getNotAfter().toInstant();
			notBefore = begin.isAfter(notBefore) ? begin : notBefore;
			notAfter = end.isBefore(notAfter) ? end : notAfter;
		}
		return new VerifiedChain(new MeshPeer(PeerIdentity.of(leaf), leaf), root, notBefore, notAfter).validAt(now);
	}

	private static void checkUse(List<X509Certificate> path, PeerUse use) throws PeerRefusedException {
		X509Certificate leaf = path.get(0);
		boolean @Nullable [] keyUsage = leaf.getKeyUsage();
		if (leaf.getBasicConstraints() != -1 || (keyUsage != null && !keyUsage[0])) {
			throw new PeerRefusedException(Refusal.NOT_FOR_THIS_USE,
					"The certificate of '" + subject(leaf) + "' is a CA's or not for signing handshakes");
		}
		for (X509Certificate certificate : path) {
			try {
				List<String> purposes = certificate.getExtendedKeyUsage();
				if (purposes != null && !purposes.contains(use.purpose()) && !purposes.contains(PeerUse.ANY_PURPOSE)) {
					throw new PeerRefusedException(Refusal.NOT_FOR_THIS_USE,
							"The certificate of '" + subject(leaf) + "' is not for TLS " + use);
				}
			}
			catch (CertificateParsingException ex) {
				throw new PeerRefusedException(Refusal.UNTRUSTED, "The peer showed an unreadable key usage", ex);
			}
		}
	}

	private static String subject(X509Certificate certificate) {
		return certificate.getSubjectX500Principal().getName();
	}

}
