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

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * Makes certificates of the form that Consul's own CA gives them. Thread-safe.
 */
final class Certificates {

	/**
	 * The organization in the subject of every root: Bootmesh trusts such a root only
	 * when it knows that it talks to a development Consul.
	 */
	static final String MARKER = "Bootmesh Development CA";

	private static final Duration ROOT_VALIDITY = Duration.ofDays(3650);

	// As long as in Consul, which back-dates by a minute too.
	private static final Duration CROSS_SIGNED_VALIDITY = Duration.ofDays(7);

	private static final Duration BACK_DATED = Duration.ofMinutes(1);

	private final AtomicLong serials = new AtomicLong(6);

	/**
	 * A self-signed root.
	 * @param trustDomain the trust domain
	 * @param keys its keys
	 * @return the certificate
	 */
	X509Certificate root(String trustDomain, KeyPair keys) {
		Instant now = Instant.now();
		X500Name name = authorityName(trustDomain, keys.getPublic());
		return authority(name, keys.getPublic(), trustDomain, name, keys, now, now.plus(ROOT_VALIDITY));
	}

	/**
	 * A root's certificate once more, signed by the root before it, so that those who
	 * know only that one can follow.
	 * @param root the root
	 * @param trustDomain the trust domain
	 * @param before the root that signs
	 * @param beforeKeys its keys
	 * @return the certificate
	 */
	X509Certificate crossSigned(X509Certificate root, String trustDomain, X509Certificate before, KeyPair beforeKeys) {
		Instant from = Instant.now().minus(BACK_DATED);
		return authority(subject(root), root.getPublicKey(), trustDomain, subject(before), beforeKeys, from,
				from.plus(CROSS_SIGNED_VALIDITY));
	}

	/**
	 * A leaf certificate.
	 * @param service the service
	 * @param uri its SPIFFE ID
	 * @param key its public key
	 * @param ttl how long it is valid
	 * @param root the root that signs
	 * @param rootKeys its keys
	 * @return the certificate
	 */
	X509Certificate leaf(String service, String uri, PublicKey key, Duration ttl, X509Certificate root,
			KeyPair rootKeys) {
		Instant from = Instant.now().minus(BACK_DATED);
		Instant until = from.plus(ttl);
		// A lifetime of seconds is for tests only and starts now.
		if (ttl.compareTo(BACK_DATED.multipliedBy(2)) < 0) {
			until = Instant.now().plus(ttl);
		}
		String domain = uri.substring("spiffe://".length(), "spiffe://".length() + 8);
		String end = ".svc.default." + domain + ".consul";
		String start = service.substring(0, Math.min(service.length(), 64 - end.length()));
		X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, start + end).build();
		try {
			X509v3CertificateBuilder builder = builder(subject(root), name, key, from, until);
			builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature
					| KeyUsage.keyEncipherment | KeyUsage.dataEncipherment | KeyUsage.keyAgreement));
			builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(
					new KeyPurposeId[] { KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth }));
			builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
			return signed(builder, key, rootKeys, uri);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private X509Certificate authority(X500Name name, PublicKey key, String trustDomain, X500Name issuer,
			KeyPair issuerKeys, Instant from, Instant until) {
		try {
			X509v3CertificateBuilder builder = builder(issuer, name, key, from, until);
			builder.addExtension(Extension.keyUsage, true,
					new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign | KeyUsage.cRLSign));
			builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
			return signed(builder, key, issuerKeys, "spiffe://" + trustDomain);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private X509v3CertificateBuilder builder(X500Name issuer, X500Name subject, PublicKey key, Instant from,
			Instant until) {
		return new X509v3CertificateBuilder(issuer, BigInteger.valueOf(this.serials.incrementAndGet()), Date.from(from),
				Date.from(until), subject, SubjectPublicKeyInfo.getInstance(key.getEncoded()));
	}

	private static X509Certificate signed(X509v3CertificateBuilder builder, PublicKey key, KeyPair issuerKeys,
			String uri) throws IOException {
		builder.addExtension(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId(key)));
		builder.addExtension(Extension.authorityKeyIdentifier, false,
				new AuthorityKeyIdentifier(new DEROctetString(keyId(issuerKeys.getPublic())).getOctets()));
		builder.addExtension(Extension.subjectAlternativeName, false,
				new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
		String algorithm = issuerKeys.getPrivate().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
		try {
			return new JcaX509CertificateConverter()
				.getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(issuerKeys.getPrivate())));
		}
		catch (OperatorCreationException | GeneralSecurityException ex) {
			throw new IllegalStateException("Cannot sign a certificate", ex);
		}
	}

	private static X500Name authorityName(String trustDomain, PublicKey key) {
		String id = HexFormat.of().formatHex(keyId(key), 0, 4);
		return new X500NameBuilder().addRDN(BCStyle.O, MARKER)
			.addRDN(BCStyle.CN, "pri-" + id + ".consul.ca." + trustDomain.substring(0, 8) + ".consul")
			.build();
	}

	private static X500Name subject(X509Certificate certificate) {
		return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
	}

	static KeyPair newKeys() {
		try {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
			generator.initialize(new ECGenParameterSpec("secp256r1"));
			return generator.generateKeyPair();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("No EC keys on this JVM", ex);
		}
	}

	/**
	 * Reads an EC or RSA key as Consul's configuration has it.
	 * @param pem the PEM
	 * @return the keys
	 * @throws IllegalArgumentException if it is none, without the text
	 */
	static KeyPair readKeys(String pem) {
		try (PEMParser parser = new PEMParser(new StringReader(pem))) {
			if (parser.readObject() instanceof PEMKeyPair keys) {
				return new JcaPEMKeyConverter().getKeyPair(keys);
			}
		}
		catch (IOException ex) {
			throw new IllegalArgumentException("unreadable PEM", ex);
		}
		throw new IllegalArgumentException("no PEM-encoded data found");
	}

	static String pem(X509Certificate certificate) {
		return write(certificate);
	}

	/**
	 * The keys in the traditional form, {@code EC PRIVATE KEY}, with curve and public key
	 * as Go writes it.
	 * @param keys the keys, on an elliptic curve
	 * @return the PEM
	 */
	static String pem(KeyPair keys) {
		SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded());
		ECPrivateKey key = new ECPrivateKey(256, ((java.security.interfaces.ECPrivateKey) keys.getPrivate()).getS(),
				info.getPublicKeyData(), info.getAlgorithm().getParameters());
		try {
			return write(new PemObject("EC PRIVATE KEY", key.getEncoded()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String write(Object value) {
		StringWriter text = new StringWriter();
		try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
			writer.writeObject(value);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return text.toString();
	}

	/**
	 * The key ID of the certificates: SHA-256 over the public key.
	 * @param key the key
	 * @return the ID
	 */
	static byte[] keyId(PublicKey key) {
		return digest("SHA-256", SubjectPublicKeyInfo.getInstance(key.getEncoded()).getPublicKeyData().getBytes());
	}

	static String fingerprint(X509Certificate certificate) {
		try {
			return hex(digest("SHA-1", certificate.getEncoded()));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static String hex(byte[] bytes) {
		return HexFormat.ofDelimiter(":").formatHex(bytes).toLowerCase(Locale.ROOT);
	}

	private static byte[] digest(String algorithm, byte[] bytes) {
		try {
			return MessageDigest.getInstance(algorithm).digest(bytes);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
