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

package io.github.bootmesh.consul;

import java.io.IOException;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;

/**
 * Tells a request that its connection broke, before Reactor Netty learns of it. Reactor
 * Netty would log each fault at WARN with its stack trace, once a watch and a retry, and
 * with what the decoder quotes of the answer, which may be a key's.
 */
@ChannelHandler.Sharable
final class ConnectionFaults extends ChannelInboundHandlerAdapter {

	private static final AttributeKey<Sinks.One<Signal<ConsulResponse>>> REQUEST = AttributeKey
		.valueOf(ConnectionFaults.class, "request");

	static void follow(Channel channel, Sinks.One<Signal<ConsulResponse>> request) {
		channel.attr(REQUEST).set(request);
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (message instanceof HttpObject http && http.decoderResult().isFailure()) {
			ReferenceCountUtil.release(message);
			fail(context, new DecoderException("Not HTTP"));
			return;
		}
		context.fireChannelRead(message);
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
			fail(context, handshake.cause());
		}
		context.fireUserEventTriggered(event);
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		fail(context, cause);
	}

	@Override
	public void channelInactive(ChannelHandlerContext context) {
		emit(context, new IOException("the connection was closed before the end of the answer"));
		context.fireChannelInactive();
	}

	private static void fail(ChannelHandlerContext context, Throwable cause) {
		emit(context, cause);
		context.close();
	}

	private static void emit(ChannelHandlerContext context, Throwable cause) {
		Sinks.@Nullable One<Signal<ConsulResponse>> request = context.channel().attr(REQUEST).get();
		if (request != null) {
			request.tryEmitValue(Signal.error(cause));
		}
	}

}
