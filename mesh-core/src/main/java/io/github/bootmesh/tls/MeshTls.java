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

import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import javax.net.ssl.SSLContext;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;

/**
 * Mutual TLS of this service. Contexts given out are stable: behind them stands a new
 * context for each TLS epoch, and connections keep the one that they were made with.
 * <p>
 * A context alone verifies what is shown in full handshakes. The decision on a connection
 * is made after its handshake, by the guards: every channel that uses a context of Netty
 * must be guarded. Thread-safe.
 */
@Internal
public final class MeshTls implements AutoCloseable {

	/**
	 * The verified peer of a channel, set once it was decided on. For HTTP/2 it is on the
	 * parent channel.
	 */
	public static final AttributeKey<MeshPeer> PEER = AttributeKey.valueOf(MeshTls.class, "PEER");

	/**
	 * Set on an accepted channel that does without TLS and has no peer.
	 */
	public static final AttributeKey<Boolean> PLAINTEXT = AttributeKey.valueOf(MeshTls.class, "PLAINTEXT");

	private static final Logger logger = LoggerFactory.getLogger(MeshTls.class);

	private static final String GATE = "bootmesh.clientHelloGate";

	private static final String SNIFF = "bootmesh.plaintextSniff";

	private static final String GUARD = "bootmesh.peerGuard";

	private final MeshIdentity identity;

	private final TlsSettings settings;

	private final PeerAdmission admission;

	private final Clock clock;

	private final NettyContexts contexts;

	// Netty's BoringSSL engine answers a close_notify with its own and takes nothing more
	// to send (ReferenceCountedOpenSslEngine.closeAll).
	private final NettyContexts streamContexts = new NettyContexts(SslProvider.JDK);

	private final Refusals refusals;

	private final OpenConnections connections;

	private final HandshakeSlots slots;

	private final ThreadPoolExecutor executor;

	private final PeerJudge clientJudge;

	// As long as somebody dials with them.
	private final Cache<Dialling, SslContext> clients = Caffeine.newBuilder()
		.weakValues()
		.executor(Runnable::run)
		.build();

	private final Disposable subscription;

	private volatile @Nullable TlsEpoch epoch;

	/**
	 * Makes TLS that follows the identity from now on, with BoringSSL where its native
	 * library is there, else with the JDK's TLS.
	 * @param identity who this service is
	 * @param settings the limits
	 * @param admission decides on verified peers that dial this service
	 * @param clock the time to check dates by
	 */
	public MeshTls(MeshIdentity identity, TlsSettings settings, PeerAdmission admission, Clock clock) {
		this(identity, settings, admission, clock, NettyContexts.bestProvider());
	}

	MeshTls(MeshIdentity identity, TlsSettings settings, PeerAdmission admission, Clock clock, SslProvider provider) {
		this.identity = identity;
		this.settings = settings;
		this.admission = admission;
		this.clock = clock;
		this.contexts = new NettyContexts(provider);
		this.refusals = new Refusals(identity.service());
		this.connections = new OpenConnections(identity.service(), settings, clock);
		this.slots = new HandshakeSlots(settings.maxHandshakes());
		this.executor = executor();
		this.clientJudge = new PeerJudge(this::epoch, PeerUse.CLIENT, TlsEpoch::clients, admission);
		logger.info("Mesh TLS is done by {}", (provider != SslProvider.JDK) ? "BoringSSL"
				: "the JDK (io.netty:netty-tcnative-boringssl-static would do it with less CPU)");
		this.subscription = identity.onGeneration(this::generation);
	}

	private static ThreadPoolExecutor executor() {
		int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
		ThreadPoolExecutor executor = new ThreadPoolExecutor(threads, threads, 30, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), new DefaultThreadFactory("bootmesh-tls", true));
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

	private void generation(IdentityGeneration generation) {
		TlsEpoch next = new TlsEpoch(generation, this.clock);
		this.epoch = next;
		this.connections.trustChanged(next);
	}

	private TlsEpoch epoch() {
		this.identity.current();
		TlsEpoch current = this.epoch;
		if (current == null) {
			throw new MeshIdentityUnavailableException("The identity of this service is not yet in use");
		}
		return current;
	}

	/**
	 * The context for accepted connections. Its channels must be
	 * {@linkplain #guardInbound(Channel) guarded}.
	 * @param alpn the protocols offered, in order; empty for none
	 * @return the context; without an identity its handshakes fail
	 */
	public SslContext serverContext(List<String> alpn) {
		return new RotatingSslContext(this::epoch, (current) -> this.contexts.server(current, alpn), null, alpn,
				this.executor, this.settings.handshakeTimeout());
	}

	/**
	 * The context for dialled connections. It sends the expectation's SNI and verifies
	 * the peer against it. Sessions are shared by those who dial with equal arguments.
	 * Its channels must be {@linkplain #guardOutbound guarded}.
	 * @param expectation who may answer
	 * @param alpn the protocols offered, in order; empty for none
	 * @return the context; without an identity its handshakes fail with a
	 * {@link MeshIdentityUnavailableException}
	 */
	public SslContext clientContext(PeerExpectation expectation, List<String> alpn) {
		return this.clients.get(new Dialling(expectation, List.copyOf(alpn)),
				(dialling) -> new RotatingSslContext(this::epoch,
						(current) -> this.contexts.client(current, expectation, alpn), expectation.sni(), alpn,
						this.executor, this.settings.handshakeTimeout()));
	}

	/**
	 * The context for accepted connections that carry a stream of bytes, either direction
	 * of which may end before the other. Always of the JDK's TLS, and without ALPN. Its
	 * channels must be {@linkplain #guardInbound(Channel) guarded}.
	 * @return the context; without an identity its handshakes fail
	 */
	public SslContext streamServerContext() {
		return new RotatingSslContext(this::epoch, (current) -> this.streamContexts.server(current, List.of()), null,
				List.of(), this.executor, this.settings.handshakeTimeout());
	}

	/**
	 * The context for dialled connections that carry a stream of bytes, as
	 * {@link #streamServerContext()} is for accepted ones. Its channels must be
	 * {@linkplain #guardOutbound guarded}.
	 * @param expectation who may answer
	 * @return the context; without an identity its handshakes fail with a
	 * {@link MeshIdentityUnavailableException}
	 */
	public SslContext streamClientContext(PeerExpectation expectation) {
		return new RotatingSslContext(this::epoch,
				(current) -> this.streamContexts.client(current, expectation, List.of()), expectation.sni(), List.of(),
				this.executor, this.settings.handshakeTimeout());
	}

	/**
	 * The JSSE view of {@link #clientContext}, for engines and sockets that are not
	 * Netty's. As no guard stands behind their handshakes, sessions are not kept for
	 * longer than a second.
	 * @param expectation who may answer
	 * @return the context; without an identity it makes no engine or socket but throws a
	 * {@link MeshIdentityUnavailableException}
	 */
	public SSLContext clientSslContext(PeerExpectation expectation) {
		return JsseContexts.client(this::epoch, expectation);
	}

	/**
	 * The JSSE view of {@link #serverContext}. As no guard stands behind its handshakes,
	 * sessions are not kept for longer than a second, and {@link PeerAdmission} is for
	 * the caller to ask.
	 * @return the context; without an identity it makes no engine or socket but throws a
	 * {@link MeshIdentityUnavailableException}
	 */
	public SSLContext serverSslContext() {
		return JsseContexts.server(this::epoch);
	}

	/**
	 * Puts an accepted channel under the limits of connections and handshakes and under
	 * the decision after the handshake. Until that is made, handlers behind the
	 * {@link SslHandler} learn of no handshake. Call once, when the channel's pipeline is
	 * made and its {@link SslHandler} is in place.
	 * @param channel the channel
	 * @throws IllegalStateException if the channel has no TLS
	 */
	public void guardInbound(Channel channel) {
		guardInbound(channel, null);
	}

	/**
	 * Guards an accepted channel as {@link #guardInbound(Channel)} does, but lets some do
	 * without TLS: their channels have {@link #PLAINTEXT} and no peer.
	 * @param channel the channel
	 * @param plaintext who may do without TLS, asked once a connection's first byte is
	 * not of a handshake; {@code null} if nobody may
	 * @throws IllegalStateException if the channel has no TLS
	 */
	public void guardInbound(Channel channel, @Nullable Predicate<SocketAddress> plaintext) {
		ChannelHandlerContext ssl = sslHandler(channel);
		if (ssl.handler() instanceof UnavailableSslHandler unavailable) {
			refuse(ssl, Refusal.NO_IDENTITY, unavailable.cause().getMessage());
			return;
		}
		MeshConnection connection = this.connections.enterInbound(channel);
		if (connection == null) {
			refuse(ssl, Refusal.TOO_MANY_CONNECTIONS, this.settings.maxConnections() + " are open");
			return;
		}
		ClientHelloGate gate = new ClientHelloGate(this.slots);
		ChannelPipeline pipeline = channel.pipeline();
		PeerGuard guard = new PeerGuard(connection, this.clientJudge, this.refusals, this.executor,
				this.settings.handshakeTimeout(), gate);
		pipeline.addBefore(ssl.name(), GATE, gate);
		pipeline.addAfter(ssl.name(), GUARD, guard);
		if (plaintext != null) {
			pipeline.addBefore(GATE, SNIFF, new PlaintextSniff(connection, guard, gate, plaintext));
		}
	}

	/**
	 * Puts a dialled channel under the decision after the handshake. Until that is made,
	 * nothing is written; a refused peer is told to the handlers behind the
	 * {@link SslHandler} as a failed handshake with a {@link PeerRefusedException} as the
	 * cause. Call once, when the channel's pipeline is made and its {@link SslHandler} is
	 * in place.
	 * @param channel the channel, not yet connected
	 * @param expectation who may answer
	 * @throws IllegalStateException if the channel has no TLS
	 */
	public void guardOutbound(Channel channel, PeerExpectation expectation) {
		ChannelHandlerContext ssl = sslHandler(channel);
		PeerJudge judge = new PeerJudge(this::epoch, PeerUse.SERVER, (current) -> expectation::check,
				PeerAdmission.EVERY_VERIFIED_PEER);
		channel.pipeline()
			.addAfter(ssl.name(), GUARD, new PeerGuard(this.connections.enterOutbound(channel), judge, this.refusals,
					this.executor, this.settings.handshakeTimeout(), null));
	}

	/**
	 * Who dialled this service, where no guard stands behind the handshake: verifies what
	 * was shown in it by what is known now. {@link PeerAdmission} is for the caller to
	 * ask. Costs signature checks when the chain is not remembered.
	 * @param shown the peer's certificates, its own first
	 * @return the peer
	 * @throws PeerRefusedException if it is no peer of the mesh, or is no more
	 */
	public MeshPeer client(X509Certificate... shown) throws PeerRefusedException {
		return this.clientJudge.identify(shown);
	}

	private static ChannelHandlerContext sslHandler(Channel channel) {
		ChannelHandlerContext ssl = channel.pipeline().context(SslHandler.class);
		if (ssl == null) {
			throw new IllegalStateException("The channel has no SslHandler to guard");
		}
		return ssl;
	}

	private void refuse(ChannelHandlerContext ssl, Refusal reason, @Nullable String text) {
		Channel channel = ssl.channel();
		this.refusals.count(reason, channel.remoteAddress(), text);
		channel.pipeline().addAfter(ssl.name(), GUARD, RefusedConnection.INSTANCE);
		// A reset, so that nothing of it is left here. Past the SslHandler, which would
		// say goodbye first.
		channel.config().setOption(ChannelOption.SO_LINGER, 0);
		ssl.close();
	}

	/**
	 * Decides again on the open accepted connections. To be called after each change of
	 * what the admission decides by, as soon as it decides by it.
	 */
	public void admissionChanged() {
		this.connections.admissionChanged(this.admission);
	}

	/**
	 * Whose TLS it is.
	 * @return the service's name in Consul
	 */
	public String service() {
		return this.identity.service();
	}

	/**
	 * The open connections, accepted and dialled.
	 * @return the connections
	 */
	public OpenConnections connections() {
		return this.connections;
	}

	/**
	 * Refused connections by reason, since the start.
	 * @return counts by {@link Refusal#key()}; reasons that did not occur are left out
	 */
	public Map<String, Long> refusals() {
		return this.refusals.counts();
	}

	/**
	 * Who does the TLS of Netty's contexts.
	 * @return {@code BoringSSL} or {@code JDK}
	 */
	public String provider() {
		return this.contexts.provider();
	}

	/**
	 * The slots of accepted handshakes.
	 */
	HandshakeSlots slots() {
		return this.slots;
	}

	/**
	 * PKIX validations of the current epoch.
	 */
	long validations() {
		TlsEpoch current = this.epoch;
		return (current != null) ? current.verifier().validations() : 0;
	}

	/**
	 * Closes the connections that are still open and follows the identity no more.
	 */
	@Override
	public void close() {
		this.subscription.dispose();
		this.connections.close();
		this.executor.shutdown();
	}

	private record Dialling(PeerExpectation expectation, List<String> alpn) {

	}

}
