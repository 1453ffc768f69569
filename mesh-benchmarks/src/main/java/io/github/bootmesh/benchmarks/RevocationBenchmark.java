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

package io.github.bootmesh.benchmarks;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLException;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.TlsSettings;

/**
 * How long the idle connections of a caller stay after an intention denies it: from the
 * new rule until the caller has seen the end of the last one. Caller and called share the
 * process and its processors.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 5)
@Measurement(iterations = 20)
@State(Scope.Benchmark)
public class RevocationBenchmark {

	/**
	 * How many connections are open.
	 */
	@Param("1000")
	public int connections;

	private final TestCa ca = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private final TestIdentities identities = TestIdentities.of(this.ca, "api");

	private final TestIntentions intentions = TestIntentions
		.of(this.identities.identity().ready().thenApply((generation) -> generation.spiffeId()).toCompletableFuture());

	private final MeshTls tls = new MeshTls(this.identities.identity(), TlsSettings.DEFAULTS,
			(peer) -> this.intentions.authorizer().connection(peer.id()).allowed() ? null : "denied",
			Clock.systemUTC());

	private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());

	private final Channel server = listen();

	// Handshakes under way, so that none runs out of time.
	private final Semaphore dialling = new Semaphore(50);

	private volatile CountDownLatch open = new CountDownLatch(0);

	private volatile CountDownLatch closed = new CountDownLatch(0);

	private Channel listen() {
		this.intentions.authorizer().onChange(this.tls::admissionChanged);
		SslContext context = this.tls.serverContext(List.of());
		return new ServerBootstrap().group(this.loops)
			.channel(NioServerSocketChannel.class)
			.option(ChannelOption.SO_BACKLOG, 1024)
			.childHandler(new ChannelInitializer<>() {
				@Override
				protected void initChannel(Channel channel) {
					channel.pipeline().addLast(context.newHandler(channel.alloc()));
					RevocationBenchmark.this.tls.guardInbound(channel);
					channel.pipeline().addLast(new Greeting());
				}
			})
			.bind("127.0.0.1", 0)
			.syncUninterruptibly()
			.channel();
	}

	/**
	 * Opens the connections.
	 * @throws Exception if that fails
	 */
	@Setup(Level.Invocation)
	public void dial() throws Exception {
		this.intentions.deliver(true);
		this.open = new CountDownLatch(this.connections);
		this.closed = new CountDownLatch(this.connections);
		SslContext context = context();
		Bootstrap bootstrap = new Bootstrap().group(this.loops)
			.channel(NioSocketChannel.class)
			.handler(new ChannelInitializer<>() {
				@Override
				protected void initChannel(Channel channel) {
					channel.pipeline().addLast(context.newHandler(channel.alloc()), new Dialled());
				}
			});
		for (int i = 0; i < this.connections; i++) {
			this.dialling.acquire();
			bootstrap.connect(this.server.localAddress());
		}
		if (!this.open.await(60, TimeUnit.SECONDS)) {
			throw new IllegalStateException(this.open.getCount() + " connections are not open");
		}
	}

	private SslContext context() throws SSLException {
		TestCa.Issued leaf = this.ca.leaf("web");
		return SslContextBuilder.forClient()
			.keyManager(leaf.key(), leaf.chain())
			.trustManager(InsecureTrustManagerFactory.INSTANCE)
			.build();
	}

	/**
	 * Denies, and waits for the last end.
	 * @return whether there was one
	 * @throws InterruptedException if interrupted
	 */
	@Benchmark
	public boolean deny() throws InterruptedException {
		this.intentions.deliver(true, TestIntentions.intention("web", "api", IntentionRule.DENY));
		return this.closed.await(60, TimeUnit.SECONDS);
	}

	/**
	 * Stops everything.
	 */
	@TearDown
	public void stop() {
		this.loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
		this.tls.close();
		this.intentions.close();
		this.identities.close();
	}

	/**
	 * Says a byte once the caller is admitted.
	 */
	private static final class Greeting extends ChannelInboundHandlerAdapter {

		@Override
		public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
			if (event == SslHandshakeCompletionEvent.SUCCESS) {
				ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte(1));
			}
			ctx.fireUserEventTriggered(event);
		}

	}

	private final class Dialled extends ChannelInboundHandlerAdapter {

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object message) {
			ReferenceCountUtil.release(message);
			RevocationBenchmark.this.open.countDown();
			RevocationBenchmark.this.dialling.release();
		}

		@Override
		public void channelInactive(ChannelHandlerContext ctx) {
			RevocationBenchmark.this.closed.countDown();
		}

	}

}
