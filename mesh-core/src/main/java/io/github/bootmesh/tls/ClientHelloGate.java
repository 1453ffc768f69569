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

import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Lets the handshake of an accepted connection begin when it has a slot. A slot is asked
 * for once the client's first message is complete, so that silent and slow connections
 * hold none, and lent for a second, so that those who fall silent later hold none either.
 */
final class ClientHelloGate extends SslClientHelloHandler<Void> {

	/**
	 * The largest ClientHellos, with post-quantum key shares and tickets, stay below it.
	 */
	private static final int MAX_CLIENT_HELLO = 16 * 1024;

	/**
	 * Many times what a handshake takes that goes on.
	 */
	private static final long LEASE_MILLIS = 1000;

	private final HandshakeSlots slots;

	private @Nullable Promise<Void> slot;

	ClientHelloGate(HandshakeSlots slots) {
		super(MAX_CLIENT_HELLO);
		this.slots = slots;
	}

	boolean waits() {
		return this.slot != null && !this.slot.isDone();
	}

	void release() {
		if (this.slot != null) {
			this.slots.release(this.slot);
		}
	}

	// Whoever ends his direction without a word begins no handshake, and would cost a
	// place
	// and a file descriptor until the handshake timeout while holding none himself.
	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
		super.userEventTriggered(ctx, event);
		if (event instanceof ChannelInputShutdownEvent && this.slot == null) {
			ctx.close();
		}
	}

	@Override
	protected Future<Void> lookup(ChannelHandlerContext ctx, @Nullable ByteBuf clientHello) {
		Promise<Void> asked = this.slot;
		if (asked == null) {
			asked = this.slots.acquire(ctx.executor());
			this.slot = asked;
		}
		// Else what had come is decoded once more, because the channel closes.
		return asked;
	}

	@Override
	protected void onLookupComplete(ChannelHandlerContext ctx, Future<Void> future) {
		if (future.isSuccess() && !ctx.isRemoved()) {
			ctx.executor().schedule(this::release, LEASE_MILLIS, TimeUnit.MILLISECONDS);
			ctx.pipeline().remove(this);
		}
	}

}
