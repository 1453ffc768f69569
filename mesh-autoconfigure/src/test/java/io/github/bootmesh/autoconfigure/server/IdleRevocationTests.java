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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.http.HttpProtocol;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many idle connections of a caller that is denied.
 */
class IdleRevocationTests {

	private static final Logger logger = LoggerFactory.getLogger(IdleRevocationTests.class);

	private static final int CONNECTIONS = 1000;

	private static final Duration WAIT = Duration.ofSeconds(60);

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());

	private final Set<Channel> open = ConcurrentHashMap.newKeySet();

	private final AtomicInteger answered = new AtomicInteger();

	private final Semaphore dialling = new Semaphore(50);

	@Test
	void whenACallerIsDeniedThenAThousandIdleConnectionsCloseAndNoOther() throws InterruptedException {
		try (TestIdentities identities = TestIdentities.of(CA, "web");
				// So that none is closed because its grace is over.
				TestServer server = TestServer.start(identities, "bootmesh.inbound.revocation-grace=1h");
				TestClient other = TestClient.withOneConnection(CA.leaf("other"))) {
			assertThat(other.get(server.port(), "/peer").block(WAIT)).endsWith("/other");
			dial(server.port());
			assertThat(server.tls().connections().inbound()).isEqualTo(CONNECTIONS + 1);
			long start = System.nanoTime();
			server.intentions().deliver(true, TestIntentions.intention("client", "web", IntentionRule.DENY));
			Awaitility.await()
				.pollDelay(Duration.ZERO)
				.pollInterval(Duration.ofMillis(1))
				.atMost(WAIT)
				.until(this.open::isEmpty);
			logger.info("{} idle connections were closed within {} ms", CONNECTIONS,
					TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
			assertThat(server.tls().connections().revoked()).isEqualTo(CONNECTIONS);
			assertThat(other.get(server.port(), "/peer").block(WAIT)).endsWith("/other");
			assertThat(server.tls().connections().inbound()).isOne();
		}
		finally {
			this.loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
		}
	}

	// Each is used once.
	private void dial(int port) throws InterruptedException {
		SslContext tls = TestClient.context(CA.leaf("client"), HttpProtocol.HTTP11);
		Bootstrap bootstrap = new Bootstrap().group(this.loops)
			.channel(NioSocketChannel.class)
			.handler(new ChannelInitializer<>() {
				@Override
				protected void initChannel(Channel channel) {
					channel.pipeline().addLast(tls.newHandler(channel.alloc()), new Caller());
				}
			});
		for (int i = 0; i < CONNECTIONS; i++) {
			assertThat(this.dialling.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
			bootstrap.connect("127.0.0.1", port);
		}
		Awaitility.await().atMost(WAIT).until(() -> this.answered.get() == CONNECTIONS);
		assertThat(this.open).hasSize(CONNECTIONS);
	}

	private final class Caller extends SimpleChannelInboundHandler<ByteBuf> {

		private boolean answered;

		@Override
		public void channelActive(ChannelHandlerContext ctx) {
			IdleRevocationTests.this.open.add(ctx.channel());
			ctx.channel().closeFuture().addListener((closed) -> IdleRevocationTests.this.open.remove(ctx.channel()));
			byte[] request = "GET /peer HTTP/1.1\r\nHost: web\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
			ctx.writeAndFlush(Unpooled.wrappedBuffer(request));
		}

		@Override
		protected void channelRead0(ChannelHandlerContext ctx, ByteBuf answer) {
			if (!this.answered) {
				this.answered = true;
				IdleRevocationTests.this.answered.incrementAndGet();
				IdleRevocationTests.this.dialling.release();
			}
		}

	}

}
