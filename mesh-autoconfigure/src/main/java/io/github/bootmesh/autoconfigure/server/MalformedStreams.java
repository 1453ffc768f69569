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

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import org.jspecify.annotations.Nullable;

/**
 * Resets HTTP/2 streams whose request line could not be one of HTTP/1.1 (RFC 9113, 8.1.1:
 * malformed), and those that begin like a response. Netty would throw when it makes such
 * a request of them, and would never release the buffer that it had made for the body
 * (seen with 4.2.19): a peer could use up the memory. Waits behind the negotiation, and
 * moves behind the codec if HTTP/2 is agreed on.
 */
@Sharable
final class MalformedStreams extends ChannelInboundHandlerAdapter {

	static final MalformedStreams INSTANCE = new MalformedStreams();

	private MalformedStreams() {
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
		if (event instanceof SslHandshakeCompletionEvent) {
			ChannelPipeline pipeline = ctx.pipeline();
			pipeline.remove(this);
			ChannelHandlerContext codec = pipeline.context(Http2FrameCodec.class);
			if (codec != null) {
				pipeline.addAfter(codec.name(), null, this);
			}
		}
		ctx.fireUserEventTriggered(event);
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object message) {
		if (message instanceof Http2HeadersFrame frame && isMalformed(frame.headers())) {
			ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR).stream(frame.stream()));
		}
		else {
			ctx.fireChannelRead(message);
		}
	}

	private static boolean isMalformed(Http2Headers headers) {
		CharSequence method = headers.method();
		if (method == null) {
			// Trailers have none either, but no status.
			return headers.status() != null;
		}
		return !isRequestLine(method.toString(), target(method, headers));
	}

	private static @Nullable CharSequence target(CharSequence method, Http2Headers headers) {
		return HttpMethod.CONNECT.asciiName().contentEqualsIgnoreCase(method) ? headers.authority() : headers.path();
	}

	private static boolean isRequestLine(String method, @Nullable CharSequence target) {
		if (target == null) {
			return false;
		}
		try {
			new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), target.toString(),
					EmptyHttpHeaders.INSTANCE, true);
			return true;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

}
