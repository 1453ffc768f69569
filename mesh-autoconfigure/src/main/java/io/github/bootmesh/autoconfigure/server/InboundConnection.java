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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.concurrent.ScheduledFuture;

import io.github.bootmesh.intention.RequestFacts;
import io.github.bootmesh.tls.MeshProtocol;
import io.github.bootmesh.tls.MeshTls;

/**
 * One accepted connection as HTTP sees it, which can end without losing an exchange: in
 * HTTP/1.1 a response says that it is the last one, in HTTP/2 a GOAWAY does. All state
 * belongs to the channel's event loop.
 */
final class InboundConnection implements MeshProtocol {

	// Time for streams that crossed the GOAWAY on its way (RFC 9113, 6.8: "at least one
	// round-trip time").
	private static final long CROSSING_MILLIS = 1000;

	private final Channel channel;

	private final RequestGate gate;

	private final Duration grace;

	// By the channel of the connection or, in HTTP/2, of the stream.
	private final Map<Channel, Exchange> exchanges = new HashMap<>();

	private boolean asked;

	private boolean announced;

	private boolean draining;

	private boolean revoked;

	/**
	 * Makes a connection.
	 * @param grace what an exchange gets that is allowed no more
	 */
	InboundConnection(Channel channel, RequestGate gate, Duration grace) {
		this.channel = channel;
		this.gate = gate;
		this.grace = grace;
	}

	/**
	 * Closes a connection without TLS whose first request has not come whole by then. Who
	 * has shown a certificate may take the time that it likes.
	 */
	void limitFirstRequest(Duration time) {
		ScheduledFuture<?> limit = this.channel.eventLoop().schedule(() -> {
			if (!this.asked && this.channel.attr(MeshTls.PLAINTEXT).get() != null) {
				this.channel.close();
			}
		}, time.toMillis(), TimeUnit.MILLISECONDS);
		// Else closed connections stay in memory until then.
		this.channel.closeFuture().addListener((closed) -> limit.cancel(false));
	}

	/** A request has come. */
	void asked() {
		this.asked = true;
	}

	void begins(Channel on, Exchange exchange, boolean last) {
		this.exchanges.put(on, exchange);
		if (http2()) {
			on.closeFuture().addListener((closed) -> ends(on));
			if (last) {
				announce();
			}
		}
		else if (last || this.announced) {
			exchange.last();
		}
	}

	void ends(Channel on) {
		Exchange exchange = this.exchanges.remove(on);
		if (exchange != null) {
			exchange.restore();
		}
		if (this.revoked && this.exchanges.isEmpty()) {
			this.channel.close();
		}
		else if (!http2()) {
			http1Ended();
		}
	}

	private void http1Ended() {
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

	@Override
	public void drain(Channel drained) {
		announce();
		this.draining = true;
		if (!http2() && this.exchanges.isEmpty()) {
			this.channel.close();
		}
	}

	@Override
	public void revoke(Channel refused) {
		announce();
		this.revoked = true;
		if (this.exchanges.isEmpty()) {
			this.channel.close();
		}
	}

	@Override
	public void decideAgain(Channel decided) {
		// A copy: an exchange that is cut at once is taken out of them.
		List.copyOf(this.exchanges.values()).forEach(this::decideAgain);
	}

	private void decideAgain(Exchange exchange) {
		Caller caller = Caller.of(this.channel);
		if (exchange.requests().stream().allMatch((request) -> this.gate.stillAllows(caller, request))) {
			exchange.restore();
		}
		else {
			exchange.revoke(this.grace);
		}
	}

	/** Has what is made of a request decided on again as well, from now on. */
	void routedOn(Channel on, RequestFacts sent, RequestFacts routed) {
		this.channel.eventLoop().execute(() -> {
			Exchange exchange = this.exchanges.get(on);
			if (exchange != null && exchange.isOf(sent)) {
				exchange.routedOn(routed);
				decideAgain(exchange);
			}
		});
	}

	private void announce() {
		if (this.announced || Caller.of(this.channel) == null) {
			// Before the caller is known, nobody knows what will be spoken.
			return;
		}
		this.announced = true;
		if (http2()) {
			this.channel
				.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
			// Closing an announced HTTP/2 connection waits for its streams. A client may
			// hold requests back for the connection until it is gone.
			this.channel.eventLoop().schedule(() -> this.channel.close(), CROSSING_MILLIS, TimeUnit.MILLISECONDS);
		}
		else {
			this.exchanges.values().forEach(Exchange::last);
		}
	}

	private boolean http2() {
		return this.channel.pipeline().get(Http2FrameCodec.class) != null;
	}

}
