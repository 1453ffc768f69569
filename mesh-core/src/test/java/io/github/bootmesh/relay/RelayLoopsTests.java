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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RelayLoopsTests {

	@Test
	void whenConnectedThenNothingIsHeldBackAndALostPeerIsNoticed() throws Exception {
		CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
		try (RelayLoops loops = new RelayLoops(1)) {
			Channel listening = loops
				.listen(RelayTestbed.ANY_PORT, (channel) -> accepted.complete((SocketChannel) channel))
				.sync()
				.channel();
			SocketChannel dialled = (SocketChannel) loops
				.dial(listening.eventLoop(), (InetSocketAddress) listening.localAddress(), Duration.ofDays(1000),
						RelayLoops::keepAlive)
				.sync()
				.channel();
			assertThat(dialled.config().isTcpNoDelay()).isTrue();
			assertThat(accepted).succeedsWithin(RelayTestbed.PATIENCE)
				.satisfies((channel) -> assertThat(channel.config().isTcpNoDelay()).isTrue());
			assertThat(dialled.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
			assertThat(dialled.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
				.isEqualTo(60);
			assertThat(dialled.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL)))
				.isEqualTo(10);
			assertThat(dialled.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)))
				.isEqualTo(3);
		}
	}

}
