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

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshPeer;

/**
 * The open mesh connections of a service. Connections whose trust has ended (root gone,
 * certificate over) are told to drain and are closed at the end of the drain time;
 * accepted ones whose peer is admitted no more, at the end of the revocation grace.
 * Thread-safe.
 */
@Internal
public final class OpenConnections {

	/**
	 * Set by whoever speaks the protocol on a channel; without it the channel is closed
	 * where its exchanges could have ended.
	 */
	public static final AttributeKey<MeshProtocol> PROTOCOL = AttributeKey.valueOf(OpenConnections.class, "PROTOCOL");

	/**
	 * Set when the trust in a channel's peer or its admission has ended, before whatever
	 * ended it is known to anybody else: nothing new may be sent on the channel.
	 */
	public static final AttributeKey<Boolean> ENDING = AttributeKey.valueOf(OpenConnections.class, "ENDING");

	private static final Logger logger = LoggerFactory.getLogger(OpenConnections.class);

	private final Set<MeshConnection> connections = ConcurrentHashMap.newKeySet();

	private final AtomicInteger inbound = new AtomicInteger();

	private final AtomicInteger outbound = new AtomicInteger();

	private final AtomicLong revoked = new AtomicLong();

	private final String service;

	private final TlsSettings settings;

	private final Clock clock;

	/**
	 * Makes it.
	 * @param service what the service is called in the log
	 * @param settings the limits
	 * @param clock the time to check dates by
	 */
	OpenConnections(String service, TlsSettings settings, Clock clock) {
		this.service = service;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Accepted connections now open.
	 * @return the count
	 */
	public int inbound() {
		return this.inbound.get();
	}

	/**
	 * Dialled connections now open.
	 * @return the count
	 */
	public int outbound() {
		return this.outbound.get();
	}

	/**
	 * Accepted connections that were closed because their peer was admitted no more.
	 * @return the count since the start
	 */
	public long revoked() {
		return this.revoked.get();
	}

	/**
	 * Enters an accepted connection, before it is decided on.
	 * @return {@code null} if there is no room for another one
	 */
	@Nullable MeshConnection enterInbound(Channel channel) {
		if (this.inbound.incrementAndGet() > this.settings.maxConnections()) {
			this.inbound.decrementAndGet();
			return null;
		}
		return enter(channel, true, this.inbound);
	}

	/**
	 * Enters a dialled connection, before it is decided on.
	 */
	MeshConnection enterOutbound(Channel channel) {
		this.outbound.incrementAndGet();
		return enter(channel, false, this.outbound);
	}

	private MeshConnection enter(Channel channel, boolean accepted, AtomicInteger count) {
		MeshConnection connection = new MeshConnection(channel, accepted, this.settings, this.clock);
		this.connections.add(connection);
		channel.closeFuture().addListener((future) -> {
			this.connections.remove(connection);
			count.decrementAndGet();
			connection.closed();
		});
		return connection;
	}

	/**
	 * Ends the connections that were authenticated by a root that is trusted no more.
	 */
	void trustChanged(TlsEpoch epoch) {
		int ended = 0;
		for (MeshConnection connection : this.connections) {
			X509Certificate anchor = connection.anchor();
			if (anchor != null && !epoch.trusts(anchor)) {
				connection.drain("the root that its peer was authenticated by is gone");
				ended++;
			}
		}
		if (ended > 0) {
			logger.info(
					"Draining {} mesh connection(s) of '{}': the root that their peers were authenticated by is gone",
					ended, this.service);
		}
	}

	/**
	 * Decides again on the accepted connections. A connection is entered with its peer
	 * before it is decided on: whichever way the admission changes meanwhile, one of the
	 * two sees the other.
	 */
	void admissionChanged(PeerAdmission admission) {
		int refused = 0;
		for (MeshConnection connection : this.connections) {
			MeshPeer peer = connection.inbound() ? connection.peer() : null;
			if (peer != null && decideAgain(connection, peer, admission)) {
				refused++;
			}
			else if (connection.plaintext() && !decideAgain(connection)) {
				refused++;
			}
		}
		if (refused > 0) {
			this.revoked.addAndGet(refused);
			logger.info("Closing {} mesh connection(s) of '{}': their peers are admitted no more", refused,
					this.service);
		}
	}

	/**
	 * Ends the connections that do without TLS, as if their peers were admitted no more.
	 * To be called once nobody is admitted without TLS.
	 */
	public void endPlaintext() {
		int ended = 0;
		for (MeshConnection connection : this.connections) {
			if (connection.plaintext() && end(connection)) {
				ended++;
			}
		}
		this.revoked.addAndGet(ended);
		logger.info("Closing {} connection(s) of '{}' without TLS: nobody may do without any more", ended,
				this.service);
	}

	private static boolean end(MeshConnection connection) {
		try {
			return connection.revoke("nobody may do without TLS any more");
		}
		catch (RuntimeException ex) {
			return failed(connection, ex);
		}
	}

	// What one decision fails by must not keep the others from being made.
	private static boolean decideAgain(MeshConnection connection, MeshPeer peer, PeerAdmission admission) {
		try {
			String refusal = admission.refusal(peer);
			return (refusal != null) ? connection.revoke(refusal) : !decideAgain(connection);
		}
		catch (RuntimeException | StackOverflowError ex) {
			return failed(connection, ex);
		}
	}

	// Whether it could be told to decide on its exchanges.
	private static boolean decideAgain(MeshConnection connection) {
		try {
			connection.decideAgain();
			return true;
		}
		catch (RuntimeException ex) {
			return !failed(connection, ex);
		}
	}

	private static boolean failed(MeshConnection connection, Throwable ex) {
		logger.error("Could not decide again on {}, closing it", connection.channel(), ex);
		connection.cut();
		return true;
	}

	void close() {
		this.connections.forEach((connection) -> connection.channel().close());
	}

}
