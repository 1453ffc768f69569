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

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.handler.codec.haproxy.HAProxyTLV;
import io.netty.util.NetUtil;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.tls.MeshTls;

/**
 * The header with which the PROXY protocol, version 2, tells an application whom it
 * speaks with: the addresses of the peer's connection, and the peer's SPIFFE ID.
 */
final class ProxyHeader {

	/**
	 * The type of the SPIFFE ID, in ASCII. The specification has none for it. Istio's
	 * ztunnel sends this one with the same meaning, and its receivers know it
	 * (PROXY_PROTOCOL_AUTHORITY_TLV); those for one's own use, from 0xE0 on, mean
	 * something else with each cloud's load balancer.
	 */
	static final byte SPIFFE_ID = (byte) 0xD0;

	private ProxyHeader() {
	}

	/**
	 * Sends it to the application before anything else. On the event loop of both.
	 * @param peer the verified peer's channel
	 * @param application the channel to the application, which nothing was written to
	 */
	static void send(Channel peer, Channel application) {
		if (peer.remoteAddress() instanceof InetSocketAddress source
				&& peer.localAddress() instanceof InetSocketAddress destination) {
			MeshPeer known = Objects.requireNonNull(peer.attr(MeshTls.PEER).get(), "a peer without a name");
			application.pipeline().addFirst(HAProxyMessageEncoder.INSTANCE);
			application.writeAndFlush(header(source, destination, known));
			application.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
		}
		else {
			// The peer is gone, and who it was cannot be told.
			RelayEnd.reset(application);
		}
	}

	private static HAProxyMessage header(InetSocketAddress source, InetSocketAddress destination, MeshPeer peer) {
		HAProxyTLV id = new HAProxyTLV(SPIFFE_ID,
				Unpooled.copiedBuffer(peer.id().toString(), StandardCharsets.US_ASCII));
		return new HAProxyMessage(HAProxyProtocolVersion.V2, HAProxyCommand.PROXY,
				(source.getAddress() instanceof Inet4Address) ? HAProxyProxiedProtocol.TCP4
						: HAProxyProxiedProtocol.TCP6,
				NetUtil.toAddressString(source.getAddress()), NetUtil.toAddressString(destination.getAddress()),
				source.getPort(), destination.getPort(), List.of(id));
	}

}
