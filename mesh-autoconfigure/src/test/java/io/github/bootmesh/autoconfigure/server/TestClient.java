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

package io.github.bootmesh.autoconfigure.server;

import java.security.PrivateKey;
import java.time.Duration;
import java.util.function.UnaryOperator;

import javax.net.ssl.SSLException;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.testing.TestCa;

/**
 * A client that knows nothing of ours, with a certificate or without.
 */
final class TestClient implements AutoCloseable {

	private final ConnectionProvider connections;

	// The application that is tested disposes of the shared ones.
	private final LoopResources loops = LoopResources.create("test-client", 2, true);

	private final HttpClient client;

	private TestClient(ConnectionProvider connections, UnaryOperator<HttpClient> configuration) {
		this.connections = connections;
		this.client = configuration.apply(HttpClient.create(connections).runOn(this.loops));
	}

	/** With a pool of connections. */
	static TestClient of(TestCa.@Nullable Issued leaf, HttpProtocol protocol) {
		return new TestClient(ConnectionProvider.create("test", 50), (client) -> configure(client, leaf, protocol));
	}

	/** With one connection that is used again and again. */
	static TestClient withOneConnection(TestCa.@Nullable Issued leaf) {
		return new TestClient(ConnectionProvider.create("test", 1),
				(client) -> configure(client, leaf, HttpProtocol.HTTP11));
	}

	/** With a connection for each request. */
	static TestClient withoutPool(TestCa.@Nullable Issued leaf) {
		return new TestClient(ConnectionProvider.newConnection(),
				(client) -> configure(client, leaf, HttpProtocol.HTTP11).keepAlive(false));
	}

	private static HttpClient configure(HttpClient client, TestCa.@Nullable Issued leaf, HttpProtocol protocol) {
		SslContext context = context(leaf, protocol);
		return client.protocol(protocol)
			.secure((spec) -> spec.sslContext(context))
			.disableRetry(true)
			.responseTimeout(Duration.ofSeconds(60));
	}

	/** The body of a good answer, or the error. */
	Mono<String> get(int port, String path) {
		return this.client.get().uri("https://127.0.0.1:" + port + path).responseSingle((response, body) -> {
			if (response.status().code() != 200) {
				return Mono.error(new IllegalStateException(response.status().toString()));
			}
			return body.asString();
		});
	}

	/** The status and the body of an answer. */
	Mono<String> answer(int port, HttpMethod method, String path, String body) {
		return this.client.request(method)
			.uri("https://127.0.0.1:" + port + path)
			.send(ByteBufFlux.fromString(Mono.just(body)))
			.responseSingle((response, content) -> content.asString()
				.defaultIfEmpty("")
				.map((text) -> response.status().code() + " " + text));
	}

	/** What is streamed, chunk by chunk. */
	Flux<String> stream(int port, String path) {
		return this.client.get().uri("https://127.0.0.1:" + port + path).responseContent().asString();
	}

	/** What a WebSocket says. */
	Flux<String> socket(int port, String path) {
		return this.client.websocket()
			.uri("wss://127.0.0.1:" + port + path)
			.handle((inbound, outbound) -> inbound.receive().asString());
	}

	Mono<HttpClientResponse> response(int port, String path) {
		return this.client.get().uri("https://127.0.0.1:" + port + path).response();
	}

	@Override
	public void close() {
		this.connections.disposeLater()
			.then(this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)))
			.block(Duration.ofSeconds(10));
	}

	// Trusts any server: what servers show is tested with clients of the mesh.
	static SslContext context(TestCa.@Nullable Issued leaf, HttpProtocol protocol) {
		try {
			SslContextBuilder builder = SslContextBuilder.forClient()
				.trustManager(InsecureTrustManagerFactory.INSTANCE)
				.applicationProtocolConfig(new ApplicationProtocolConfig(ApplicationProtocolConfig.Protocol.ALPN,
						ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
						ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT, (protocol == HttpProtocol.H2)
								? ApplicationProtocolNames.HTTP_2 : ApplicationProtocolNames.HTTP_1_1));
			if (leaf != null) {
				PrivateKey key = leaf.key();
				builder.keyManager(key, leaf.chain());
			}
			return builder.build();
		}
		catch (SSLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
