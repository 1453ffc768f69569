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

import java.net.SocketAddress;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.tls.MeshTls;

/**
 * Who sent a request: a verified peer, or somebody who may do without TLS.
 *
 * @param peer the verified peer, {@code null} for a plain caller
 * @param address where it called from, {@code null} where nobody has to know
 */
@Internal
public record Caller(@Nullable MeshPeer peer, @Nullable SocketAddress address) {

	/**
	 * A verified peer.
	 * @param peer the peer
	 * @return the caller
	 */
	public static Caller of(MeshPeer peer) {
		return new Caller(peer, null);
	}

	/**
	 * The caller on a channel.
	 * @param channel the channel that did the handshake, or did without
	 * @return the caller, {@code null} if nobody was verified and nobody may do without
	 */
	public static @Nullable Caller of(Channel channel) {
		MeshPeer peer = channel.attr(MeshTls.PEER).get();
		if (peer != null) {
			return of(peer);
		}
		return (channel.attr(MeshTls.PLAINTEXT).get() != null) ? new Caller(null, channel.remoteAddress()) : null;
	}

	// For logs.
	@Override
	public String toString() {
		return (this.peer != null) ? this.peer.toString() : "the plain caller " + this.address;
	}

}
