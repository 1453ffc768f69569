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

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import io.github.bootmesh.identity.IdentityGeneration;

/**
 * All that TLS needs of one identity generation: the key material to show, the roots and
 * the memory to verify with. Immutable; a new generation makes a new epoch, and
 * connections keep the contexts of the one that they were made in.
 */
final class TlsEpoch {

	/**
	 * How long a session may be resumed, at most; an hour is common, and what a session
	 * says is checked again after each resumption anyway.
	 */
	private static final Duration SESSION_TIMEOUT = Duration.ofHours(1);

	private final IdentityGeneration generation;

	private final GenerationKeyManager keyManager;

	private final PeerVerifier verifier;

	private final Clock clock;

	TlsEpoch(IdentityGeneration generation, Clock clock) {
		this.generation = generation;
		this.keyManager = new GenerationKeyManager(generation);
		this.verifier = new PeerVerifier(generation.roots(), clock);
		this.clock = clock;
	}

	GenerationKeyManager keyManager() {
		return this.keyManager;
	}

	PeerVerifier verifier() {
		return this.verifier;
	}

	boolean trusts(X509Certificate anchor) {
		return this.verifier.trusts(anchor);
	}

	/**
	 * The rule for peers that dial us.
	 */
	PeerRule clients() {
		return PeerRule.sameTrustDomain(this.generation.spiffeId().trustDomain());
	}

	MeshTrustManager trustManager(PeerRule rule) {
		return new MeshTrustManager(this.verifier, rule);
	}

	/**
	 * Seconds that sessions made now may live: never beyond the leaf that they show.
	 */
	int sessionSeconds() {
		Instant now = this.clock.instant();
		Duration left = Duration.between(now, this.generation.notAfter());
		return (int) Math.max(1, Math.min(SESSION_TIMEOUT.toSeconds(), left.toSeconds()));
	}

	/**
	 * TLS 1.3 and 1.2, and of 1.2 the suites with forward secrecy and authenticated
	 * encryption (RFC 9325, section 4.2), which Go's and Envoy's defaults share.
	 */
	static List<String> protocols() {
		return List.of("TLSv1.3", "TLSv1.2");
	}

	static List<String> cipherSuites() {
		return List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
				"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
				"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
				"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
	}

	@Override
	public String toString() {
		return "TLS epoch of " + this.generation;
	}

}
