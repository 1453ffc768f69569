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

package io.github.bootmesh.consul;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.ImmediateEventExecutor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;
import reactor.netty.ByteBufFlux;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * HTTP to the agent: connections, token, bounds, and the mapping of everything that can
 * go wrong to {@link ConsulException}. Knows nothing of endpoints. Thread-safe.
 */
final class ConsulHttp implements AutoCloseable {

	// Go's server and proxies in between may close idle connections; not to meet one that
	// is just being closed is cheaper than to ask twice.
	private static final Duration IDLE = Duration.ofSeconds(20);

	private final ConsulConnection connection;

	private final ConsulLimits limits;

	private final String base;

	private final @Nullable AgentTls tls;

	private final Map<Lane, HttpClient> clients = new EnumMap<>(Lane.class);

	private final Map<Lane, ConnectionProvider> providers = new EnumMap<>(Lane.class);

	private final ChannelGroup channels = new DefaultChannelGroup("bootmesh-consul", ImmediateEventExecutor.INSTANCE,
			true);

	private final ConnectionFaults faults = new ConnectionFaults();

	private volatile boolean closed;

	ConsulHttp(ConsulConnection connection, LoopResources loops, ConsulLimits limits) {
		this.connection = connection;
		this.limits = limits;
		URI url = connection.url();
		this.base = base(url);
		this.tls = url.getScheme().equals("https") ? new AgentTls(connection, limits.connectTimeout()) : null;
		requireTransport(url);
		for (Lane lane : Lane.values()) {
			ConnectionProvider provider = ConnectionProvider.builder("bootmesh-consul")
				.maxConnections(lane.connections(limits))
				.pendingAcquireMaxCount(-1)
				.pendingAcquireTimeout(limits.timeout().dividedBy(2))
				.maxIdleTime(IDLE)
				.build();
			this.providers.put(lane, provider);
			this.clients.put(lane, client(provider, loops));
		}
	}

	// TLS is below Reactor Netty (see AgentTls), which so sees http alone.
	private static String base(URI url) {
		String path = url.getRawPath().replaceAll("/+$", "");
		return switch (url.getScheme()) {
			case "unix" -> "";
			case "https" -> "http://" + url.getHost() + ":" + ((url.getPort() >= 0) ? url.getPort() : 443) + path;
			default -> "http://" + url.getRawAuthority() + path;
		};
	}

	private static void requireTransport(URI url) {
		if (url.getScheme().equals("unix") && !LoopResources.hasNativeSupport()) {
			throw new IllegalArgumentException("The URL of Consul '" + url + "' needs Netty's native transport: add "
					+ "io.netty:netty-transport-native-epoll for this platform, or use http://localhost:8500");
		}
	}

	private HttpClient client(ConnectionProvider provider, LoopResources loops) {
		HttpClient client = HttpClient.create(provider)
			.runOn(loops)
			.followRedirect(false)
			.disableRetry(true)
			.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(this.limits.connectTimeout().toMillis()))
			.doOnChannelInit((observer, channel, address) -> prepare(channel));
		URI url = this.connection.url();
		return url.getScheme().equals("unix") ? client.remoteAddress(() -> new DomainSocketAddress(url.getPath()))
				: client.option(ChannelOption.SO_KEEPALIVE, true).resolver((spec) -> spec.runOn(loops));
	}

	private void prepare(Channel channel) {
		channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, "bootmesh.faults", this.faults);
		if (this.tls != null) {
			channel.pipeline().addFirst("bootmesh.tls", this.tls.newHandler());
		}
		this.channels.add(channel);
	}

	/**
	 * Sends a request, and once more if Consul refuses the token and there is a new one.
	 * @param request the request
	 * @param tokens gives the ACL token
	 * @return the response, whatever its status
	 */
	Mono<ConsulResponse> send(ConsulRequest request, Supplier<@Nullable String> tokens) {
		return Mono.defer(() -> {
			if (this.closed) {
				return Mono.error(new IOException("closed"));
			}
			String token = checked(request, tokens.get());
			return exchange(request, token).flatMap((response) -> {
				if (response.status() != 403) {
					return Mono.just(response);
				}
				String current = rereadToken(request, tokens);
				return Objects.equals(token, current) ? Mono.just(response) : exchange(request, current);
			});
		}).onErrorMap((ex) -> !(ex instanceof ConsulException), (ex) -> failure(request, ex));
	}

	private Mono<ConsulResponse> exchange(ConsulRequest request, @Nullable String token) {
		HttpClient client = Objects.requireNonNull(this.clients.get(request.lane()));
		Sinks.One<Signal<ConsulResponse>> fault = Sinks.one();
		Mono<Signal<ConsulResponse>> answer = client.request(request.method())
			.uri(this.base + request.path() + request.query())
			.send((outgoing, outbound) -> {
				outbound.withConnection((connection) -> ConnectionFaults.follow(connection.channel(), fault));
				headers(outgoing, request, token);
				byte[] body = request.body();
				return outbound.send(Mono.just((body != null) ? Unpooled.wrappedBuffer(body) : Unpooled.EMPTY_BUFFER));
			})
			.response((response,
					content) -> body(request, response, content).map((body) -> new ConsulResponse(request,
							response.status().code(), response.responseHeaders(), body, token)))
			.single()
			.materialize();
		Mono<Signal<ConsulResponse>> late = Mono.delay(request.timeout())
			.map((tick) -> Signal.error(new ConsulException.Timeout(request + ": no answer from "
					+ this.connection.url() + " within " + request.timeout().toMillis() + " ms", null)));
		// Errors are values here: Reactor logs those that come when nobody waits any
		// more.
		return Mono.firstWithSignal(fault.asMono(), late, answer).dematerialize();
	}

	private static void headers(HttpClientRequest outgoing, ConsulRequest request, @Nullable String token) {
		outgoing.header("Accept", "application/json");
		if (request.body() != null) {
			outgoing.header("Content-Type", "application/json");
		}
		if (token != null) {
			outgoing.header("X-Consul-Token", token);
		}
	}

	private Mono<byte[]> body(ConsulRequest request, HttpClientResponse response, ByteBufFlux content) {
		return content.asByteArray().collect(ByteArrayOutputStream::new, (collected, chunk) -> {
			if (collected.size() + chunk.length > this.limits.answerBytes()) {
				throw new ConsulException.Unreadable(request + ": " + response.status().code() + " with more than the "
						+ this.limits.answerBytes() + " bytes that are read", null);
			}
			collected.writeBytes(chunk);
		}).map(ByteArrayOutputStream::toByteArray);
	}

	private static @Nullable String rereadToken(ConsulRequest request, Supplier<@Nullable String> tokens) {
		return checked(request, (tokens instanceof TokenFile file) ? file.reread() : tokens.get());
	}

	// Netty would refuse it too, but with the value in its message.
	private static @Nullable String checked(ConsulRequest request, @Nullable String token) {
		if (token == null || token.isBlank()) {
			return null;
		}
		if (!token.chars().allMatch((character) -> character > 0x20 && character < 0x7F)) {
			throw new ConsulException.Refused(
					request + ": the ACL token holds a character that cannot be sent in a header");
		}
		return token;
	}

	private ConsulException failure(ConsulRequest request, Throwable ex) {
		if (this.closed) {
			return new ConsulException.Unreachable(request + ": the Consul client is closed", null);
		}
		if (ex instanceof PoolAcquireTimeoutException || ex instanceof PoolAcquirePendingLimitException) {
			return new ConsulException.Busy(request + ": all connections to Consul are in use");
		}
		if (ex instanceof IOException) {
			String reason = (ex.getMessage() != null) ? ex.getMessage() : ex.getClass().getSimpleName();
			return new ConsulException.Unreachable(
					request + ": cannot reach " + this.connection.url() + ": " + Texts.oneLine(reason, 256), ex);
		}
		// What Netty's decoder says of an answer quotes it, and that may be a key's.
		return new ConsulException.Unreadable(
				request + ": no readable HTTP answer (" + ex.getClass().getSimpleName() + ")", null);
	}

	@Override
	public void close() {
		this.closed = true;
		// Pools that are disposed of while their connections close miscount them.
		this.channels.close().addListener((done) -> this.providers.values().forEach(ConnectionProvider::dispose));
	}

}
