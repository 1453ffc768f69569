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

import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.util.Arrays;
import java.util.List;

/**
 * A chain as it was shown, byte for byte, and the side that showed it: the key under
 * which a verified chain is remembered.
 */
final class ShownChain {

	/**
	 * Ten is what the JDK and BoringSSL as set up by Netty verify at most.
	 */
	static final int MAX_CERTIFICATES = 10;

	/**
	 * Enough for ten certificates of 8192-bit RSA keys with long names.
	 */
	static final int MAX_BYTES = 64 * 1024;

	private final PeerUse use;

	private final byte[][] certificates;

	private final int hash;

	private final int size;

	private ShownChain(PeerUse use, byte[][] certificates, int size) {
		this.use = use;
		this.certificates = certificates;
		this.hash = 31 * Arrays.deepHashCode(certificates) + use.ordinal();
		this.size = size;
	}

	static ShownChain of(Certificate[] shown, PeerUse use) throws PeerRefusedException {
		if (shown.length == 0) {
			throw new PeerRefusedException(Refusal.NO_CERTIFICATE, "The peer showed no certificate");
		}
		if (shown.length > MAX_CERTIFICATES) {
			throw new PeerRefusedException(Refusal.CHAIN_TOO_LONG,
					"The peer showed " + shown.length + " certificates, " + MAX_CERTIFICATES + " are looked at");
		}
		byte[][] certificates = new byte[shown.length][];
		int size = 0;
		try {
			for (int i = 0; i < shown.length; i++) {
				certificates[i] = shown[i].getEncoded();
				size += certificates[i].length;
			}
		}
		catch (CertificateEncodingException ex) {
			throw new PeerRefusedException(Refusal.UNTRUSTED, "The peer showed an unreadable certificate", ex);
		}
		if (size > MAX_BYTES) {
			throw new PeerRefusedException(Refusal.CHAIN_TOO_LONG,
					"The peer showed " + size + " bytes of certificates, " + MAX_BYTES + " are looked at");
		}
		return new ShownChain(use, certificates, size);
	}

	PeerUse use() {
		return this.use;
	}

	List<byte[]> certificates() {
		return Arrays.asList(this.certificates);
	}

	int size() {
		return this.size;
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof ShownChain that && this.hash == that.hash && this.use == that.use
				&& Arrays.deepEquals(this.certificates, that.certificates);
	}

	@Override
	public int hashCode() {
		return this.hash;
	}

}
