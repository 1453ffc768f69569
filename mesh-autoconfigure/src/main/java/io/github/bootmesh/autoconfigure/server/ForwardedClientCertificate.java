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

package io.github.bootmesh.autoconfigure.server;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.server.InboundProperties.ForwardedClientCert;

/**
 * The header {@code X-Forwarded-Client-Cert} as the application gets to see it. A peer
 * can write into it what it likes, so only what was verified is said of it. Thread-safe.
 *
 * @see <a href=
 * "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert">Envoy's
 * format</a>
 */
@Internal
public final class ForwardedClientCertificate {

	/**
	 * The header's name.
	 */
	public static final String HEADER = "X-Forwarded-Client-Cert";

	private final ForwardedClientCert mode;

	private final Set<String> gateways;

	private final Supplier<@Nullable SpiffeId> self;

	// A peer's certificate stays as long as its connection or its verified chain.
	private final Cache<X509Certificate, String> hashes = Caffeine.newBuilder()
		.weakKeys()
		.executor(Runnable::run)
		.build();

	/**
	 * Creates it.
	 * @param mode what is kept and what is set
	 * @param gateways whose word on others is taken
	 * @param self who this service is
	 */
	public ForwardedClientCertificate(ForwardedClientCert mode, Set<String> gateways,
			Supplier<@Nullable SpiffeId> self) {
		this.mode = mode;
		this.gateways = gateways.stream()
			.map((gateway) -> gateway.contains("/") ? SpiffeId.parse(gateway).toString() : gateway)
			.collect(Collectors.toUnmodifiableSet());
		this.self = self;
	}

	/**
	 * What the application sees in place of what was sent.
	 * @param peer the verified peer, or {@code null} for a plain caller
	 * @param sent the header's values, one for each time that it was sent
	 * @return the values, empty for no header
	 */
	public List<String> seen(@Nullable MeshPeer peer, List<String> sent) {
		if (peer == null) {
			return List.of();
		}
		return switch (this.mode) {
			case OFF -> sent;
			case SANITIZE -> List.of();
			case SANITIZE_SET -> List.of(element(peer));
			case APPEND_FORWARD -> List.of((sent.isEmpty() || !isGateway(peer)) ? element(peer)
					: String.join(",", sent) + "," + element(peer));
		};
	}

	private boolean isGateway(MeshPeer peer) {
		SpiffeId id = peer.id();
		SpiffeId own = this.self.get();
		return this.gateways.contains(id.toString()) || (own != null && this.gateways.contains(id.service()) && id
			.equals(new SpiffeId(own.trustDomain(), own.partition(), own.namespace(), own.datacenter(), id.service())));
	}

	private String element(MeshPeer peer) {
		SpiffeId own = this.self.get();
		return ((own != null) ? "By=" + quoted(own) + ";" : "") + "Hash="
				+ this.hashes.get(peer.certificate(), ForwardedClientCertificate::hash) + ";URI=" + quoted(peer.id());
	}

	private static String quoted(SpiffeId id) {
		String uri = id.toString();
		// The only one of Envoy's delimiters that stands unescaped in such a URI.
		return (uri.indexOf('=') < 0) ? uri : '"' + uri + '"';
	}

	private static String hash(X509Certificate certificate) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
		}
		catch (NoSuchAlgorithmException | CertificateEncodingException ex) {
			throw new IllegalStateException("A verified certificate has no SHA-256", ex);
		}
	}

}
