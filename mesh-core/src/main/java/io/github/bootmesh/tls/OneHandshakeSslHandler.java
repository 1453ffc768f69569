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

import java.util.List;
import java.util.concurrent.Executor;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;

/**
 * Lets a peer end its direction before the handshake is over, and refuses renegotiation,
 * which the JDK's TLS can only be told JVM-wide. In TLS 1.2 it begins with a handshake
 * record after the handshake; in TLS 1.3 there is none on the wire any more.
 */
final class OneHandshakeSslHandler extends SslHandler {

	private static final int HANDSHAKE_RECORD = 22;

	OneHandshakeSslHandler(SSLEngine engine, Executor executor) {
		super(engine, executor);
	}

	// The decoder drops what it holds when it learns that nothing more will come. While a
	// step of the handshake is computed elsewhere, it holds the rest of the handshake and
	// all that the client has said.
	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
		if (event instanceof ChannelInputShutdownEvent && !handshakeFuture().isDone() && !engine().getUseClientMode()) {
			handshakeFuture()
				.addListener((done) -> ctx.executor().execute(() -> ctx.pipeline().fireUserEventTriggered(event)));
			return;
		}
		super.userEventTriggered(ctx, event);
	}

	// Called with the reader index at the beginning of a record.
	@Override
	protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws SSLException {
		if (handshakeFuture().isSuccess() && in.isReadable()
				&& in.getUnsignedByte(in.readerIndex()) == HANDSHAKE_RECORD) {
			in.skipBytes(in.readableBytes());
			ctx.close();
			throw new SSLHandshakeException("The peer asked for a renegotiation");
		}
		super.decode(ctx, in, out);
	}

}
