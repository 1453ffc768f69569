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
import java.util.List;
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

	private @Nullable RequestFacts routed;

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

	/** The request as sent, and as it is routed on if that is another. */
	List<RequestFacts> requests() {
		return (this.routed != null) ? List.of(this.request, this.routed) : List.of(this.request);
	}

	/** Whether it is the exchange of this request, not of one before or after it. */
	boolean isOf(RequestFacts sent) {
		return this.request.equals(sent);
	}

	/** Tells that filters have made another request of it. */
	void routedOn(RequestFacts routed) {
		this.routed = routed;
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

	/** Lets it go on after all: it is allowed again. */
	void restore() {
		if (this.cut != null) {
			this.cut.cancel(false);
			this.cut = null;
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
