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

import java.util.concurrent.atomic.LongAdder;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;

/**
 * The side of a relay that knows nothing of TLS: a FIN is the end of its stream.
 */
final class PlainEnd extends RelayEnd {

	private final DuplexChannel channel;

	PlainEnd(DuplexChannel channel, LongAdder traffic) {
		super(channel, traffic);
		this.channel = channel;
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
		if (event instanceof ChannelInputShutdownEvent) {
			endedInput();
		}
	}

	// Shutting down drops what is not written yet.
	@Override
	void sendEnd() {
		this.channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
			.addListener((written) -> this.channel.shutdownOutput().addListener(this::shutDown));
	}

	private void shutDown(Future<? super Void> shutDown) {
		if (shutDown.isSuccess()) {
			endedOutput();
		}
		else {
			failed(RelayOutcome.RESET);
		}
	}

}
