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

import java.time.Duration;

/**
 * Limits of accepted connections.
 *
 * @param handshakeTimeout time in which a handshake must be done
 * @param maxConnections open accepted connections at most
 * @param maxHandshakes handshakes under way at once at most
 * @param drain time that a connection whose trust has ended gets to finish its exchanges
 */
public record TlsSettings(Duration handshakeTimeout, int maxConnections, int maxHandshakes, Duration drain) {

	/**
	 * The defaults, each with its reason where it is declared.
	 */
	public static final TlsSettings DEFAULTS = new TlsSettings(Duration.ofSeconds(10), 8192, 256,
			Duration.ofSeconds(10));

}
