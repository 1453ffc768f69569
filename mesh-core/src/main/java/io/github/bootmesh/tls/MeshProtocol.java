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

import io.netty.channel.Channel;

import io.github.bootmesh.Internal;

/**
 * What is spoken on a mesh connection, which alone knows how the connection ends without
 * losing an exchange. Called on the channel's event loop; whoever calls closes the
 * channel when the time is up.
 */
@Internal
@FunctionalInterface
public interface MeshProtocol {

	/**
	 * Finishes what is in flight, takes nothing new and closes: the trust in the peer has
	 * ended.
	 * @param channel the channel
	 */
	void drain(Channel channel);

	/**
	 * Closes at once if nothing is in flight, else as soon as nothing is: the peer is
	 * admitted no more.
	 * @param channel the channel
	 */
	default void revoke(Channel channel) {
		channel.close();
	}

	/**
	 * Whether a connection is drained when the certificate that its peer once showed has
	 * ended. Not where it is one long exchange that nobody could go on with on another
	 * connection.
	 */
	default boolean endsWithCertificate() {
		return true;
	}

	/**
	 * Decides again on the exchanges in flight: what they were decided by has changed,
	 * while the peer is still admitted.
	 * @param channel the channel
	 */
	default void decideAgain(Channel channel) {
	}

}
