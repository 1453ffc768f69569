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

import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;

/**
 * Mesh services and strangers that talk over loopback: a server echoes, a client says
 * hello once its handshake is over.
 */
final class Testbed implements AutoCloseable {

	static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	static final Duration PATIENCE = Duration.ofSeconds(20);

	private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private final TestCa ca = TestCa.create(TRUST_DOMAIN);

	// As a destination holds its context: one that nobody holds is collected, and its
	// sessions with it.
	private final Set<SslContext> held = ConcurrentHashMap.newKeySet();

	TestCa ca() {
		return this.ca;
	}

	Service service(String name, SslProvider provider) {
		return service(TestIdentities.of(this.ca, name), provider, TlsSettings.DEFAULTS,
				PeerAdmission.EVERY_VERIFIED_PEER);
	}

	Service service(TestIdentities identities, SslProvider provider, TlsSettings settings, PeerAdmission admission) {
		return service(identities, provider, settings, admission, Clock.systemUTC());
	}

	Service service(TestIdentities identities, SslProvider provider, TlsSettings settings, PeerAdmission admission,
			Clock clock) {
		MeshTls tls = new MeshTls(identities.identity(), settings, admission, clock, provider);
		this.open.push(identities);
		this.open.push(tls);
		return new Service(identities, tls);
	}

	PeerExpectation expecting(String service) {
		return new PeerExpectation(Set.of(SpiffeId.parse(this.ca.uri(service))),
				service + ".default.dc1.internal." + TRUST_DOMAIN, false);
	}

	/** A mesh server. */
	Server listen(Service service, String... alpn) {
		SslContext context = service.tls().serverContext(List.of(alpn));
		return listen((channel) -> {
			channel.pipeline().addLast(context.newHandler(channel.alloc()));
			service.tls().guardInbound(channel);
		});
	}

	/** A server that shows what it is given and trusts everybody. */
	Server listen(TestCa.Issued identity, SslProvider provider, TrustingEverybody trust, String... protocols)
			throws Exception {
		SslContext context = SslContextBuilder.forServer(identity.key(), identity.chain())
			.sslProvider(provider)
			.protocols((protocols.length > 0) ? protocols : null)
			.clientAuth(ClientAuth.REQUIRE)
			.trustManager(trust)
			.build();
		return listen((channel) -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
	}

	Server listen(Consumer<Channel> initializer) {
		List<Channel> accepted = new CopyOnWriteArrayList<>();
		List<String> heard = new CopyOnWriteArrayList<>();
		Channel listening = new ServerBootstrap().group(this.group)
			.channel(NioServerSocketChannel.class)
			.childHandler(new ChannelInitializer<>() {

				@Override
				protected void initChannel(Channel channel) {
					accepted.add(channel);
					initializer.accept(channel);
					channel.pipeline().addLast(new Echo(heard));
				}

			})
			.bind("127.0.0.1", 0)
			.syncUninterruptibly()
			.channel();
		this.open.push(() -> listening.close().sync());
		return new Server(((InetSocketAddress) listening.localAddress()).getPort(), accepted, heard);
	}

	/** A mesh client that says hello. */
	Dialled dial(Service client, PeerExpectation expectation, Server server, String... alpn) {
		SslContext context = client.tls().clientContext(expectation, List.of(alpn));
		this.held.add(context);
		return dial(server, (channel) -> {
			channel.pipeline().addLast(context.newHandler(channel.alloc(), "127.0.0.1", server.port()));
			client.tls().guardOutbound(channel, expectation);
		});
	}

	/** A client that shows what it is given and trusts everybody. */
	Dialled dial(TestCa.@Nullable Issued identity, SslProvider provider, String protocol, Server server)
			throws Exception {
		return dial(stranger(identity, provider, protocol), server);
	}

	Dialled dial(SslContext context, Server server) {
		return dial(server, (channel) -> {
			SslHandler handler = context.newHandler(channel.alloc(), "127.0.0.1", server.port());
			handler.setHandshakeTimeout(1, TimeUnit.MINUTES);
			channel.pipeline().addLast(handler);
		});
	}

	static SslContext stranger(TestCa.@Nullable Issued identity, SslProvider provider, String protocol)
			throws Exception {
		return stranger(identity, provider, protocol, new TrustingEverybody());
	}

	static SslContext stranger(TestCa.@Nullable Issued identity, SslProvider provider, String protocol,
			TrustingEverybody trust) throws Exception {
		SslContextBuilder builder = SslContextBuilder.forClient()
			.sslProvider(provider)
			.protocols(protocol)
			.endpointIdentificationAlgorithm(null)
			.trustManager(trust);
		if (identity != null) {
			// Unlike a key store, it takes every chain as it is.
			builder.keyManager(new GenerationKeyManager(
					TestIdentities.generation(1, "spiffe://any.consul/ns/default/dc/dc1/svc/any", identity)));
		}
		return builder.build();
	}

	Dialled dial(Server server, Consumer<Channel> initializer) {
		Greeter greeter = new Greeter();
		ChannelFuture connecting = new Bootstrap().group(this.group)
			.channel(NioSocketChannel.class)
			.handler(new ChannelInitializer<>() {

				@Override
				protected void initChannel(Channel channel) {
					initializer.accept(channel);
					channel.pipeline().addLast(greeter);
				}

			})
			.connect("127.0.0.1", server.port());
		// A reset may come that early.
		connecting.addListener((future) -> {
			if (!future.isSuccess()) {
				greeter.answer.completeExceptionally(future.cause());
			}
		});
		Channel channel = connecting.channel();
		this.open.push(() -> channel.close().sync());
		return new Dialled(channel, greeter.answer);
	}

	@Override
	public void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
		this.group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
	}

	/** A service with its identity. */
	record Service(TestIdentities identities, MeshTls tls) {

	}

	/** A server, what it accepted and what it was told. */
	record Server(int port, List<Channel> accepted, List<String> heard) {

	}

	/** A client's channel and what it was answered. */
	record Dialled(Channel channel, CompletableFuture<String> answer) {

	}

	private static final class Echo extends ChannelInboundHandlerAdapter {

		private final List<String> heard;

		Echo(List<String> heard) {
			this.heard = heard;
		}

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object message) {
			this.heard.add(((ByteBuf) message).toString(StandardCharsets.UTF_8));
			ctx.writeAndFlush(message);
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
			ctx.close();
		}

	}

	private static final class Greeter extends ChannelInboundHandlerAdapter {

		private final CompletableFuture<String> answer = new CompletableFuture<>();

		@Override
		public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
			if (event instanceof SslHandshakeCompletionEvent handshake) {
				if (handshake.isSuccess()) {
					ctx.writeAndFlush(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8));
				}
				else {
					this.answer.completeExceptionally(handshake.cause());
				}
			}
		}

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object message) {
			this.answer.complete(((ByteBuf) message).toString(StandardCharsets.UTF_8));
			((ByteBuf) message).release();
		}

		@Override
		public void channelInactive(ChannelHandlerContext ctx) {
			this.answer.completeExceptionally(new ClosedChannelException());
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
			this.answer.completeExceptionally(cause);
		}

	}

}
