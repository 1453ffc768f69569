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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;

/**
 * Which key has signed a certificate, as Consul names it: {@code SigningKeyID} of a root.
 */
public final class SigningKey {

	private SigningKey() {
	}

	/** The key that has signed a certificate. */
	public static String of(X509Certificate certificate) {
		byte[] extension = certificate.getExtensionValue(Extension.authorityKeyIdentifier.getId());
		byte[] identifier = AuthorityKeyIdentifier.getInstance(ASN1OctetString.getInstance(extension).getOctets())
			.getKeyIdentifierOctets();
		return HexFormat.ofDelimiter(":").formatHex(identifier);
	}

	/** The key that has signed the first certificate of a PEM. */
	public static String of(String pem) {
		try {
			return of((X509Certificate) CertificateFactory.getInstance("X.509")
				.generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
		}
		catch (CertificateException ex) {
			throw new IllegalArgumentException(ex);
		}
	}

	/** The key that has signed what a TLS server on loopback shows in a new handshake. */
	public static String shownAt(int port) {
		Witness witness = new Witness();
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(null, new TrustManager[] { witness }, null);
			try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
				.createSocket(InetAddress.getLoopbackAddress(), port)) {
				socket.setSoTimeout(10_000);
				socket.startHandshake();
			}
		}
		catch (IOException ex) {
			// Without a certificate of its own a client sees no more than the server's.
			if (witness.seen.get() == null) {
				throw new IllegalStateException("Nothing was shown at port " + port, ex);
			}
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
		return of(Objects.requireNonNull(witness.seen.get()));
	}

	/**
	 * Believes everybody and remembers whom.
	 */
	private static final class Witness implements X509TrustManager {

		private final AtomicReference<X509Certificate> seen = new AtomicReference<>();

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType) {
			this.seen.set(chain[0]);
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType) {
			throw new UnsupportedOperationException();
		}

		@Override
		public X509Certificate[] getAcceptedIssuers() {
			return new X509Certificate[0];
		}

	}

}
