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

import javax.net.ssl.SSLHandshakeException;

/**
 * The other side ended a dialled connection after its handshake, before it was verified.
 * In TLS 1.3 the one who dials is done first (RFC 8446, section 2): a server that refuses
 * it says so by ending the connection then.
 */
public final class PeerClosedException extends SSLHandshakeException {

	private static final long serialVersionUID = 1L;

	PeerClosedException() {
		super("The connection was closed before the peer was decided on");
	}

}
