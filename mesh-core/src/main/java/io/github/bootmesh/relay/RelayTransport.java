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

import java.util.Map;

import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * How sockets are driven: by Linux's epoll where Netty's native library is there (and
 * {@code io.netty.transport.noNative} is not set), else by the JDK.
 *
 * @param io what an event loop waits with
 * @param listening sockets that accept
 * @param streams sockets that dial
 * @param datagrams sockets that ask DNS
 * @param keepAlive the seconds of silence before a peer is asked, those between two
 * questions, and how many there are
 */
record RelayTransport(IoHandlerFactory io, Class<? extends ServerSocketChannel> listening,
		Class<? extends SocketChannel> streams, Class<? extends DatagramChannel> datagrams,
		Map<ChannelOption<Integer>, Integer> keepAlive) {

	static RelayTransport best() {
		return Epoll.isAvailable() ? epoll() : nio();
	}

	// TCP_USER_TIMEOUT is left alone: Linux ends a connection by it whose living peer
	// takes nothing for that long, and a reader that pauses is no fault.
	static RelayTransport epoll() {
		return new RelayTransport(new EpollHandlers(), EpollServerSocketChannel.class, EpollSocketChannel.class,
				EpollDatagramChannel.class, keepAlive(EpollChannelOption.TCP_KEEPIDLE, EpollChannelOption.TCP_KEEPINTVL,
						EpollChannelOption.TCP_KEEPCNT));
	}

	static RelayTransport nio() {
		return new RelayTransport(NioIoHandler.newFactory(), NioServerSocketChannel.class, NioSocketChannel.class,
				NioDatagramChannel.class,
				keepAlive(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
						NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
						NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)));
	}

	private static Map<ChannelOption<Integer>, Integer> keepAlive(ChannelOption<Integer> idle,
			ChannelOption<Integer> interval, ChannelOption<Integer> count) {
		return Map.of(idle, 60, interval, 10, count, 3);
	}

}
