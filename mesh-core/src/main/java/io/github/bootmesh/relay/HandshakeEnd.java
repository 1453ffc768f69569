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

import java.nio.channels.ClosedChannelException;
import java.util.function.Consumer;
import java.util.regex.Pattern;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/**
 * Waits for the end of a handshake and of the decision on the peer, and goes before
 * anything that follows is read.
 */
final class HandshakeEnd extends ChannelInboundHandlerAdapter {

	// RFC 8446, section 6.2: what is said of a certificate. The JDK has no type for it.
	private static final Pattern OF_CERTIFICATE = Pattern.compile("Received fatal alert: "
			+ "(?:bad_certificate|unsupported_certificate|certificate_(?:revoked|expired|unknown|required)|unknown_ca"
			+ "|access_denied)");

	private static final int MAX_CAUSES = 10;

	private final Runnable succeeded;

	private final Consumer<Throwable> failed;

	HandshakeEnd(Runnable succeeded, Consumer<Throwable> failed) {
		this.succeeded = succeeded;
		this.failed = failed;
	}

	/**
	 * Whether it was the peer that did not like what we showed. Other instances will not
	 * like it either.
	 */
	static boolean isVerdictOfPeer(Throwable failure) {
		Throwable cause = failure;
		for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
			if (OF_CERTIFICATE.matcher(String.valueOf(cause.getMessage())).find()) {
				return true;
			}
			cause = cause.getCause();
		}
		return false;
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
		if (event instanceof ChannelInputShutdownEvent && leavesUsWaiting(ctx.pipeline().get(SslHandler.class))) {
			// A connection that may be half-closed is not closed by it.
			this.failed.accept(new ClosedChannelException());
		}
		else if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
			ctx.fireUserEventTriggered(event);
		}
		else if (handshake.isSuccess()) {
			ctx.pipeline().remove(this);
			this.succeeded.run();
		}
		else {
			this.failed.accept(handshake.cause());
		}
	}

	// One who dialled us may have said all there is in one go: its handshake may still be
	// computed.
	private static boolean leavesUsWaiting(SslHandler ssl) {
		return ssl.engine().getUseClientMode() && !ssl.handshakeFuture().isSuccess();
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
		this.failed.accept(cause);
	}

	@Override
	public void channelInactive(ChannelHandlerContext ctx) {
		this.failed.accept(new ClosedChannelException());
		ctx.fireChannelInactive();
	}

}
