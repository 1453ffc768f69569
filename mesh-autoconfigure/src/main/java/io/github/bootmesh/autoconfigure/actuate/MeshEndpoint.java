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

package io.github.bootmesh.autoconfigure.actuate;

import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

import io.github.bootmesh.autoconfigure.actuate.IntentionsDescriptor.DefaultPolicyDescriptor;
import io.github.bootmesh.autoconfigure.external.ExternalProxyStatus;
import io.github.bootmesh.autoconfigure.server.InboundProperties.MutualTlsMode;
import io.github.bootmesh.autoconfigure.server.PlaintextCallers;
import io.github.bootmesh.autoconfigure.server.PlaintextCallers.PlaintextCaller;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.discovery.DestinationStatus;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.IdentityStatus;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.AuthorizerStatus;
import io.github.bootmesh.intention.IntentionSet;
import io.github.bootmesh.registration.RegistrationStatus;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.tls.MeshTls;

/**
 * {@code /actuator/mesh}: what this member of the mesh knows, and below it
 * {@code upstreams}, {@code intentions} and {@code explain}. Shows no key and no token.
 * What it can change, where that is permitted at all, makes this member stricter.
 */
@Endpoint(id = "mesh", defaultAccess = Access.READ_ONLY)
final class MeshEndpoint {

	private final MeshState state;

	MeshEndpoint(MeshState state) {
		this.state = state;
	}

	/**
	 * Everything known now.
	 * @return the state of the mesh
	 */
	@ReadOperation
	MeshDescriptor mesh() {
		IdentityStatus identity = this.state.identity();
		IdentityGeneration generation = identity.generation();
		return new MeshDescriptor(IdentityDescriptor.of(identity),
				(generation != null) ? generation.roots().stream().map(CertificateDescriptor::of).toList() : List.of(),
				intentions(), TlsDescriptor.of(this.state.tls()), PlaintextDescriptor.of(this.state.plaintext()),
				ListenerDescriptor.of(this.state.publicListener()), this.state.proxy(),
				this.state.listeners().stream().map(ServiceDescriptor::of).toList(),
				this.state.destinations().stream().map(DestinationDescriptor::of).toList(),
				UpstreamsDescriptor.of(this.state.upstreams()).upstreams(), this.state.watches(),
				this.state.registration());
	}

	/**
	 * Ends permissive mode and closes the connections that do without TLS. It cannot be
	 * begun so.
	 * @param mutualTlsMode {@code strict}
	 */
	@WriteOperation
	void mutualTlsMode(MutualTlsMode mutualTlsMode) {
		PlaintextCallers plaintext = this.state.plaintext();
		if (plaintext == null || mutualTlsMode != MutualTlsMode.STRICT) {
			throw new InvalidEndpointRequestException("Mutual TLS can only be made strict, where a server speaks it",
					"mutualTlsMode");
		}
		plaintext.end();
	}

	private @Nullable IntentionsSummary intentions() {
		Authorizer authorizer = this.state.authorizer();
		return (authorizer != null) ? IntentionsSummary.of(authorizer.status()) : null;
	}

	/**
	 * One of the views below.
	 * @param view {@code upstreams} for the local listeners, {@code intentions} for the
	 * current set, or {@code explain} for the decision on a request, or on a connection
	 * where requests are not looked into; the rest is about that
	 * @param source who would send it: a service of our trust domain, default partition
	 * and default namespace, or a SPIFFE ID
	 * @param method the method
	 * @param path the path as it would be on the wire, perhaps with a query
	 * @param header a header as {@code Name: value}, or several. Not of a type that a
	 * value would be split at commas for
	 * @param listener the further service whose intentions are meant, by the name that
	 * its listener was declared with; without it, the application's own
	 * @return the view, or {@code null} for an unknown one or where no calls are taken
	 */
	@ReadOperation
	@Nullable OperationResponseBody view(@Selector String view, @Nullable String source, @Nullable String method,
			@Nullable String path, @Nullable Object header, @Nullable String listener) {
		if (view.equals("upstreams")) {
			return UpstreamsDescriptor.of(this.state.upstreams());
		}
		Authorizer authorizer = (listener != null) ? this.state.authorizer(listener) : this.state.authorizer();
		if (authorizer == null) {
			return null;
		}
		return switch (view) {
			case "intentions" -> IntentionsDescriptor.of(authorizer.status());
			case "explain" -> (listener == null && this.state.decidesOnRequests())
					? Question.of(source, method, path, header).ask(authorizer)
					: Question.ofConnection(source).askOpaque(authorizer);
			default -> null;
		};
	}

	/**
	 * The state of the mesh.
	 *
	 * @param identity the identity of this service
	 * @param roots the CA certificates that are trusted
	 * @param intentions the intentions, or {@code null} where no calls are taken
	 * @param tls the connections
	 * @param plaintext who does without TLS
	 * @param publicListener who takes connections for a local port, or {@code null}
	 * @param proxy the proxy that does the mesh's part, or {@code null}
	 * @param listeners the further services of this process
	 * @param destinations what was called and is kept up to date
	 * @param upstreams the local listeners
	 * @param watches the watches on Consul
	 * @param registration the registration, or {@code null} when there is nothing to
	 * register
	 */
	record MeshDescriptor(IdentityDescriptor identity, List<CertificateDescriptor> roots,
			@Nullable IntentionsSummary intentions, TlsDescriptor tls, @Nullable PlaintextDescriptor plaintext,
			@Nullable ListenerDescriptor publicListener, @Nullable ExternalProxyStatus proxy,
			List<ServiceDescriptor> listeners, List<DestinationDescriptor> destinations,
			List<UpstreamsDescriptor.UpstreamDescriptor> upstreams, List<WatchStatus> watches,
			@Nullable RegistrationStatus registration) implements OperationResponseBody {

	}

	/**
	 * The identity of this service.
	 *
	 * @param usable whether connections can be made with it
	 * @param spiffeId the SPIFFE ID
	 * @param generation the number of the generation
	 * @param notBefore start of the leaf's validity
	 * @param notAfter end of the leaf's validity
	 * @param chain the certificates shown to peers
	 * @param problem what is wrong with it
	 * @param since since when
	 * @param rejections count of rejected identities by reason
	 */
	record IdentityDescriptor(boolean usable, @Nullable String spiffeId, @Nullable Long generation,
			@Nullable Instant notBefore, @Nullable Instant notAfter, List<CertificateDescriptor> chain,
			@Nullable String problem, @Nullable Instant since, Map<String, Long> rejections) {

		static IdentityDescriptor of(IdentityStatus status) {
			IdentityGeneration generation = status.generation();
			if (generation == null) {
				return new IdentityDescriptor(status.usable(), null, null, null, null, List.of(), status.problem(),
						status.since(), status.rejections());
			}
			return new IdentityDescriptor(status.usable(), generation.spiffeId().toString(), generation.number(),
					generation.notBefore(), generation.notAfter(),
					generation.chain().stream().map(CertificateDescriptor::of).toList(), status.problem(),
					status.since(), status.rejections());
		}

	}

	/**
	 * The intentions in short.
	 *
	 * @param usable whether they decide; else everything is denied
	 * @param rules how many there are
	 * @param defaultPolicy what holds where none matches
	 * @param problem what is wrong
	 */
	record IntentionsSummary(boolean usable, int rules, @Nullable DefaultPolicyDescriptor defaultPolicy,
			@Nullable String problem) {

		static IntentionsSummary of(AuthorizerStatus status) {
			IntentionSet set = status.set();
			return new IntentionsSummary(status.usable(), (set != null) ? set.intentions().size() : 0,
					(set != null) ? DefaultPolicyDescriptor.of(set.defaultPolicy()) : null, status.problem());
		}

	}

	/**
	 * A certificate.
	 *
	 * @param subject the subject
	 * @param notAfter end of its validity
	 * @param fingerprint its SHA-256 fingerprint
	 */
	record CertificateDescriptor(String subject, Instant notAfter, String fingerprint) {

		static CertificateDescriptor of(X509Certificate certificate) {
			return new CertificateDescriptor(certificate.getSubjectX500Principal().getName(),
					certificate.getNotAfter().toInstant(), fingerprint(certificate));
		}

		private static String fingerprint(X509Certificate certificate) {
			try {
				return HexFormat.ofDelimiter(":")
					.formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
			}
			catch (GeneralSecurityException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * The connections.
	 *
	 * @param provider the TLS implementation
	 * @param inbound accepted connections now open
	 * @param outbound dialled connections now open
	 * @param revoked accepted ones that were closed because their peer may not call any
	 * more
	 * @param refusals refused handshakes and peers by reason
	 */
	record TlsDescriptor(String provider, int inbound, int outbound, long revoked, Map<String, Long> refusals) {

		static TlsDescriptor of(MeshTls tls) {
			return new TlsDescriptor(tls.provider(), tls.connections().inbound(), tls.connections().outbound(),
					tls.connections().revoked(), tls.refusals());
		}

	}

	/**
	 * Those who do without TLS.
	 *
	 * @param mutualTlsMode whether some may
	 * @param callers who did, in permissive mode
	 */
	record PlaintextDescriptor(MutualTlsMode mutualTlsMode, List<PlaintextCaller> callers) {

		static @Nullable PlaintextDescriptor of(@Nullable PlaintextCallers plaintext) {
			return (plaintext != null) ? new PlaintextDescriptor(plaintext.mode(), plaintext.callers()) : null;
		}

	}

	/**
	 * A listener.
	 *
	 * @param address where it listens, or {@code null} before it does
	 * @param connections accepted connections now open
	 * @param received bytes that came from the mesh
	 * @param sent bytes that went there
	 * @param failures connections that were reset by reason
	 * @param problem why the last one was, or {@code null} if it was not
	 */
	record ListenerDescriptor(@Nullable String address, int connections, long received, long sent,
			Map<String, Long> failures, @Nullable String problem) {

		static @Nullable ListenerDescriptor of(@Nullable ListenerStatus status) {
			return (status != null) ? new ListenerDescriptor(address(status), status.connections(), status.received(),
					status.sent(), status.failures(), status.problem()) : null;
		}

		static @Nullable String address(ListenerStatus status) {
			return (status.address() instanceof InetSocketAddress address)
					? address.getAddress().getHostAddress() + ":" + address.getPort() : null;
		}

	}

	/**
	 * A destination.
	 *
	 * @param destination what is dialled
	 * @param endpoints its healthy endpoints
	 * @param problem what is wrong with it
	 */
	record DestinationDescriptor(String destination, List<EndpointDescriptor> endpoints, @Nullable String problem) {

		static DestinationDescriptor of(DestinationStatus status) {
			return new DestinationDescriptor(status.destination().toString(),
					status.endpoints()
						.stream()
						.map((endpoint) -> new EndpointDescriptor(endpoint.instance(), text(endpoint.address()),
								endpoint.service(), endpoint.datacenter(), endpoint.weight()))
						.toList(),
					status.problem());
		}

		private static String text(InetSocketAddress address) {
			return address.getHostString() + ":" + address.getPort();
		}

	}

	/**
	 * An endpoint.
	 *
	 * @param instance ID of the instance
	 * @param address where it is dialled
	 * @param service the service whose identity it shows
	 * @param datacenter the datacenter that it runs in
	 * @param weight its weight
	 */
	record EndpointDescriptor(String instance, String address, String service, String datacenter, int weight) {

	}

}
