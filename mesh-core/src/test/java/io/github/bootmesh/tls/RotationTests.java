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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class RotationTests {

	private final Testbed testbed = new Testbed();

	private final LoopResources loops = LoopResources.create("rotation-test", 2, true);

	@AfterEach
	void close() throws Exception {
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
		this.testbed.close();
	}

	private DisposableServer listen(Service service, HttpProtocol protocol, String alpn) {
		SslContext context = service.tls().serverContext(List.of(alpn));
		return HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.runOn(this.loops)
			.protocol(protocol)
			.secure((spec) -> spec.sslContext(context))
			.doOnChannelInit((observer, channel, address) -> service.tls().guardInbound(channel))
			.handle((request, response) -> response
				.sendString(request.receive().aggregate().asString().defaultIfEmpty("").map((body) -> {
					Channel[] channel = new Channel[1];
					request.withConnection((connection) -> channel[0] = connection.channel());
					Channel tls = (channel[0].parent() instanceof SocketChannel) ? channel[0].parent() : channel[0];
					return tls.attr(MeshTls.PEER).get().service() + " says " + body;
				})))
			.bindNow();
	}

	private HttpClient dial(Service service, PeerExpectation expectation, HttpProtocol protocol, String alpn,
			ConnectionProvider connections) {
		SslContext context = service.tls().clientContext(expectation, List.of(alpn));
		return HttpClient.create(connections)
			.runOn(this.loops)
			.protocol(protocol)
			.secure((spec) -> spec.sslContext(context))
			.doOnChannelInit((observer, channel, address) -> service.tls().guardOutbound(channel, expectation));
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenLeavesAndRootsRotateUnderLoadThenNoRequestFails(SslProvider provider) throws Exception {
		Service orders = this.testbed.service("orders", provider);
		Service web = this.testbed.service("web", provider);
		AtomicInteger answered = new AtomicInteger();
		AtomicBoolean enough = new AtomicBoolean();
		ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
		ConnectionProvider connections = ConnectionProvider.builder("rotation")
			.maxConnections(50)
			.maxLifeTime(Duration.ofMillis(150))
			.build();
		DisposableServer server = listen(orders, HttpProtocol.HTTP11, "http/1.1");
		try {
			HttpClient client = dial(web, this.testbed.expecting("orders"), HttpProtocol.HTTP11, "http/1.1",
					connections);
			Mono<Void> load = Flux.range(0, 8).flatMap((loop) -> request(client, server).doOnNext((answer) -> {
				assertThat(answer).isEqualTo("web says hello");
				answered.incrementAndGet();
			}).onErrorResume((ex) -> {
				failures.add(ex);
				return Mono.empty();
			}).repeat(() -> !enough.get())).then();
			var running = load.toFuture();
			TestCa ca = this.testbed.ca();
			for (int round = 0; round < 20; round++) {
				if (round % 2 == 0) {
					ca = ca.rotate();
					orders.identities().rotateRoot(ca);
					web.identities().rotateRoot(ca);
				}
				else {
					web.identities().rotateLeaf();
					orders.identities().rotateLeaf();
				}
				int before = answered.get();
				await().pollDelay(Duration.ofMillis(100)).until(() -> answered.get() > before || !failures.isEmpty());
			}
			enough.set(true);
			assertThat(running).succeedsWithin(Testbed.PATIENCE);
			assertThat(failures).isEmpty();
			assertThat(orders.tls().refusals()).isEmpty();
			assertThat(web.tls().refusals()).isEmpty();
		}
		finally {
			enough.set(true);
			server.disposeNow();
			connections.disposeLater().block();
		}
	}

	private static Mono<String> request(HttpClient client, DisposableServer server) {
		return client.post()
			.uri("https://127.0.0.1:" + server.port() + "/")
			.send(ByteBufFlux.fromString(Mono.just("hello")))
			.responseContent()
			.aggregate()
			.asString();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenHttp2IsSpokenThenPeersAreDecidedOnAsWell(SslProvider provider) throws Exception {
		Service orders = this.testbed.service("orders", provider);
		Service web = this.testbed.service("web", provider);
		ConnectionProvider connections = ConnectionProvider.create("http2", 1);
		DisposableServer server = listen(orders, HttpProtocol.H2, "h2");
		try {
			HttpClient right = dial(web, this.testbed.expecting("orders"), HttpProtocol.H2, "h2", connections);
			assertThat(request(right, server).block(Testbed.PATIENCE)).isEqualTo("web says hello");
			assertThat(request(right, server).block(Testbed.PATIENCE)).isEqualTo("web says hello");
			assertThat(orders.tls().connections().inbound()).isOne();
			ConnectionProvider others = ConnectionProvider.create("http2-wrong", 1);
			HttpClient wrong = dial(web, this.testbed.expecting("billing"), HttpProtocol.H2, "h2", others);
			assertThat(request(wrong, server).toFuture()).failsWithin(Testbed.PATIENCE)
				.withThrowableThat()
				.havingRootCause()
				.isInstanceOf(PeerRefusedException.class)
				.withMessageContaining("/svc/billing")
				.withMessageContaining("/svc/orders");
			others.disposeLater().block();
		}
		finally {
			server.disposeNow();
			connections.disposeLater().block();
		}
	}

}
