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

import java.io.IOException;
import java.io.StringWriter;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class PemMaterialTests {

	private final TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	@Test
	void certificatesComeInTheirOrder() throws IdentityRejectedException {
		TestCa.Issued issued = this.ca.rotate().leaf("orders");
		assertThat(PemMaterial.certificates(issued.chainPem(), 10, "chain")).isEqualTo(issued.chain());
		String text = "subject=orders\n" + issued.chainPem().replace("\n", "\r\n") + "\n\n";
		assertThat(PemMaterial.certificates(text, 10, "chain")).isEqualTo(issued.chain());
	}

	@Test
	void tooManyCertificatesAreRefused() throws IdentityRejectedException {
		String pem = TestCa.pem(Collections.nCopies(11, this.ca.root()));
		assertThat(PemMaterial.certificates(pem, 11, "chain")).hasSize(11);
		assertUnreadable(() -> PemMaterial.certificates(pem, 10, "chain"), "more than 10");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "garbage", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n",
			"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
			"-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n",
			"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n",
			"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
			"-----BEGIN WHATEVER-----\nMAA=\n-----END WHATEVER-----\n" })
	void textsThatAreNoCertificatesAreRefused(String text) {
		assertUnreadable(() -> PemMaterial.certificates(text, 10, "the chain"), "the chain");
		assertUnreadable(() -> PemMaterial.key(text), "the key");
	}

	@Test
	void halfACertificateIsRefused() {
		String pem = this.ca.leaf("orders").chainPem();
		for (int length = 1; length < pem.length() - 30; length += 7) {
			String half = pem.substring(0, length);
			assertUnreadable(() -> PemMaterial.certificates(half, 10, "chain"), "chain");
		}
	}

	@Test
	void aKeyAmongCertificatesIsRefusedAndNotShown() {
		TestCa.Issued issued = this.ca.leaf("orders");
		assertUnreadable(() -> PemMaterial.certificates(issued.chainPem() + issued.keyPem(), 10, "chain"),
				"no certificate");
	}

	@Test
	void keysAreReadInEveryForm() throws IOException, IdentityRejectedException {
		for (KeyPair keys : List.of(TestCa.ecKeys(), TestCa.rsaKeys(2048))) {
			String traditional = TestCa.pem(List.of(keys.getPrivate()));
			String pkcs8 = TestCa.pem(List.of(new JcaPKCS8Generator(keys.getPrivate(), null)));
			assertThat(traditional).contains("BEGIN " + keys.getPrivate().getAlgorithm() + " PRIVATE KEY");
			assertThat(pkcs8).contains("BEGIN PRIVATE KEY");
			assertThat(PemMaterial.key(traditional)).satisfies(belongingTo(keys));
			assertThat(PemMaterial.key(pkcs8)).satisfies(belongingTo(keys));
		}
	}

	@Test
	void aKeyWithItsCurveInFrontIsRead() throws IdentityRejectedException {
		KeyPair keys = TestCa.ecKeys();
		String pem = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
				+ TestCa.pem(List.of(keys.getPrivate()));
		assertThat(PemMaterial.key(pem)).satisfies(belongingTo(keys));
	}

	@Test
	void aKeyOfConsulIsRead() throws IdentityRejectedException {
		// From Consul 1.13.9, of a CA that is long gone.
		String pem = """
				-----BEGIN EC PRIVATE KEY-----
				MHcCAQEEIHXmVI2XaAnEzmKwsiXOHGmh0CBhI4G5PqkXxgT65BzaoAoGCCqGSM49
				AwEHoUQDQgAEdJaYqXyPIlwMxmRqIj5JxoiYCgmZTz774nGRRY+ytUcEF51b0OX5
				M64duRFjoXXGiBe/O65aS6nBBEJHN634Ag==
				-----END EC PRIVATE KEY-----
				""";
		assertThat(PemMaterial.key(pem).getAlgorithm()).isEqualTo("EC");
	}

	@Test
	void encryptedAndPublicKeysAreRefused() throws Exception {
		KeyPair keys = TestCa.ecKeys();
		OutputEncryptor encryptor = new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
			.setProvider(new BouncyCastleProvider())
			.setPassword("secret".toCharArray())
			.build();
		assertUnreadable(() -> PemMaterial.key(pem(new JcaPKCS8Generator(keys.getPrivate(), encryptor))), "encrypted");
		assertUnreadable(() -> PemMaterial.key(TestCa.pem(List.of(keys.getPublic()))), "private key");
	}

	private static Consumer<PrivateKey> belongingTo(KeyPair keys) {
		return (key) -> {
			if (keys.getPrivate() instanceof ECPrivateKey ec) {
				assertThat(((ECPrivateKey) key).getS()).isEqualTo(ec.getS());
			}
			else {
				assertThat(key).isEqualTo(keys.getPrivate());
			}
		};
	}

	private static String pem(@Nullable Object object) throws IOException {
		StringWriter text = new StringWriter();
		try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
			writer.writeObject(object);
		}
		return text.toString();
	}

	private static void assertUnreadable(ThrowingCallable reading, String detail) {
		assertThatExceptionOfType(IdentityRejectedException.class).isThrownBy(reading).satisfies((ex) -> {
			assertThat(ex.rejection().reason()).isEqualTo(RejectionReason.UNREADABLE);
			assertThat(ex.rejection().detail()).contains(detail).doesNotContain("BEGIN");
		});
	}

}
