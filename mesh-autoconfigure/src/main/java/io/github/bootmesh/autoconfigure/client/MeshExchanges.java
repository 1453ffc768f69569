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

package io.github.bootmesh.autoconfigure.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.netty.channel.ChannelOperations;

import io.github.bootmesh.Destination;
import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.PossiblyRefusedException;
import io.github.bootmesh.discovery.Endpoint;
import io.github.bootmesh.discovery.Endpoints;
import io.github.bootmesh.discovery.Selection;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.tls.PeerClosedException;
import io.github.bootmesh.tls.PeerExpectation;

/**
 * Carries HTTP exchanges through the mesh: chooses an endpoint for each request, dials it
 * as the identity that it must show, and takes another one as long as nothing was sent.
 */
final class MeshExchanges {

	private static final String FORWARDED_CLIENT_CERT = "X-Forwarded-Client-Cert";

	private static final AttributeKey<Boolean> USED = AttributeKey.valueOf(MeshExchanges.class, "USED");

	// They change nothing, so that a second one does no harm (RFC 9110, section 9.2.1).
	private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

	private final MeshIdentity identity;

	private final Endpoints endpoints;

	private final MeshClientProperties properties;

	private final RefusalWindow refusalWindow;

	private final long startDeadline;

	// One for all calls: each derived from an identity that never comes would stay.
	private final Mono<IdentityGeneration> first;

	/**
	 * Creates the exchanges.
	 * @param identity who this application is
	 * @param endpoints whom it can dial
	 * @param properties the settings
	 * @param startupTimeout how long from now on a call waits for the first identity, as
	 * the start itself does
	 * @param refusalWindow what counts as a refusal
	 */
	MeshExchanges(MeshIdentity identity, Endpoints endpoints, MeshClientProperties properties, Duration startupTimeout,
			RefusalWindow refusalWindow) {
		this.identity = identity;
		this.endpoints = endpoints;
		this.properties = properties;
		this.refusalWindow = refusalWindow;
		this.startDeadline = System.nanoTime() + startupTimeout.toNanos();
		this.first = Mono.fromFuture(identity.ready().toCompletableFuture(), true).cache();
	}

	/**
	 * Carries one exchange.
	 * @param destination where to
	 * @param method the HTTP method
	 * @param uri the URL as the application knows it
	 * @param requestCallback writes the request; called when a verified connection is
	 * there
	 * @param connectors the connector for an expected identity
	 * @return the response
	 */
	Mono<ClientHttpResponse> exchange(Destination destination, HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback,
			Function<PeerExpectation, ClientHttpConnector> connectors) {
		return Mono.defer(this::identity)
			.flatMap((generation) -> new Exchange(destination, generation.spiffeId().trustDomain(), method, uri,
					requestCallback, connectors)
				.next());
	}

	private Mono<IdentityGeneration> identity() {
		try {
			return Mono.just(this.identity.current());
		}
		catch (MeshIdentityUnavailableException ex) {
			long patience = this.startDeadline - System.nanoTime();
			return (patience <= 0) ? Mono.error(ex)
					: this.first.timeout(Duration.ofNanos(patience))
						.onErrorMap(TimeoutException.class, (timeout) -> ex)
						.map((generation) -> this.identity.current());
		}
	}

	/**
	 * One request on its way: the endpoints that could not be connected so far.
	 */
	private final class Exchange {

		private final Destination destination;

		private final String trustDomain;

		private final HttpMethod method;

		private final URI uri;

		private final Function<? super ClientHttpRequest, Mono<Void>> requestCallback;

		private final Function<PeerExpectation, ClientHttpConnector> connectors;

		private final Set<Endpoint> tried = new HashSet<>();

		private @Nullable Throwable connectFailure;

		private volatile boolean started;

		private volatile boolean firstOfConnection;

		private volatile long startedNanos;

		// The request itself could not be made.
		private volatile boolean ownFault;

		private boolean refused;

		Exchange(Destination destination, String trustDomain, HttpMethod method, URI uri,
				Function<? super ClientHttpRequest, Mono<Void>> requestCallback,
				Function<PeerExpectation, ClientHttpConnector> connectors) {
			this.destination = destination;
			this.trustDomain = trustDomain;
			this.method = method;
			this.uri = uri;
			this.requestCallback = requestCallback;
			this.connectors = connectors;
		}

		Mono<ClientHttpResponse> next() {
			Mono<Selection> choice = MeshExchanges.this.endpoints.choose(this.destination, Set.copyOf(this.tried));
			Throwable failure = this.connectFailure;
			// Why the endpoints could not be connected says more than that no other is
			// left.
			return ((failure != null) ? choice.onErrorMap((ex) -> failure) : choice).flatMap(this::dial);
		}

		private Mono<ClientHttpResponse> dial(Selection selection) {
			Endpoint endpoint = selection.endpoint();
			PeerExpectation expectation = new PeerExpectation(Set.of(endpoint.identity(this.trustDomain)),
					endpoint.sni(this.trustDomain), MeshExchanges.this.properties.anyTrustDomain());
			return this.connectors.apply(expectation)
				.connect(this.method, at(endpoint.address()), (request) -> send(request, selection))
				.doOnCancel(selection::done)
				.onErrorResume((ex) -> failed(selection, ex));
		}

		private Mono<Void> send(ClientHttpRequest request, Selection selection) {
			ChannelOperations<?, ?> operations = request.getNativeRequest();
			this.firstOfConnection = operations.channel().attr(USED).getAndSet(Boolean.TRUE) == null;
			this.startedNanos = System.nanoTime();
			this.started = true;
			// Ends when the response was read or given up, whoever did it.
			operations.onTerminate().subscribe(null, (ex) -> selection.done(), selection::done);
			request.beforeCommit(() -> {
				// What this application was told of its own callers is not for others to
				// believe.
				request.getHeaders().remove(FORWARDED_CLIENT_CERT);
				if (!request.getHeaders().containsHeader(HttpHeaders.HOST)) {
					request.getHeaders().set(HttpHeaders.HOST, this.uri.getRawAuthority());
				}
				return Mono.empty();
			});
			return this.requestCallback.apply(request).doOnError((ex) -> this.ownFault = true);
		}

		private Mono<ClientHttpResponse> failed(Selection selection, Throwable ex) {
			boolean refused = this.started ? looksRefused(ex) : isCausedBy(ex, PeerClosedException.class);
			// Not so a pool that is exhausted: another endpoint would only be the next.
			if (refused || this.started || !isCausedBy(ex, IOException.class)) {
				selection.done();
				return refused ? refused(selection.endpoint(), ex) : Mono.error(ex);
			}
			selection.connectFailed();
			this.tried.add(selection.endpoint());
			this.connectFailure = ex;
			return (this.tried.size() < MeshExchanges.this.properties.tries()) ? next() : Mono.error(ex);
		}

		private boolean looksRefused(Throwable ex) {
			boolean closed = ex instanceof AbortedException || isCausedBy(ex, IOException.class);
			return closed && this.firstOfConnection && !this.ownFault
					&& System.nanoTime() - this.startedNanos < MeshExchanges.this.refusalWindow.length().toNanos();
		}

		private Mono<ClientHttpResponse> refused(Endpoint endpoint, Throwable ex) {
			PossiblyRefusedException refusal = new PossiblyRefusedException(this.destination + " at "
					+ NetUtil.toSocketAddressString(endpoint.address())
					+ " closed the connection without a byte of an answer: possibly refused by the peer's intentions",
					ex);
			if (this.refused || !SAFE.contains(this.method)) {
				return Mono.error(refusal);
			}
			this.refused = true;
			this.started = false;
			this.tried.add(endpoint);
			this.connectFailure = refusal;
			return next();
		}

		private static boolean isCausedBy(Throwable ex, Class<? extends IOException> type) {
			for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
				if (type.isInstance(cause)) {
					return true;
				}
			}
			return false;
		}

		private URI at(InetSocketAddress endpoint) {
			String query = this.uri.getRawQuery();
			return URI.create("https://" + NetUtil.toSocketAddressString(endpoint) + this.uri.getRawPath()
					+ ((query != null) ? "?" + query : ""));
		}

	}

}
