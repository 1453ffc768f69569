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

package io.github.bootmesh.relay;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.PromiseNotifier;
import jdk.net.ExtendedSocketOptions;

import io.github.bootmesh.Internal;

/**
 * The event loops and sockets of relays, shared with nothing else: what blocks one of
 * them stops every relay on it. The sockets are the JDK's: with Netty's epoll a FIN has
 * all be read that the kernel holds, whether there is room for it or not. Thread-safe.
 */
@Internal
public final class RelayLoops implements AutoCloseable {

	// With Netty's default, the adaptive one, large streams were seen to take twice the
	// time on JDK 25, where Netty does without Unsafe (mesh-benchmarks/compare-relays).
	static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

	// Bytes on their way to one side at which the other is read no more, and below which
	// it is again. A read fills them once, and a full TLS record fits.
	private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

	private static final Map<ChannelOption<Integer>, Integer> KEEP_ALIVE = Map.of(
			NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), 60,
			NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), 10,
			NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), 3);

	private final EventLoopGroup loops;

	private final FileDescriptors descriptors;

	private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

	// Netty's own DNS client: the JDK's would block an event loop.
	private final DnsAddressResolverGroup resolver = new DnsAddressResolverGroup(NioDatagramChannel.class,
			DnsServerAddressStreamProviders.platformDefault());

	/**
	 * Makes event loops.
	 * @param threads how many
	 */
	public RelayLoops(int threads) {
		this(threads, FileDescriptors.ofProcess());
	}

	RelayLoops(int threads, FileDescriptors descriptors) {
		this.descriptors = descriptors;
		this.loops = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("bootmesh-relay", true),
				NioIoHandler.newFactory());
	}

	FileDescriptors descriptors() {
		return this.descriptors;
	}

	/**
	 * Listens. Accepted connections are not read until somebody does.
	 */
	ChannelFuture listen(SocketAddress address, Consumer<DuplexChannel> accepted) {
		boolean unix = address instanceof UnixDomainSocketAddress;
		ServerBootstrap bootstrap = new ServerBootstrap().group(this.loops)
			.channel(unix ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class)
			.childHandler(initializer(accepted));
		options(unix, bootstrap::childOption);
		ChannelFuture bound = bootstrap.bind(address);
		// Without a file descriptor there is nothing to close.
		if (bound.cause() == null) {
			this.open.add(bound.channel());
		}
		return bound;
	}

	EventLoop next() {
		return this.loops.next();
	}

	/**
	 * Dials on the event loop given, which hears of the end: of a socket that cannot be
	 * made, as without file descriptors, Netty tells on a thread of its own. The
	 * connection is not read until somebody does.
	 */
	ChannelFuture dial(EventLoop loop, SocketAddress address, Duration timeout, Consumer<DuplexChannel> initializer) {
		boolean unix = address instanceof UnixDomainSocketAddress;
		Bootstrap bootstrap = new Bootstrap().group(loop)
			.channel(unix ? NioDomainSocketChannel.class : NioSocketChannel.class)
			.resolver(this.resolver)
			.option(ChannelOption.CONNECT_TIMEOUT_MILLIS,
					(int) Math.max(1, Math.min(timeout.toMillis(), Integer.MAX_VALUE)))
			.handler(initializer(initializer));
		options(unix, bootstrap::option);
		ChannelFuture connected = bootstrap.connect(address);
		ChannelPromise told = new DefaultChannelPromise(connected.channel(), loop);
		PromiseNotifier.cascade(connected, told);
		return told;
	}

	private static void options(boolean unix, Options options) {
		options.set(ChannelOption.ALLOCATOR, ALLOCATOR);
		options.set(ChannelOption.AUTO_READ, false);
		options.set(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
		if (!unix) {
			options.set(ChannelOption.ALLOW_HALF_CLOSURE, true);
			options.set(ChannelOption.TCP_NODELAY, true);
		}
	}

	/**
	 * Has the kernel notice a peer that is gone: after a minute of silence it is asked
	 * three times, ten seconds apart, which is far shorter than the two hours of most
	 * systems and longer than a switch takes to come back. On this host nobody is gone
	 * unnoticed: a Unix socket has nothing of it.
	 */
	static void keepAlive(DuplexChannel channel) {
		if (channel instanceof SocketChannel tcp) {
			tcp.config().setKeepAlive(true);
			KEEP_ALIVE.forEach(tcp.config()::setOption);
		}
	}

	private ChannelInitializer<DuplexChannel> initializer(Consumer<DuplexChannel> initializer) {
		return new ChannelInitializer<>() {

			@Override
			protected void initChannel(DuplexChannel channel) {
				RelayLoops.this.open.add(channel);
				if (!(channel instanceof SocketChannel)) {
					UnixHalfClosure.allow(channel);
				}
				initializer.accept(channel);
			}

		};
	}

	/**
	 * Ends the event loops. Whatever is still open on them is reset first: Netty 4.2
	 * closes none of it if the end is asked for between its last two looks at whether it
	 * was.
	 */
	@Override
	public void close() {
		this.resolver.close();
		this.open.forEach((channel) -> channel.eventLoop().execute(() -> RelayEnd.reset(channel)));
		this.loops.shutdownGracefully(0, CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
			.awaitUninterruptibly(CLOSE_TIMEOUT.toMillis());
	}

	/**
	 * Of a bootstrap.
	 */
	private interface Options {

		<T> void set(ChannelOption<T> option, T value);

	}

}
