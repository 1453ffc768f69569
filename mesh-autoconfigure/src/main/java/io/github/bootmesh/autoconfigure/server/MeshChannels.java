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

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;

import io.github.bootmesh.Internal;
import io.github.bootmesh.intention.RequestFacts;

/**
 * What the channel of a request tells and is told.
 */
@Internal
public final class MeshChannels {

	private MeshChannels() {
	}

	/**
	 * The channel that did the handshake, which knows the peer.
	 * @param channel the channel of a connection or, in HTTP/2, of a stream
	 * @return the connection's channel
	 */
	public static Channel of(Channel channel) {
		return (channel instanceof Http2StreamChannel stream) ? stream.parent() : channel;
	}

	/**
	 * Has an exchange in flight decided on by what it is routed on as well, whenever
	 * intentions change.
	 * @param channel the channel of the connection or, in HTTP/2, of the stream
	 * @param sent the request as it was sent
	 * @param routed the request as it is routed on
	 */
	public static void routedOn(Channel channel, RequestFacts sent, RequestFacts routed) {
		InboundConnection connection = of(channel).attr(InboundConnections.CONNECTION).get();
		if (connection != null) {
			connection.routedOn(channel, sent, routed);
		}
	}

}
