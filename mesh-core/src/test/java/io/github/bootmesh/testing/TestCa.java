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

package io.github.bootmesh.testing;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;

import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * A CA as Consul has one, for tests: a root with a trust domain, leaves with one SPIFFE
 * URI and whatever a test wants wrong with them.
 */
public final class TestCa {

	private static final SecureRandom RANDOM = new SecureRandom();

	private final String trustDomain;

	private final KeyPair keys;

	private final X509Certificate root;

	private final List<X509Certificate> intermediates;

	private TestCa(String trustDomain, KeyPair keys, X509Certificate root, List<X509Certificate> intermediates) {
		this.trustDomain = trustDomain;
		this.keys = keys;
		this.root = root;
		this.intermediates = intermediates;
	}

	/**
	 * A new root for the trust domain.
	 */
	public static TestCa create(String trustDomain) {
		return create(trustDomain, "CN=Test CA " + new BigInteger(32, RANDOM));
	}

	/**
	 * A new root for the trust domain, with this X.500 name.
	 */
	public static TestCa create(String trustDomain, String name) {
		KeyPair keys = ecKeys();
		return new TestCa(trustDomain, keys, ca(name, trustDomain, keys, null), List.of());
	}

	/**
	 * The next root of the same trust domain, cross-signed by this one as Consul does it.
	 */
	public TestCa rotate() {
		KeyPair next = ecKeys();
		String name = "CN=Test CA " + new BigInteger(32, RANDOM);
		X509Certificate nextRoot = ca(name, this.trustDomain, next, null);
		return new TestCa(this.trustDomain, next, nextRoot, List.of(ca(name, this.trustDomain, next, this)));
	}

	/**
	 * The next root of the same trust domain, unknown to those that trust this one.
	 */
	public TestCa rotateWithoutCrossSigning() {
		return create(this.trustDomain);
	}

	public String trustDomain() {
		return this.trustDomain;
	}

	public X509Certificate root() {
		return this.root;
	}

	/** The SPIFFE URI of a service of dc1. */
	public String uri(String service) {
		return "spiffe://" + this.trustDomain + "/ns/default/dc/dc1/svc/" + service;
	}

	/** A good leaf of a service in dc1, valid from a minute ago for three days. */
	public Issued leaf(String service) {
		return issue((spec) -> spec.uri(uri(service)));
	}

	/** A leaf with whatever is wished for. */
	public Issued issue(UnaryOperator<LeafSpec> wishes) {
		LeafSpec spec = wishes.apply(new LeafSpec());
		KeyPair leafKeys = (spec.keys != null) ? spec.keys : ecKeys();
		List<GeneralName> names = new ArrayList<>();
		spec.uris.forEach((uri) -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
		spec.dnsNames.forEach((dns) -> names.add(new GeneralName(GeneralName.dNSName, dns)));
		try {
			JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(this.root, serial(),
					Date.from(spec.notBefore), Date.from(spec.notAfter),
					new javax.security.auth.x500.X500Principal("CN=" + spec.commonName), leafKeys.getPublic());
			JcaX509ExtensionUtils utils = new JcaX509ExtensionUtils();
			builder.addExtension(Extension.subjectKeyIdentifier, false,
					utils.createSubjectKeyIdentifier(leafKeys.getPublic()));
			builder.addExtension(Extension.authorityKeyIdentifier, false,
					utils.createAuthorityKeyIdentifier(this.keys.getPublic()));
			builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(spec.certificateAuthority));
			builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature
					| KeyUsage.keyEncipherment | KeyUsage.dataEncipherment | KeyUsage.keyAgreement));
			builder.addExtension(Extension.extendedKeyUsage, false,
					new ExtendedKeyUsage(spec.usages.toArray(new KeyPurposeId[0])));
			if (!names.isEmpty()) {
				builder.addExtension(Extension.subjectAlternativeName, false,
						new GeneralNames(names.toArray(new GeneralName[0])));
			}
			X509Certificate leaf = new JcaX509CertificateConverter().getCertificate(
					builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(this.keys.getPrivate())));
			List<X509Certificate> chain = new ArrayList<>(List.of(leaf));
			chain.addAll(this.intermediates);
			return new Issued(List.copyOf(chain), leafKeys.getPrivate());
		}
		catch (CertIOException | OperatorCreationException | GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public static KeyPair ecKeys() {
		try {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
			generator.initialize(new ECGenParameterSpec("secp256r1"));
			return generator.generateKeyPair();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public static KeyPair rsaKeys(int bits) {
		try {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
			generator.initialize(bits);
			return generator.generateKeyPair();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * PEM of certificates or keys; an EC key comes in SEC1 form, as Consul writes it.
	 */
	public static String pem(List<?> objects) {
		StringWriter text = new StringWriter();
		try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
			for (Object object : objects) {
				writer.writeObject((object instanceof ECPrivateKey key) ? sec1(key) : object);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return text.toString();
	}

	// The writer's own form lacks the curve, without which nobody can read it.
	private static PemObject sec1(ECPrivateKey key) throws IOException {
		ASN1Encodable curve = PrivateKeyInfo.getInstance(key.getEncoded()).getPrivateKeyAlgorithm().getParameters();
		int bits = key.getParams().getOrder().bitLength();
		return new PemObject("EC PRIVATE KEY",
				new org.bouncycastle.asn1.sec.ECPrivateKey(bits, key.getS(), curve).getEncoded());
	}

	private static X509Certificate ca(String name, String trustDomain, KeyPair keys, TestCa signer) {
		try {
			Instant now = Instant.now();
			X500Name subject = new X500Name(name);
			X500Name issuer = (signer != null)
					? X500Name.getInstance(signer.root.getSubjectX500Principal().getEncoded()) : subject;
			PrivateKey signingKey = (signer != null) ? signer.keys.getPrivate() : keys.getPrivate();
			JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(issuer, serial(),
					Date.from(now.minus(Duration.ofHours(1))), Date.from(now.plus(Duration.ofDays(3650))), subject,
					keys.getPublic());
			JcaX509ExtensionUtils utils = new JcaX509ExtensionUtils();
			builder.addExtension(Extension.subjectKeyIdentifier, false,
					utils.createSubjectKeyIdentifier(keys.getPublic()));
			builder.addExtension(Extension.authorityKeyIdentifier, false,
					utils.createAuthorityKeyIdentifier((signer != null) ? signer.keys.getPublic() : keys.getPublic()));
			builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
			builder.addExtension(Extension.keyUsage, true,
					new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign | KeyUsage.cRLSign));
			builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(
					new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://" + trustDomain)));
			return new JcaX509CertificateConverter()
				.getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signingKey)));
		}
		catch (CertIOException | OperatorCreationException | GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static BigInteger serial() {
		return new BigInteger(63, RANDOM).add(BigInteger.ONE);
	}

	/**
	 * A leaf with its intermediates and its key.
	 *
	 * @param chain the leaf first
	 * @param key the leaf's key
	 */
	public record Issued(List<X509Certificate> chain, PrivateKey key) {

		public X509Certificate leaf() {
			return this.chain.get(0);
		}

		public String chainPem() {
			return pem(this.chain);
		}

		public String keyPem() {
			return pem(List.of(this.key));
		}

	}

	/**
	 * What a leaf is to look like.
	 */
	public static final class LeafSpec {

		private final List<String> uris = new ArrayList<>();

		private final List<String> dnsNames = new ArrayList<>();

		private Instant notBefore = Instant.now().minus(Duration.ofMinutes(1));

		private Instant notAfter = Instant.now().plus(Duration.ofHours(72));

		private String commonName = "test";

		private boolean certificateAuthority;

		private List<KeyPurposeId> usages = List.of(KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth);

		private KeyPair keys;

		public LeafSpec uri(String uri) {
			this.uris.add(uri);
			return this;
		}

		public LeafSpec dnsName(String dnsName) {
			this.dnsNames.add(dnsName);
			return this;
		}

		public LeafSpec valid(Instant notBefore, Instant notAfter) {
			this.notBefore = notBefore;
			this.notAfter = notAfter;
			return this;
		}

		public LeafSpec commonName(String commonName) {
			this.commonName = commonName;
			return this;
		}

		public LeafSpec usages(KeyPurposeId... usages) {
			this.usages = List.of(usages);
			return this;
		}

		public LeafSpec certificateAuthority() {
			this.certificateAuthority = true;
			return this;
		}

		public LeafSpec keys(KeyPair keys) {
			this.keys = keys;
			return this;
		}

	}

}
