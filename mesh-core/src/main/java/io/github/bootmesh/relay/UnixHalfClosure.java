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

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/**
 * Keeps a Unix socket open of which one direction has ended. Netty would close it: of the
 * JDK's sockets it half-closes those of TCP only, whatever the option says
 * ({@code AbstractNioByteChannel.isAllowHalfClosure}, as of 4.2.19). So Netty is told
 * that nothing came, and the end is told from here.
 */
final class UnixHalfClosure extends ChannelInboundHandlerAdapter {

	private final DuplexChannel channel;

	private boolean ended;

	private UnixHalfClosure(DuplexChannel channel) {
		this.channel = channel;
	}

	static void allow(DuplexChannel channel) {
		UnixHalfClosure allowed = new UnixHalfClosure(channel);
		RecvByteBufAllocator reads = channel.config().getRecvByteBufAllocator();
		channel.config().setRecvByteBufAllocator(() -> allowed.new Reads(reads.newHandle()));
		channel.pipeline().addFirst(allowed);
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext ctx) {
		ctx.fireChannelReadComplete();
		if (this.ended && !this.channel.isInputShutdown()) {
			this.channel.shutdownInput();
			ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
		}
	}

	private final class Reads extends RecvByteBufAllocator.DelegatingHandle {

		Reads(RecvByteBufAllocator.Handle handle) {
			super(handle);
		}

		@Override
		public void lastBytesRead(int bytes) {
			UnixHalfClosure.this.ended |= bytes < 0;
			super.lastBytesRead(Math.max(bytes, 0));
		}

	}

}
