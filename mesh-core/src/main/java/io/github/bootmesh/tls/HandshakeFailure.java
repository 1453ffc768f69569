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

import java.io.IOException;
import java.util.Locale;

import javax.net.ssl.SSLException;

import io.netty.handler.ssl.SslHandshakeTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads out of a failed handshake why we refused it.
 */
final class HandshakeFailure {

	private static final int MAX_CAUSES = 10;

	private HandshakeFailure() {
	}

	/**
	 * What the peer was refused for, when that was it.
	 */
	static @Nullable PeerRefusedException refusedPeer(Throwable failure) {
		Throwable cause = failure;
		for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
			if (cause instanceof PeerRefusedException refused) {
				return refused;
			}
			cause = cause.getCause();
		}
		return null;
	}

	/**
	 * The reason to count an accepted connection's failed handshake by.
	 * @return {@code null} if it was the client that went away or refused us
	 */
	static @Nullable Refusal reason(Throwable failure) {
		PeerRefusedException refused = refusedPeer(failure);
		if (refused != null) {
			return refused.reason();
		}
		if (failure instanceof SslHandshakeTimeoutException) {
			return Refusal.HANDSHAKE_TIMEOUT;
		}
		if (failure instanceof IOException && !(failure instanceof SSLException)) {
			return null;
		}
		// Neither provider has types for these.
		String text = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
		if (text.contains("peer_did_not_return_a_certificate") || text.contains("empty client certificate chain")) {
			return Refusal.NO_CERTIFICATE;
		}
		if (text.contains("certificate chain length") || text.contains("excessive_message_size")) {
			return Refusal.CHAIN_TOO_LONG;
		}
		if (text.contains("modulus_too_large")) {
			return Refusal.KEY_TOO_LARGE;
		}
		if (text.contains("received fatal alert") || text.contains("_alert_")) {
			return null;
		}
		return Refusal.BAD_HANDSHAKE;
	}

}
