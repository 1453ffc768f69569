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
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.PendingWriteQueue;
import io.netty.handler.ssl.SslCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.MeshPeer;

/**
 * Stands right behind the {@link SslHandler} until the peer is decided on. It holds back
 * that the handshake is over, what was read and what is to be written, so that no byte of
 * an application passes before the decision, in neither direction.
 */
final class PeerGuard extends ChannelDuplexHandler {

	private final MeshConnection connection;

	private final PeerJudge judge;

	private final Refusals refusals;

	private final Executor executor;

	private final Duration timeout;

	private final @Nullable ClientHelloGate gate;

	private final Deque<Object> reads = new ArrayDeque<>();

	private @Nullable PendingWriteQueue writes;

	private State state = State.HANDSHAKE;

	private boolean flush;

	private boolean read;

	private boolean readComplete;

	private boolean autoRead;

	private @Nullable ScheduledFuture<?> timer;

	/**
	 * Makes a guard.
	 * @param gate the gate of an accepted connection, {@code null} for a dialled one
	 */
	PeerGuard(MeshConnection connection, PeerJudge judge, Refusals refusals, Executor executor, Duration timeout,
			@Nullable ClientHelloGate gate) {
		this.connection = connection;
		this.judge = judge;
		this.refusals = refusals;
		this.executor = executor;
		this.timeout = timeout;
		this.gate = gate;
	}

	@Override
	public void handlerAdded(ChannelHandlerContext ctx) {
		this.writes = new PendingWriteQueue(ctx);
		if (this.connection.inbound()) {
			this.timer = ctx.executor()
				.schedule(() -> halfTime(ctx), this.timeout.toMillis() / 2, TimeUnit.MILLISECONDS);
		}
	}

	// A handshake whose turn came later than that would not be done in time.
	private void halfTime(ChannelHandlerContext ctx) {
		if (this.gate != null && this.gate.waits()) {
			refuse(ctx, Refusal.TOO_MANY_HANDSHAKES, "Its turn did not come");
			return;
		}
		this.timer = ctx.executor()
			.schedule(() -> refuse(ctx, Refusal.HANDSHAKE_TIMEOUT, "Not done within " + this.timeout),
					this.timeout.toMillis() / 2, TimeUnit.MILLISECONDS);
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext ctx) {
		if (this.state != State.OPEN) {
			drop(new SSLHandshakeException("The peer was not decided on"));
		}
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
		if (this.state == State.OPEN && event instanceof SslCompletionEvent) {
			// Of TLS that goes without having begun.
			return;
		}
		if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
			ctx.fireUserEventTriggered(event);
		}
		else if (this.state != State.HANDSHAKE) {
			return;
		}
		else if (handshake.isSuccess()) {
			verify(ctx);
		}
		else {
			handshakeFailed(ctx, handshake.cause());
		}
	}

	private void verify(ChannelHandlerContext ctx) {
		this.state = State.DECIDING;
		try {
			Certificate[] shown = ctx.pipeline().get(SslHandler.class).engine().getSession().getPeerCertificates();
			VerifiedChain chain = this.judge.remembered(shown);
			if (chain != null) {
				decide(ctx, chain);
				return;
			}
			if (this.timer == null) {
				this.timer = ctx.executor()
					.schedule(
							() -> refuse(ctx,
									new PeerRefusedException(Refusal.HANDSHAKE_TIMEOUT,
											"Not verified within " + this.timeout)),
							this.timeout.toMillis(), TimeUnit.MILLISECONDS);
			}
			this.autoRead = ctx.channel().config().isAutoRead();
			ctx.channel().config().setAutoRead(false);
			this.executor.execute(() -> verify(ctx, shown));
		}
		catch (PeerRefusedException ex) {
			refuse(ctx, ex);
		}
		catch (SSLPeerUnverifiedException ex) {
			refuse(ctx, new PeerRefusedException(Refusal.NO_CERTIFICATE, "The peer showed no certificate", ex));
		}
		catch (RejectedExecutionException ex) {
			refuse(ctx, new PeerRefusedException(Refusal.NO_IDENTITY, "Mesh TLS is closed", ex));
		}
	}

	// Off the event loop.
	private void verify(ChannelHandlerContext ctx, Certificate[] shown) {
		try {
			VerifiedChain chain = this.judge.verify(shown);
			ctx.executor().execute(() -> decide(ctx, chain));
		}
		catch (PeerRefusedException ex) {
			ctx.executor().execute(() -> refuse(ctx, ex));
		}
		catch (RuntimeException ex) {
			ctx.executor()
				.execute(() -> refuse(ctx,
						new PeerRefusedException(Refusal.UNTRUSTED, "The peer's chain could not be verified", ex)));
		}
	}

	private void decide(ChannelHandlerContext ctx, VerifiedChain chain) {
		if (this.state != State.DECIDING) {
			return;
		}
		if (!ctx.channel().isActive()) {
			// Those behind learn of it in a moment, and would not if it opened now.
			fail(ctx, new PeerClosedException());
			return;
		}
		try {
			open(ctx, this.judge.decide(this.connection, chain));
		}
		catch (PeerRefusedException ex) {
			refuse(ctx, ex);
		}
		catch (RuntimeException ex) {
			refuse(ctx, new PeerRefusedException(Refusal.NOT_ADMITTED, "The decision failed: " + ex, ex));
		}
	}

	/**
	 * Opens the connection without TLS, of which nothing has begun. Those behind wait for
	 * a handshake to be over and ask the TLS handler what it agreed on, which is nothing;
	 * it has to stay until they did. What it says when it goes ends here.
	 */
	void open(ChannelHandlerContext ctx) {
		this.state = State.OPEN;
		release();
		ctx.fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
	}

	private void open(ChannelHandlerContext ctx, MeshPeer peer) {
		this.state = State.OPEN;
		release();
		ctx.channel().attr(MeshTls.PEER).set(peer);
		if (this.writes != null) {
			this.writes.removeAndWriteAll();
		}
		if (this.flush) {
			ctx.flush();
		}
		ctx.fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
		for (Object message = this.reads.poll(); message != null; message = this.reads.poll()) {
			ctx.fireChannelRead(message);
		}
		if (this.readComplete) {
			ctx.fireChannelReadComplete();
		}
		if (this.read) {
			ctx.read();
		}
		if (this.autoRead) {
			ctx.channel().config().setAutoRead(true);
		}
		if (!ctx.isRemoved()) {
			ctx.pipeline().remove(this);
		}
	}

	private void handshakeFailed(ChannelHandlerContext ctx, Throwable cause) {
		if (!this.connection.inbound()) {
			PeerRefusedException refused = HandshakeFailure.refusedPeer(cause);
			if (refused != null) {
				refuse(ctx, refused);
			}
			else {
				fail(ctx, (ctx.pipeline().get(SslHandler.class) instanceof UnavailableSslHandler unavailable)
						? unavailable.cause() : cause);
			}
			return;
		}
		Refusal reason = HandshakeFailure.reason(cause);
		if (reason == null) {
			fail(ctx, cause);
		}
		else {
			refuse(ctx, reason, cause.getMessage());
		}
	}

	private void refuse(ChannelHandlerContext ctx, PeerRefusedException refused) {
		if (this.state.decided()) {
			return;
		}
		this.refusals.count(refused.reason(), ctx.channel().remoteAddress(), refused.getMessage());
		SSLHandshakeException failure = new SSLHandshakeException(refused.getMessage());
		failure.initCause(refused);
		fail(ctx, failure);
	}

	private void refuse(ChannelHandlerContext ctx, Refusal reason, @Nullable String text) {
		if (this.state.decided()) {
			return;
		}
		this.refusals.count(reason, ctx.channel().remoteAddress(), text);
		fail(ctx, new SSLHandshakeException(reason.key()));
	}

	/**
	 * Ends the connection. Who dialled is told why; on an accepted connection nobody is
	 * waiting, and what strangers cause is counted, not thrown.
	 */
	private void fail(ChannelHandlerContext ctx, Throwable cause) {
		this.state = State.REFUSED;
		release();
		drop(cause);
		if (!this.connection.inbound()) {
			ctx.fireUserEventTriggered(new SslHandshakeCompletionEvent(cause));
		}
		ctx.close();
	}

	private void release() {
		if (this.timer != null) {
			this.timer.cancel(false);
		}
		if (this.gate != null) {
			this.gate.release();
		}
	}

	private void drop(Throwable cause) {
		this.reads.forEach(ReferenceCountUtil::release);
		this.reads.clear();
		if (this.writes != null) {
			this.writes.removeAndFailAll(cause);
		}
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
		if (this.connection.inbound()) {
			if (!this.state.decided()) {
				fail(ctx, cause);
			}
		}
		else if (this.state != State.REFUSED) {
			ctx.fireExceptionCaught(cause);
		}
	}

	@Override
	public void channelInactive(ChannelHandlerContext ctx) {
		if (!this.state.decided()) {
			fail(ctx, new PeerClosedException());
		}
		ctx.fireChannelInactive();
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object message) {
		if (this.state == State.REFUSED) {
			ReferenceCountUtil.release(message);
		}
		else if (this.state == State.DECIDING) {
			this.reads.add(message);
		}
		else {
			ctx.fireChannelRead(message);
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext ctx) {
		// Reactor Netty asks for more at this signal until the handshake is over.
		if (this.state == State.DECIDING) {
			this.readComplete = true;
		}
		else {
			ctx.fireChannelReadComplete();
		}
	}

	@Override
	public void read(ChannelHandlerContext ctx) {
		if (this.state == State.DECIDING) {
			this.read = true;
		}
		else {
			ctx.read();
		}
	}

	@Override
	public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
		if (this.state == State.OPEN || this.writes == null) {
			ctx.write(message, promise);
		}
		else if (this.state == State.REFUSED) {
			ReferenceCountUtil.release(message);
			promise.tryFailure(new SSLHandshakeException("The peer was refused"));
		}
		else {
			this.writes.add(message, promise);
		}
	}

	@Override
	public void flush(ChannelHandlerContext ctx) {
		if (this.state == State.OPEN) {
			ctx.flush();
		}
		else {
			this.flush = true;
		}
	}

	private enum State {

		HANDSHAKE, DECIDING, OPEN, REFUSED;

		boolean decided() {
			return this == OPEN || this == REFUSED;
		}

	}

}
