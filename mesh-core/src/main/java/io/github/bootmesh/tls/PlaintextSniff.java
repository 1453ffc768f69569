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
import java.util.function.Predicate;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;

/**
 * Stands before the TLS of an accepted connection that may do without, until its first
 * byte tells: a handshake begins with 22 (RFC 8446, 5.1), the method of a request with a
 * printable character (RFC 9110, 9.1). Whatever is neither, or may not do without, is for
 * TLS to refuse. How long the first byte may take is the handshake's timeout.
 */
final class PlaintextSniff extends ChannelInboundHandlerAdapter {

	private final MeshConnection connection;

	private final PeerGuard guard;

	private final ClientHelloGate gate;

	private final Predicate<SocketAddress> admitted;

	PlaintextSniff(MeshConnection connection, PeerGuard guard, ClientHelloGate gate,
			Predicate<SocketAddress> admitted) {
		this.connection = connection;
		this.guard = guard;
		this.gate = gate;
		this.admitted = admitted;
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object message) {
		if (message instanceof ByteBuf first && first.isReadable()) {
			if (isPrintable(first.getByte(first.readerIndex()))) {
				tryPlaintext(ctx);
			}
			ctx.fireChannelRead(message);
			if (!ctx.isRemoved()) {
				ctx.pipeline().remove(this);
			}
		}
		else {
			ctx.fireChannelRead(message);
		}
	}

	// The connection is one without TLS first and the caller is judged then: whichever
	// way
	// that changes meanwhile, one of the two sees the other.
	private void tryPlaintext(ChannelHandlerContext ctx) {
		this.connection.plaintext(true);
		if (!this.admitted.test(ctx.channel().remoteAddress())) {
			this.connection.plaintext(false);
			return;
		}
		ctx.channel().attr(MeshTls.PLAINTEXT).set(Boolean.TRUE);
		ChannelPipeline pipeline = ctx.pipeline();
		pipeline.remove(this.gate);
		this.guard.open(pipeline.context(this.guard));
		pipeline.remove(SslHandler.class);
		pipeline.remove(this.guard);
	}

	private static boolean isPrintable(byte first) {
		return first > 0x20 && first < 0x7f;
	}

}
