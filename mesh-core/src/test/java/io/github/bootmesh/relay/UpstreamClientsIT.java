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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.buffer.Unpooled;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

import io.github.bootmesh.testing.Redis;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that keep connections of their own, through an upstream, while certificates
 * rotate.
 */
class UpstreamClientsIT {

	private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

	private static final int MUCH = 4 * 1024 * 1024;

	private final RelayTestbed testbed = new RelayTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private UpstreamListener upstream(int port) throws IOException {
		this.testbed.serve("program", new InetSocketAddress(LOOPBACK, port));
		return this.testbed.upstream("program", RelayTestbed.ANY_PORT);
	}

	private RedisClient lettuce(UpstreamListener upstream) {
		RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", AgentTestbed.port(upstream)));
		this.testbed.start(() -> client.shutdown(0, 10, TimeUnit.SECONDS));
		return client;
	}

	@Test
	void whenLettucePipelinesThenEveryCommandIsAnswered() throws Exception {
		UpstreamListener upstream = upstream(this.testbed.start(Redis.start()).port());
		try (StatefulRedisConnection<String, String> connection = lettuce(upstream).connect()) {
			connection.setAutoFlushCommands(false);
			for (int round = 0; round < 5; round++) {
				List<RedisFuture<Long>> answers = new ArrayList<>();
				for (int i = 0; i < 10_000; i++) {
					answers.add(connection.async().incr("entry"));
				}
				connection.flushCommands();
				assertThat(LettuceFutures.awaitAll(60, TimeUnit.SECONDS, answers.toArray(RedisFuture[]::new))).isTrue();
				assertThat(answers.get(9_999).get()).isEqualTo((round + 1) * 10_000L);
				this.testbed.rotate();
			}
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenTheInstanceEndsThenLettuceComesBackToTheNextOneAndItsSubscriptionsToo() throws Exception {
		Redis redis = this.testbed.start(Redis.start());
		PublicListener first = this.testbed.ledger("l1", redis.port(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
		UpstreamListener upstream = this.testbed.upstream("ledger", RelayTestbed.ANY_PORT);
		RedisClient client = lettuce(upstream);
		Queue<String> told = new ConcurrentLinkedQueue<>();
		try (StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
				StatefulRedisConnection<String, String> publisher = client.connect()) {
			subscriber.addListener(new RedisPubSubAdapter<>() {

				@Override
				public void message(String channel, String message) {
					told.add(message);
				}

			});
			subscriber.sync().subscribe("ledger");
			publisher.sync().publish("ledger", "before");
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> told.contains("before"));
			PublicListener second = this.testbed.ledger("l2", redis.port(),
					this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
			this.testbed.catalog().remove("ledger", "l1");
			first.close();
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> second.status().connections() == 2);
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> {
				publisher.sync().publish("ledger", "after");
				return told.contains("after");
			});
		}
	}

	private DisposableServer webServer(HttpProtocol... protocols) {
		DisposableServer server = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.protocol(protocols)
			.route((routes) -> routes
				.get("/hello", (request, response) -> response.sendString(Mono.just("hello " + request.protocol())))
				.post("/echo", (request, response) -> response.send(request.receive().retain())))
			.bindNow();
		this.testbed.start(server::disposeNow);
		return server;
	}

	@ParameterizedTest
	@EnumSource(names = { "HTTP11", "H2C" })
	void whenAnHttpClientCallsThenItsConnectionServesManyRequestsThroughRotations(HttpProtocol protocol)
			throws Exception {
		UpstreamListener upstream = upstream(webServer(protocol).port());
		ConnectionProvider connections = ConnectionProvider.builder("test")
			.maxConnections(2)
			.pendingAcquireMaxCount(-1)
			.build();
		this.testbed.start(() -> connections.disposeLater().block());
		byte[] much = much();
		// Of HTTP/2 with prior knowledge.
		reactor.netty.http.client.HttpClient client = reactor.netty.http.client.HttpClient.create(connections)
			.protocol(protocol)
			.baseUrl("http://127.0.0.1:" + AgentTestbed.port(upstream));
		for (int i = 0; i < 3; i++) {
			List<String> answers = Flux.range(0, 200)
				.flatMap((number) -> client.get().uri("/hello").responseContent().aggregate().asString(), 20)
				.collectList()
				.block(RelayTestbed.PATIENCE);
			assertThat(answers).hasSize(200)
				.containsOnly((protocol == HttpProtocol.H2C) ? "hello HTTP/2.0" : "hello HTTP/1.1");
			assertThat(client.post()
				.uri("/echo")
				.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(much)))
				.responseContent()
				.aggregate()
				.asByteArray()
				.block(RelayTestbed.PATIENCE)).isEqualTo(much);
			this.testbed.rotate();
		}
		assertThat(upstream.status().connections()).isBetween(1, 2);
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenTheJdksHttpClientUpgradesToHttp2ThenItIsAnsweredInHttp2() throws Exception {
		UpstreamListener upstream = upstream(webServer(HttpProtocol.HTTP11, HttpProtocol.H2C).port());
		HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + AgentTestbed.port(upstream) + "/hello"))
			.timeout(RelayTestbed.PATIENCE)
			.build();
		for (int i = 0; i < 5; i++) {
			HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
			assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenGrpcCallsAndStreamsThenEveryMessageArrives() throws Exception {
		MethodDescriptor<byte[], byte[]> unary = method(MethodDescriptor.MethodType.UNARY, "Ask");
		MethodDescriptor<byte[], byte[]> stream = method(MethodDescriptor.MethodType.BIDI_STREAMING, "Talk");
		Server server = NettyServerBuilder.forAddress(new InetSocketAddress(LOOPBACK, 0))
			.maxInboundMessageSize(2 * MUCH)
			.addService(ServerServiceDefinition.builder("program.Program")
				.addMethod(unary, ServerCalls.asyncUnaryCall((message, answers) -> {
					answers.onNext(message);
					answers.onCompleted();
				}))
				.addMethod(stream, ServerCalls.asyncBidiStreamingCall((answers) -> answers))
				.build())
			.build()
			.start();
		this.testbed.start(() -> server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
		UpstreamListener upstream = upstream(server.getPort());
		ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", AgentTestbed.port(upstream))
			.usePlaintext()
			.maxInboundMessageSize(2 * MUCH)
			.build();
		this.testbed.start(() -> channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
		byte[] much = much();
		assertThat(ClientCalls.blockingUnaryCall(channel, unary, CallOptions.DEFAULT, much)).isEqualTo(much);
		Queue<byte[]> heard = new ConcurrentLinkedQueue<>();
		CountDownLatch completed = new CountDownLatch(1);
		StreamObserver<byte[]> talk = ClientCalls.asyncBidiStreamingCall(channel.newCall(stream, CallOptions.DEFAULT),
				new StreamObserver<>() {

					@Override
					public void onNext(byte[] message) {
						heard.add(message);
					}

					@Override
					public void onError(Throwable ex) {
						heard.clear();
						completed.countDown();
					}

					@Override
					public void onCompleted() {
						completed.countDown();
					}

				});
		for (int i = 0; i < 1000; i++) {
			talk.onNext(String.valueOf(i).getBytes(StandardCharsets.US_ASCII));
			if (i % 100 == 0) {
				this.testbed.rotate();
			}
		}
		talk.onCompleted();
		assertThat(completed.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(heard).hasSize(1000);
		assertThat(upstream.status().connections()).isOne();
		assertThat(upstream.status().failures()).isEmpty();
	}

	private static MethodDescriptor<byte[], byte[]> method(MethodDescriptor.MethodType type, String name) {
		return MethodDescriptor.<byte[], byte[]>newBuilder()
			.setType(type)
			.setFullMethodName(MethodDescriptor.generateFullMethodName("program.Program", name))
			.setRequestMarshaller(new Bytes())
			.setResponseMarshaller(new Bytes())
			.build();
	}

	private static byte[] much() {
		byte[] bytes = new byte[MUCH];
		new Random(4).nextBytes(bytes);
		return bytes;
	}

	/**
	 * A message is its bytes.
	 */
	private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {

		@Override
		public InputStream stream(byte[] value) {
			return new ByteArrayInputStream(value);
		}

		@Override
		public byte[] parse(InputStream stream) {
			try {
				return stream.readAllBytes();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
