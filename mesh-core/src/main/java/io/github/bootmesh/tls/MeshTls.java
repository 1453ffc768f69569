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

import java.time.Clock;
import java.util.List;
import java.util.Map;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.AttributeKey;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.identity.MeshIdentity;

/**
 * Mutual TLS of this service. Contexts given out are stable: behind them stands a new
 * context for each TLS epoch, and connections keep the one that they were made with.
 * Thread-safe.
 */
public final class MeshTls implements AutoCloseable {

	/**
	 * The verified peer of a channel, set once its handshake was judged.
	 */
	public static final AttributeKey<MeshPeer> PEER = AttributeKey.valueOf(MeshTls.class, "PEER");

	public MeshTls(MeshIdentity identity, TlsSettings settings, PeerAdmission admission, Clock clock) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * The context for accepted connections.
	 * @param alpn the protocols offered, in order; empty for none
	 */
	public SslContext serverContext(List<String> alpn) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * The context for dialled connections. It sends the expectation's SNI and verifies
	 * the peer against it; one context per expectation and ALPN list is kept.
	 */
	public SslContext clientContext(PeerExpectation expectation, List<String> alpn) {
		throw new UnsupportedOperationException("not built yet");
	}

	// JSSE view of {@link #clientContext}, for engines that are not Netty's.
	public javax.net.ssl.SSLContext clientSslContext(PeerExpectation expectation) {
		throw new UnsupportedOperationException("not built yet");
	}

	// JSSE view of {@link #serverContext}.
	public javax.net.ssl.SSLContext serverSslContext() {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Puts an accepted channel under the limits of connections and handshakes and the
	 * judgement after the handshake. Call when the channel's pipeline is made and its
	 * {@code SslHandler} is in place.
	 */
	public void guardInbound(Channel channel) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Judges a dialled channel after its handshake, and again when roots or dates end.
	 */
	public void guardOutbound(Channel channel, PeerExpectation expectation) {
		throw new UnsupportedOperationException("not built yet");
	}

	// Open connections, in and out.
	public OpenConnections connections() {
		throw new UnsupportedOperationException("not built yet");
	}

	// Refused handshakes and peers by reason, since the start.
	public Map<String, Long> refusals() {
		throw new UnsupportedOperationException("not built yet");
	}

	// "BoringSSL" or "JDK", as chosen at construction.
	public String provider() {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
	}

}
