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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSessionContext;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.OpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.MeshIdentityUnavailableException;

/**
 * A Netty context that stays the same while what stands behind it follows the identity: a
 * context for each TLS epoch, made when it is first asked for. Handshakes compute on the
 * given executor even where the caller names none, as Reactor Netty does.
 */
final class RotatingSslContext extends SslContext {

	private final Supplier<TlsEpoch> epochs;

	private final Maker maker;

	private final @Nullable String serverName;

	private final List<String> alpn;

	private final Executor executor;

	private final Duration handshakeTimeout;

	private final SessionSlots slots = new SessionSlots();

	private volatile @Nullable Made made;

	/**
	 * Makes the context.
	 * @param serverName the SNI to send, or {@code null} for a server's context
	 */
	RotatingSslContext(Supplier<TlsEpoch> epochs, Maker maker, @Nullable String serverName, List<String> alpn,
			Executor executor, Duration handshakeTimeout) {
		this.epochs = epochs;
		this.maker = maker;
		this.serverName = serverName;
		this.alpn = List.copyOf(alpn);
		this.executor = executor;
		this.handshakeTimeout = handshakeTimeout;
	}

	@Override
	public boolean isClient() {
		return this.serverName != null;
	}

	@Override
	public List<String> cipherSuites() {
		return TlsEpoch.cipherSuites();
	}

	@Override
	@SuppressWarnings("deprecation")
	public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
		return () -> this.alpn;
	}

	@Override
	public SSLSessionContext sessionContext() {
		return current().sessionContext();
	}

	@Override
	public SSLEngine newEngine(ByteBufAllocator alloc) {
		return newEngine(alloc, null, -1);
	}

	@Override
	public SSLEngine newEngine(ByteBufAllocator alloc, @Nullable String peerHost, int peerPort) {
		SSLEngine engine = current().newEngine(alloc, sessionHost(peerHost), peerPort);
		if (this.serverName != null) {
			ServerName.send(this.serverName, engine);
		}
		return engine;
	}

	@Override
	protected SslHandler newHandler(ByteBufAllocator alloc, boolean startTls) {
		return handler(alloc, null, -1);
	}

	@Override
	protected SslHandler newHandler(ByteBufAllocator alloc, boolean startTls, Executor delegatedTaskExecutor) {
		return handler(alloc, null, -1);
	}

	@Override
	protected SslHandler newHandler(ByteBufAllocator alloc, String peerHost, int peerPort, boolean startTls) {
		return handler(alloc, peerHost, peerPort);
	}

	@Override
	protected SslHandler newHandler(ByteBufAllocator alloc, String peerHost, int peerPort, boolean startTls,
			Executor delegatedTaskExecutor) {
		return handler(alloc, peerHost, peerPort);
	}

	private SslHandler handler(ByteBufAllocator alloc, @Nullable String peerHost, int peerPort) {
		SslHandler handler;
		try {
			SslContext context = current();
			handler = (context instanceof OpenSslContext)
					? context.newHandler(alloc, sessionHost(peerHost), peerPort, this.executor)
					: jdkHandler(context, alloc, sessionHost(peerHost), peerPort);
		}
		catch (MeshIdentityUnavailableException ex) {
			return UnavailableSslHandler.create(ex, isClient());
		}
		if (this.serverName != null) {
			ServerName.send(this.serverName, handler.engine());
		}
		handler.setHandshakeTimeoutMillis(this.handshakeTimeout.toMillis());
		return handler;
	}

	private SslHandler jdkHandler(SslContext context, ByteBufAllocator alloc, @Nullable String sessionHost,
			int peerPort) {
		if (sessionHost == null) {
			return new OneHandshakeSslHandler(context.newEngine(alloc), this.executor);
		}
		int slot = this.slots.take();
		SslHandler handler = new OneHandshakeSslHandler(context.newEngine(alloc, sessionHost + slot, peerPort),
				this.executor);
		this.slots.giveBack(slot, handler);
		return handler;
	}

	/**
	 * The host that a client's sessions are found by again, next to the port. The dot at
	 * its end keeps BoringSSL from sending it as the server name.
	 */
	private @Nullable String sessionHost(@Nullable String peerHost) {
		if (this.serverName == null) {
			return null;
		}
		return ((peerHost != null) ? peerHost : this.serverName) + ".";
	}

	private SslContext current() {
		TlsEpoch epoch = this.epochs.get();
		Made current = this.made;
		return (current != null && current.epoch() == epoch) ? current.context() : make(epoch);
	}

	private synchronized SslContext make(TlsEpoch epoch) {
		Made current = this.made;
		if (current != null && current.epoch() == epoch) {
			return current.context();
		}
		try {
			SslContext context = this.maker.make(epoch);
			this.made = new Made(epoch, context);
			return context;
		}
		catch (SSLException ex) {
			throw new MeshIdentityUnavailableException("TLS cannot work with the identity of this service", ex);
		}
	}

	/**
	 * Makes the context of an epoch.
	 */
	@FunctionalInterface
	interface Maker {

		SslContext make(TlsEpoch epoch) throws SSLException;

	}

	private record Made(TlsEpoch epoch, SslContext context) {

	}

}
