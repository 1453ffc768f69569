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
import java.io.StringReader;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.ArrayList;
import java.util.List;

import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/**
 * Reads certificates and keys from PEM. Its errors tell what is wrong and show nothing of
 * the text.
 */
final class PemMaterial {

	// Signing with a larger key would take seconds; Consul's own leaves have EC keys.
	private static final int MAX_RSA_BITS = 8192;

	private PemMaterial() {
	}

	/**
	 * The certificates of the text, in its order.
	 * @param pem the text
	 * @param most how many there may be
	 * @param what what the text is, for errors
	 * @return the certificates, at least one
	 * @throws IdentityRejectedException if there is none, there are too many or there is
	 * anything that is no certificate
	 */
	static List<X509Certificate> certificates(String pem, int most, String what) throws IdentityRejectedException {
		List<X509Certificate> certificates = new ArrayList<>();
		JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
		try (PEMParser parser = new PEMParser(new StringReader(pem))) {
			for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
				if (!(object instanceof X509CertificateHolder holder)) {
					throw unreadable(what + " holds something that is no certificate");
				}
				if (certificates.size() == most) {
					throw unreadable(what + " holds more than " + most + " certificates");
				}
				certificates.add(converter.getCertificate(holder));
			}
		}
		// The parser answers garbage with run-time exceptions of several kinds.
		catch (IOException | CertificateException | RuntimeException ex) {
			throw unreadable(what + " is not a certificate in PEM");
		}
		if (certificates.isEmpty()) {
			throw unreadable(what + " holds no certificate");
		}
		return certificates;
	}

	/**
	 * The one private key of the text, in SEC1, PKCS#1 or PKCS#8 form, not encrypted.
	 * @param pem the text
	 * @return the key
	 * @throws IdentityRejectedException if there is none, or one that cannot be read
	 */
	static PrivateKey key(String pem) throws IdentityRejectedException {
		PrivateKey key;
		try (PEMParser parser = new PEMParser(new StringReader(pem))) {
			PrivateKeyInfo info = null;
			for (Object object = parser.readObject(); object != null && info == null; object = parser.readObject()) {
				info = keyInfo(object);
			}
			if (info == null) {
				throw unreadable("the key is not a private key in PEM, or it is encrypted");
			}
			key = new JcaPEMKeyConverter().getPrivateKey(info);
		}
		catch (IOException | RuntimeException ex) {
			throw unreadable("the key is not a private key in PEM");
		}
		if (key instanceof RSAKey rsa && rsa.getModulus().bitLength() > MAX_RSA_BITS) {
			throw unreadable("the key has more than " + MAX_RSA_BITS + " bits");
		}
		return key;
	}

	// An EC key may have its curve in front, as a PEM object of its own.
	private static @Nullable PrivateKeyInfo keyInfo(Object object) {
		if (object instanceof PEMKeyPair pair) {
			return pair.getPrivateKeyInfo();
		}
		return (object instanceof PrivateKeyInfo info) ? info : null;
	}

	private static IdentityRejectedException unreadable(String detail) {
		return new IdentityRejectedException(RejectionReason.UNREADABLE, detail);
	}

}
