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

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServerResponse;

import io.github.bootmesh.intention.RequestFacts;

/**
 * A request that was allowed and is not over yet. Belongs to its connection's event loop.
 */
final class Exchange {

	private final Channel channel;

	private final HttpServerResponse response;

	private final RequestFacts request;

	private @Nullable ScheduledFuture<?> cut;

	/**
	 * Makes an exchange.
	 * @param channel the connection's channel, in HTTP/2 the stream's
	 */
	Exchange(Channel channel, HttpServerResponse response, RequestFacts request) {
		this.channel = channel;
		this.response = response;
		this.request = request;
	}

	RequestFacts request() {
		return this.request;
	}

	/** The response says that it is the last one of its HTTP/1.1 connection. */
	void last() {
		if (!this.response.hasSentHeaders()) {
			this.response.keepAlive(false);
		}
	}

	/** Cuts it off unless it is over by then. In HTTP/2 that resets the stream only. */
	void revoke(Duration grace) {
		if (grace.isZero()) {
			// What is written meanwhile would overtake a timer, however short.
			cut();
		}
		else if (this.cut == null) {
			this.cut = this.channel.eventLoop().schedule(this::cut, grace.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	void ended() {
		if (this.cut != null) {
			this.cut.cancel(false);
		}
	}

	// Past the handlers, which would wait for a peer that reads slowly.
	private void cut() {
		if (this.channel instanceof Http2StreamChannel) {
			this.channel.close();
		}
		else {
			this.channel.unsafe().close(this.channel.voidPromise());
		}
	}

}
