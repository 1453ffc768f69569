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

package io.github.bootmesh.autoconfigure.server;

import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServerResponse;

/**
 * One accepted connection as HTTP sees it, which can end without losing an exchange: in
 * HTTP/1.1 a response says that it is the last one, in HTTP/2 a GOAWAY does. All state
 * belongs to the channel's event loop.
 */
final class InboundConnection {

	// Time for streams that crossed the GOAWAY on its way (RFC 9113, 6.8: "at least one
	// round-trip time").
	private static final long CROSSING_MILLIS = 1000;

	private final Channel channel;

	private @Nullable HttpServerResponse exchange;

	private boolean announced;

	private boolean draining;

	InboundConnection(Channel channel) {
		this.channel = channel;
	}

	void begins(HttpServerResponse response, boolean last) {
		if (http2()) {
			if (last) {
				announce();
			}
			return;
		}
		this.exchange = response;
		if (last || this.announced) {
			response.keepAlive(false);
		}
	}

	void ends() {
		this.exchange = null;
		if (http2()) {
			return;
		}
		if (this.draining) {
			this.channel.close();
		}
		else {
			// Reactor Netty before 1.3.8 may read no more after a request that had come
			// before the last one was over (reactor-netty#4361).
			this.channel.eventLoop().execute(this.channel::read);
		}
	}

	/** Lets the peer know; what it still sends is served. */
	void announceEnd() {
		this.channel.eventLoop().execute(this::announce);
	}

	/** Closes when what is in flight is done. */
	void drain() {
		this.channel.eventLoop().execute(() -> {
			announce();
			this.draining = true;
			if (!http2() && this.exchange == null) {
				this.channel.close();
			}
		});
	}

	private void announce() {
		if (this.announced) {
			return;
		}
		this.announced = true;
		if (http2()) {
			this.channel
				.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
			// Closing an announced HTTP/2 connection waits for its streams. A client may
			// hold
			// requests back for the connection until it is gone.
			this.channel.eventLoop().schedule(() -> this.channel.close(), CROSSING_MILLIS, TimeUnit.MILLISECONDS);
		}
		else if (this.exchange != null) {
			this.exchange.keepAlive(false);
		}
	}

	private boolean http2() {
		return this.channel.pipeline().get(Http2FrameCodec.class) != null;
	}

}
