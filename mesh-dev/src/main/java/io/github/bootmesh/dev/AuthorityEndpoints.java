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
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Roots and configuration of the CA.
 */
final class AuthorityEndpoints {

	private static final Duration LEAST_LEAF_TTL = Duration.ofHours(1);

	private final Store store;

	private final Rotation rotation;

	private final AgentCache cache;

	AuthorityEndpoints(Store store, Rotation rotation) {
		this.store = store;
		this.rotation = rotation;
		this.cache = new AgentCache(store);
	}

	void register(Router router) {
		router.on("GET", "/v1/connect/ca/roots", this::roots)
			.on("GET", "/v1/agent/connect/ca/roots", this::agentRoots)
			.on("GET", "/v1/connect/ca/configuration", this::configuration)
			.on("PUT", "/v1/connect/ca/configuration", this::configure);
	}

	private Mono<Answer> roots(Request request) {
		return this.store.await(Blocking.of(request).spread(), AuthorityEndpoints::index)
			.map((state) -> roots(request, state));
	}

	private Mono<Answer> agentRoots(Request request) {
		return this.cache.answer("roots", request, AuthorityEndpoints::index, (state) -> roots(request, state));
	}

	private static long index(State state) {
		return state.authority().modifyIndex();
	}

	private static Answer roots(Request request, State state) {
		if (Boolean.TRUE.equals(request.flag("pem"))) {
			return pem(state.authority());
		}
		// Consul, too, does not say here that it knows its leader.
		return Answer.json(RootsView.of(state.authority())).index(index(state)).fromServer(false);
	}

	private Mono<Answer> configuration(Request request) {
		return Mono.fromSupplier(() -> Answer.json(this.store.current().authority().configuration()));
	}

	private Mono<Answer> configure(Request request) {
		AuthorityConfiguration wanted = request.body(AuthorityConfiguration.class, 400,
				"Bad request: Request decode failed: ");
		if (!"consul".equals(wanted.provider())) {
			throw RefusedException
				.failed("could not initialize provider: unknown CA provider \"" + wanted.provider() + "\"");
		}
		if (!wanted.setting("RootCert").isEmpty()) {
			throw RefusedException
				.failed("error configuring provider: a development CA makes its own root certificate");
		}
		Duration ttl = leafTtl(wanted);
		String key = wanted.setting("PrivateKey");
		this.store.update((state, index) -> {
			Authority before = state.authority();
			State next = state.with(before.configured(wanted.at(index), (ttl != null) ? ttl : before.leafTtl(), index));
			if (key.equals(before.configuration().setting("PrivateKey"))) {
				return next;
			}
			return this.rotation.rotate(next, keys(key), !wanted.forceWithoutCrossSigning(), index);
		});
		return Mono.just(Answer.empty());
	}

	private static @Nullable Duration leafTtl(AuthorityConfiguration wanted) {
		String text = wanted.setting("LeafCertTTL");
		if (text.isEmpty()) {
			return null;
		}
		Duration ttl;
		try {
			ttl = GoDuration.parse(text);
		}
		catch (IllegalArgumentException ex) {
			throw RefusedException.failed("error configuring provider: " + ex.getMessage());
		}
		if (ttl.compareTo(LEAST_LEAF_TTL) < 0) {
			throw RefusedException
				.failed("error configuring provider: leaf cert TTL must be greater or equal than 1h0m0s");
		}
		return ttl;
	}

	private static KeyPair keys(String pem) {
		try {
			return pem.isEmpty() ? Certificates.newKeys() : Certificates.readKeys(pem);
		}
		catch (IllegalArgumentException ex) {
			throw RefusedException.failed("error generating CA root certificate: error generating CA: "
					+ "error parsing private key: " + ex.getMessage());
		}
	}

	private static Answer pem(Authority authority) {
		StringBuilder pem = new StringBuilder();
		authority.roots().forEach((root) -> pem.append(Certificates.pem(root.certificate())));
		return new Answer(200, Map.of("Content-Type", "application/pem-certificate-chain"),
				pem.toString().getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * The roots as Consul shows them.
	 *
	 * @param activeRootId the root that signs
	 * @param trustDomain the trust domain
	 * @param roots all roots
	 */
	record RootsView(String activeRootId, String trustDomain, List<RootView> roots) {

		static RootsView of(Authority authority) {
			return new RootsView(authority.active().id(), authority.trustDomain(),
					authority.roots().stream().map((root) -> RootView.of(root, authority.trustDomain())).toList());
		}

	}

	/**
	 * A root as Consul shows it.
	 *
	 * @param id the fingerprint
	 * @param name the name for people
	 * @param serialNumber the serial number
	 * @param signingKeyId the key ID
	 * @param externalTrustDomain the trust domain without its end
	 * @param notBefore start of the validity
	 * @param notAfter end of the validity
	 * @param rootCert the certificate
	 * @param intermediateCerts what cross-signs it, or {@code null}
	 * @param active whether it signs
	 * @param privateKeyType the kind of its key
	 * @param privateKeyBits the size of its key
	 * @param createIndex the index that it came with
	 * @param modifyIndex the index of its last change
	 */
	record RootView(String id, String name, BigInteger serialNumber, String signingKeyId, String externalTrustDomain,
			Instant notBefore, Instant notAfter, String rootCert, @Nullable List<String> intermediateCerts,
			boolean active, String privateKeyType, int privateKeyBits, long createIndex, long modifyIndex) {

		static RootView of(Root root, String trustDomain) {
			X509Certificate certificate = root.certificate();
			List<String> intermediates = root.intermediates().stream().map(Certificates::pem).toList();
			boolean rsa = root.keys().getPublic() instanceof java.security.interfaces.RSAKey;
			int bits = (root.keys().getPublic() instanceof java.security.interfaces.RSAKey key)
					? key.getModulus().bitLength() : 256;
			return new RootView(root.id(), "Consul CA Root Cert", certificate.getSerialNumber(),
					Certificates.hex(Certificates.keyId(certificate.getPublicKey())),
					trustDomain.substring(0, trustDomain.length() - ".consul".length()),
					certificate.getNotBefore().toInstant().truncatedTo(ChronoUnit.SECONDS),
					certificate.getNotAfter().toInstant().truncatedTo(ChronoUnit.SECONDS),
					Certificates.pem(certificate), intermediates.isEmpty() ? null : intermediates, root.active(),
					rsa ? "rsa" : "ec", bits, root.createIndex(), root.modifyIndex());
		}

	}

}
