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
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;

/**
 * The mesh side of a relay: a close_notify is the end of its stream, and nothing else is
 * (RFC 8446, section 6.1). In TLS 1.2 it ends both directions (RFC 5246, section 7.2.1):
 * ours is held back until the peer's has come.
 */
final class TlsEnd extends RelayEnd {

	private final DuplexChannel channel;

	private final SslHandler ssl;

	TlsEnd(DuplexChannel channel, SslHandler ssl, LongAdder traffic) {
		super(channel, traffic);
		this.channel = channel;
		this.ssl = ssl;
	}

	@Override
	boolean mayRefuse() {
		return this.ssl.engine().getUseClientMode();
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
		boolean goodbye = event instanceof SslCloseCompletionEvent closed && closed.isSuccess();
		if (goodbye || event instanceof ChannelInputShutdownEvent) {
			lookForEnd();
		}
	}

	// Behind what was read while the peer was decided on: of its end nobody was told.
	@Override
	void begun() {
		this.channel.eventLoop().execute(this::lookForEnd);
	}

	private void lookForEnd() {
		if (inputEnded() || relay() == null) {
			return;
		}
		if (closeNotified()) {
			endedInput();
		}
		else if (this.channel.isInputShutdown()) {
			failed(RelayOutcome.TRUNCATED);
		}
	}

	// Of the engine, for the event may also tell of our own.
	private boolean closeNotified() {
		return this.ssl.engine().isInboundDone();
	}

	private boolean hasHalfClose() {
		return "TLSv1.3".equals(this.ssl.engine().getSession().getProtocol());
	}

	@Override
	void endedInput() {
		super.endedInput();
		if (!hasHalfClose()) {
			// The engine has closed both directions.
			endedOutput();
		}
	}

	@Override
	void endOutput(Relay relay) {
		if (hasHalfClose()) {
			sendEnd();
		}
		else {
			relay.endAfter(relay.settings().tuning().halfCloseWait(), RelayOutcome.SILENT);
		}
	}

	// Closing drops what is not encrypted yet.
	@Override
	void sendEnd() {
		this.channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
			.addListener((written) -> this.ssl.closeOutbound().addListener((closed) -> {
				if (closed.isSuccess()) {
					endedOutput();
				}
				else {
					failed(RelayOutcome.RESET);
				}
			}));
	}

}
