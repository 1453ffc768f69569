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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

class RelayLoopsTests {

	@ParameterizedTest
	@EnumSource
	void whenConnectedThenNothingIsHeldBackAndALostPeerIsNoticed(RelayTestbed.Sockets sockets) throws Exception {
		RelayTransport transport = sockets.transport();
		CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
		try (RelayLoops loops = new RelayLoops(1, transport)) {
			Channel listening = loops.listen(RelayTestbed.ANY_PORT, accepted::complete).sync().channel();
			SocketChannel dialled = (SocketChannel) loops
				.dial(listening.eventLoop(), (InetSocketAddress) listening.localAddress(), Duration.ofDays(1000),
						loops::keepAlive)
				.sync()
				.channel();
			assertThat(dialled.config().isTcpNoDelay()).isTrue();
			assertThat(accepted).succeedsWithin(RelayTestbed.PATIENCE)
				.satisfies((channel) -> assertThat(channel.config().isTcpNoDelay()).isTrue());
			assertThat(dialled.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
			assertThat(transport.keepAlive()).hasSize(3)
				.allSatisfy((option, seconds) -> assertThat(dialled.config().getOption(option)).isEqualTo(seconds));
		}
	}

}
