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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.tls.MeshTls;

/**
 * Listens for the mesh in front of a local application: each connection whose peer is
 * verified and admitted gets one of its own to the application, and no other reaches it.
 * What the connections carry is not looked into, so the admission has to deny those who
 * are allowed only some of it. Thread-safe.
 */
@Internal
public final class PublicListener implements AutoCloseable {

	/**
	 * Why it resets connections.
	 */
	public static final Set<RelayFailure> FAILURES = Set.of(RelayFailure.NOT_CONNECTED,
			RelayFailure.TOO_MANY_CONNECTIONS, RelayFailure.TOO_MANY_PENDING);

	private final InetSocketAddress bind;

	private final SocketAddress application;

	private final RelayLoops loops;

	private final MeshTls tls;

	private final RelaySettings settings;

	private final boolean proxyProtocol;

	private final SslContext context;

	private final Failures failures;

	private final Acceptor acceptor;

	private final LongAdder received = new LongAdder();

	private final LongAdder sent = new LongAdder();

	private volatile @Nullable SocketAddress address;

	private volatile boolean reached;

	/**
	 * Makes a listener that does not listen yet.
	 * @param bind where to listen; port 0 for any free one
	 * @param application where the application listens, which may be a Unix socket
	 * @param loops where it runs
	 * @param tls who this service is; its admission decides on connections that nobody
	 * looks into
	 * @param settings the limits; connections are limited by those of TLS as well
	 */
	public PublicListener(InetSocketAddress bind, SocketAddress application, RelayLoops loops, MeshTls tls,
			RelaySettings settings) {
		this(bind, application, loops, tls, settings, false);
	}

	/**
	 * Makes a listener that does not listen yet.
	 * @param bind where to listen; port 0 for any free one
	 * @param application where the application listens, which may be a Unix socket
	 * @param loops where it runs
	 * @param tls who this service is; its admission decides on connections that nobody
	 * looks into
	 * @param settings the limits; connections are limited by those of TLS as well
	 * @param proxyProtocol whether the application is told by the PROXY protocol whom it
	 * speaks with
	 */
	public PublicListener(InetSocketAddress bind, SocketAddress application, RelayLoops loops, MeshTls tls,
			RelaySettings settings, boolean proxyProtocol) {
		this.bind = bind;
		this.application = application;
		this.loops = loops;
		this.tls = tls;
		this.settings = settings;
		this.proxyProtocol = proxyProtocol;
		this.context = tls.streamServerContext();
		this.failures = new Failures("The public listener of '" + tls.service() + "' (to " + application + ")");
		this.acceptor = new Acceptor(loops, settings, this.failures, this::accept);
	}

	/**
	 * Listens. Blocks for the moment that takes.
	 * @return where
	 * @throws IOException if it cannot, such as because the port is in use
	 */
	public InetSocketAddress start() throws IOException {
		InetSocketAddress bound = (InetSocketAddress) this.acceptor.bind(this.bind);
		this.address = bound;
		return bound;
	}

	private void accept(DuplexChannel channel) {
		RelayLoops.keepAlive(channel);
		SslHandler ssl = this.context.newHandler(channel.alloc());
		TlsEnd front = new TlsEnd(channel, ssl, this.received);
		channel.pipeline().addLast(ssl);
		this.tls.guardInbound(channel);
		channel.pipeline()
			.addLast(new FirstRead(), new HandshakeEnd(() -> dial(front), (ex) -> RelayEnd.reset(channel)), front);
	}

	private void dial(TlsEnd front) {
		if (!this.acceptor.mayWait()) {
			front.reset();
			return;
		}
		ChannelFuture dialled = this.loops.dial(front.channel().eventLoop(), this.application,
				this.settings.tuning().localConnectTimeout(),
				(channel) -> channel.pipeline().addLast(new PlainEnd(channel, this.sent)));
		dialled.addListener((connected) -> {
			this.acceptor.waitsNoMore();
			this.reached = connected.isSuccess();
			if (!connected.isSuccess()) {
				this.failures.count(RelayFailure.NOT_CONNECTED, String.valueOf(connected.cause().getMessage()));
				front.reset();
				return;
			}
			this.failures.works();
			PlainEnd back = dialled.channel().pipeline().get(PlainEnd.class);
			if (this.proxyProtocol) {
				ProxyHeader.send(front.channel(), back.channel());
			}
			new Relay(front, back, this.settings, (outcome) -> {
			}).start();
		});
	}

	/**
	 * Whether the application can be connected. If the last connection failed or there
	 * was none yet, it is asked, with a connection that ends at once; an application that
	 * works is left alone. Blocks for a second at most.
	 * @return the answer
	 */
	public boolean reachesApplication() {
		if (!this.reached) {
			ChannelFuture dialled = this.loops
				.dial(this.loops.next(), this.application, this.settings.tuning().localConnectTimeout(), (channel) -> {
				})
				.awaitUninterruptibly();
			this.reached = dialled.isSuccess();
			if (this.reached) {
				dialled.channel().close();
				this.failures.works();
			}
		}
		return this.reached;
	}

	/**
	 * Whose it is.
	 * @return the service's name in Consul
	 */
	public String service() {
		return this.tls.service();
	}

	/**
	 * What is known of it now.
	 * @return the status
	 */
	public ListenerStatus status() {
		return new ListenerStatus("public", this.address, this.acceptor.open(), this.received.sum(), this.sent.sum(),
				this.failures.counts(), this.failures.problem());
	}

	/**
	 * Accepts nothing more. What is open stays.
	 */
	public void stopAccepting() {
		this.acceptor.stop();
	}

	/**
	 * When nothing is open any more, once it accepts nothing more.
	 * @return completes with the last connection
	 */
	public CompletionStage<Void> drained() {
		return this.acceptor.drained();
	}

	/**
	 * Accepts nothing more and resets what is open.
	 */
	@Override
	public void close() {
		this.acceptor.close();
	}

	/**
	 * Has the handshake begin, on a connection that does not read by itself.
	 */
	private static final class FirstRead extends ChannelInboundHandlerAdapter {

		@Override
		public void channelActive(ChannelHandlerContext ctx) {
			ctx.pipeline().remove(this);
			ctx.fireChannelActive();
			ctx.channel().read();
		}

	}

}
