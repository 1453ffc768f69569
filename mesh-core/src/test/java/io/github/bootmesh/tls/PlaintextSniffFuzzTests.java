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

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.identity.TestIdentities;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever comes first on a connection that may do without TLS.
 */
class PlaintextSniffFuzzTests {

	private static final int CONNECTIONS = 1500;

	private final Testbed testbed = new Testbed();

	private final Queue<Throwable> escaped = new ConcurrentLinkedQueue<>();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	@Test
	void onlyWhatBeginsAsARequestDoesPassesWithoutTls() throws Exception {
		Testbed.Service web = web();
		Testbed.Server server = listen(web, (address) -> true);
		SplittableRandom random = new SplittableRandom(7);
		int requests = 0;
		List<byte[]> all = new ArrayList<>();
		for (int i = 0; i < CONNECTIONS; i++) {
			byte[] bytes = bytes(random);
			all.add(bytes);
			requests += (bytes[0] > 0x20 && bytes[0] < 0x7f) ? 1 : 0;
		}
		sendAll(server, all);
		assertThat(requests).isBetween(CONNECTIONS / 10, CONNECTIONS - CONNECTIONS / 10);
		assertThat(server.heard()).hasSize(requests);
		assertThat(this.escaped).isEmpty();
		assertThatTheMeshIsServed(server);
	}

	@Test
	void whoMayNotDoWithoutTlsGetsNothingThrough() throws Exception {
		Testbed.Server server = listen(web(), (address) -> false);
		SplittableRandom random = new SplittableRandom(8);
		List<byte[]> all = new ArrayList<>();
		for (int i = 0; i < CONNECTIONS / 3; i++) {
			all.add(bytes(random));
		}
		sendAll(server, all);
		assertThat(server.heard()).isEmpty();
		assertThat(this.escaped).isEmpty();
		assertThatTheMeshIsServed(server);
	}

	private Testbed.Service web() {
		TlsSettings settings = new TlsSettings(Duration.ofSeconds(5), 8192, 256, Duration.ofSeconds(10), Duration.ZERO);
		return this.testbed.service(TestIdentities.of(this.testbed.ca(), "web"), SslProvider.JDK, settings,
				PeerAdmission.EVERY_VERIFIED_PEER);
	}

	private Testbed.Server listen(Testbed.Service service, Predicate<SocketAddress> plaintext) {
		SslContext context = service.tls().serverContext(List.of());
		return this.testbed.listen((channel) -> {
			channel.pipeline().addLast(context.newHandler(channel.alloc()));
			service.tls().guardInbound(channel, plaintext);
			channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {

				@Override
				public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
					// A reset by the client is none of ours.
					if (!(cause instanceof IOException)) {
						PlaintextSniffFuzzTests.this.escaped.add(cause);
					}
					ctx.close();
				}

			});
		});
	}

	// Ends sending with its bytes, so that nobody waits for more.
	private static void sendAll(Testbed.Server server, List<byte[]> all) throws Exception {
		ExecutorService callers = Executors.newFixedThreadPool(16);
		try {
			List<Future<?>> sent = new ArrayList<>();
			for (byte[] bytes : all) {
				sent.add(callers.submit(() -> send(server, bytes)));
			}
			for (Future<?> one : sent) {
				one.get(60, TimeUnit.SECONDS);
			}
		}
		finally {
			callers.shutdownNow();
		}
	}

	private static void send(Testbed.Server server, byte[] bytes) {
		try (Socket socket = new Socket("127.0.0.1", server.port())) {
			socket.setSoTimeout(20_000);
			socket.getOutputStream().write(bytes);
			socket.shutdownOutput();
			socket.getInputStream().readAllBytes();
		}
		catch (IOException ex) {
			// Reset, which is an answer.
		}
	}

	private void assertThatTheMeshIsServed(Testbed.Server server) throws Exception {
		assertThat(this.testbed
			.dial(this.testbed.service("client", SslProvider.JDK), this.testbed.expecting("web"), server)
			.answer()
			.get(20, TimeUnit.SECONDS)).isEqualTo("hello");
	}

	private static byte[] bytes(SplittableRandom random) {
		byte[] bytes = new byte[1 + random.nextInt(64)];
		random.nextBytes(bytes);
		int kind = random.nextInt(4);
		if (kind == 0) {
			bytes[0] = (byte) (0x21 + random.nextInt(0x7e - 0x20));
		}
		else if (kind == 1) {
			bytes[0] = 0x16;
		}
		return bytes;
	}

}
