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

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.RequestFacts;
import io.github.bootmesh.tls.OpenConnections;

/**
 * The accepted connections of the server, told of each exchange by Reactor Netty.
 */
final class InboundConnections implements ConnectionObserver {

	private static final String REFUSED = "bootmesh.refused";

	static final AttributeKey<InboundConnection> CONNECTION = AttributeKey.valueOf(InboundConnections.class,
			"CONNECTION");

	private final RequestGate gate;

	private final ForwardedClientCertificate forwarded;

	private final Duration grace;

	private final Set<InboundConnection> open = ConcurrentHashMap.newKeySet();

	private volatile boolean ending;

	InboundConnections(RequestGate gate, ForwardedClientCertificate forwarded, Duration grace) {
		this.gate = gate;
		this.forwarded = forwarded;
		this.grace = grace;
	}

	/**
	 * Adds an accepted connection.
	 * @param firstRequest time in which one without TLS must have asked for something,
	 * {@code null} where there is none without
	 */
	void add(Channel channel, @Nullable Duration firstRequest) {
		InboundConnection connection = new InboundConnection(channel, this.gate, this.grace);
		channel.attr(CONNECTION).set(connection);
		channel.attr(OpenConnections.PROTOCOL).set(connection);
		channel.pipeline().addLast(MalformedStreams.INSTANCE);
		if (firstRequest != null) {
			connection.limitFirstRequest(firstRequest);
		}
		this.open.add(connection);
		channel.closeFuture().addListener((closed) -> this.open.remove(connection));
	}

	/**
	 * From now on each connection, also one still to come, is used for one more exchange
	 * at most.
	 */
	void announceEnd() {
		this.ending = true;
		this.open.forEach(InboundConnection::announceEnd);
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state == State.CONFIGURED && connection instanceof HttpServerRequest request
				&& connection instanceof HttpServerResponse response) {
			headArrived(connection.channel(), connection, request, response);
		}
		else if (state == State.DISCONNECTING) {
			InboundConnection inbound = MeshChannels.of(connection.channel()).attr(CONNECTION).get();
			if (inbound != null) {
				inbound.ends(connection.channel());
			}
		}
	}

	/**
	 * Decides between a request's head and whoever handles it, a route or Spring. What is
	 * allowed is an exchange from then on, so that a change of intentions finds it.
	 */
	private void headArrived(Channel channel, Connection operations, HttpServerRequest request,
			HttpServerResponse response) {
		Channel connected = MeshChannels.of(channel);
		Caller caller = Caller.of(connected);
		sanitize((caller != null) ? caller.peer() : null, request.requestHeaders());
		RequestFacts facts = NettyRequestFacts.of(request);
		Decision decision = this.gate.decide(caller, facts);
		InboundConnection inbound = connected.attr(CONNECTION).get();
		if (inbound != null) {
			inbound.asked();
		}
		if (inbound != null && decision.allowed()) {
			inbound.begins(channel, new Exchange(channel, response, facts), this.ending);
		}
		else {
			if (caller == null || caller.peer() == null) {
				// Whoever it is has no claim on a connection.
				response.keepAlive(false);
			}
			channel.pipeline()
				.addBefore(NettyPipeline.ReactiveBridge, REFUSED,
						new RefusedRequest(decision, (ChannelOperations<?, ?>) operations, response));
		}
	}

	// Here, so that routes and handlers that are not Spring's do not see it either, and
	// rules do not take a peer's word.
	private void sanitize(@Nullable MeshPeer peer, HttpHeaders headers) {
		List<String> sent = headers.getAll(ForwardedClientCertificate.HEADER);
		List<String> seen = this.forwarded.seen(peer, sent);
		if (seen != sent) {
			headers.set(ForwardedClientCertificate.HEADER, seen);
		}
	}

}
