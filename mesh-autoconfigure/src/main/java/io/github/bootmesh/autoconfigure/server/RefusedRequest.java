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

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerResponse;

import io.github.bootmesh.intention.Decision;

/**
 * Answers one refused request with a problem (RFC 9457) that names no rule, in the place
 * of whoever would have handled it: its head is kept from Reactor Netty, which therefore
 * calls nobody and takes its body for one that nobody reads.
 */
final class RefusedRequest extends ChannelInboundHandlerAdapter {

	private final Problem problem;

	private final ChannelOperations<?, ?> operations;

	private final HttpServerResponse response;

	RefusedRequest(Decision decision, ChannelOperations<?, ?> operations, HttpServerResponse response) {
		this.problem = Problem.of(decision);
		this.operations = operations;
		this.response = response;
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object message) {
		if (!(message instanceof HttpRequest)) {
			ctx.fireChannelRead(message);
			return;
		}
		ReferenceCountUtil.release(message);
		answer().subscribe(this.operations);
		if (message instanceof FullHttpRequest) {
			ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
		}
		ctx.pipeline().remove(this);
	}

	private Mono<Void> answer() {
		return this.response.status(this.problem.status())
			.header(HttpHeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
			.sendByteArray(Mono.just(this.problem.body()))
			.then();
	}

}
