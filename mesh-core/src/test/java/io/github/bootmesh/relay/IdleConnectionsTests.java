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

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Connections that have been used once and are kept, as those of pools are.
 */
class IdleConnectionsTests {

	private static final int BYTES_A_PAIR = 40 * 1024;

	private static final int CONNECTIONS = 400;

	private final RelayTestbed testbed = new RelayTestbed();

	private final List<Socket> kept = new ArrayList<>();

	@AfterEach
	void close() throws Exception {
		for (Socket socket : this.kept) {
			socket.close();
		}
		this.testbed.close();
	}

	@Test
	void whenConnectionsAreIdleThenEachPairHoldsLessThan40KB() throws Exception {
		try (ServerSocket application = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			this.testbed.serve("ledger",
					new InetSocketAddress(application.getInetAddress(), application.getLocalPort()));
			SocketAddress upstream = this.testbed.upstream(RelayTestbed.PATIENT).start();
			open(50, application, upstream);
			long before = used();
			open(CONNECTIONS, application, upstream);
			// Both ends are relays of this process: the upstream's and the public
			// listener's.
			assertThat((used() - before) / (2 * CONNECTIONS)).isLessThan(BYTES_A_PAIR);
		}
	}

	private void open(int count, ServerSocket application, SocketAddress upstream) throws Exception {
		for (int i = 0; i < count; i++) {
			Socket client = this.testbed.connect(upstream);
			client.getOutputStream().write(1);
			Socket accepted = application.accept();
			this.kept.add(accepted);
			assertThat(accepted.getInputStream().read()).isOne();
			accepted.getOutputStream().write(2);
			assertThat(client.getInputStream().read()).isEqualTo(2);
		}
	}

	private static long used() {
		System.gc();
		ByteBufAllocatorMetric netty = ((ByteBufAllocatorMetricProvider) RelayLoops.ALLOCATOR).metric();
		long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)
			.stream()
			.mapToLong(BufferPoolMXBean::getMemoryUsed)
			.sum();
		long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
		return heap + Math.max(direct, netty.usedDirectMemory());
	}

}
