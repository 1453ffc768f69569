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

import java.security.GeneralSecurityException;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;

import io.netty.handler.ssl.SslHandler;

import io.github.bootmesh.MeshIdentityUnavailableException;

/**
 * Stands where a handshake would be while there is no identity to make one with. Its
 * engine has no cipher suites: nothing is ever sent or accepted in plaintext, and every
 * handshake fails at its beginning.
 */
final class UnavailableSslHandler extends SslHandler {

	private final MeshIdentityUnavailableException cause;

	private UnavailableSslHandler(SSLEngine engine, MeshIdentityUnavailableException cause) {
		super(engine);
		this.cause = cause;
	}

	static UnavailableSslHandler create(MeshIdentityUnavailableException cause, boolean client) {
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(null, new TrustManager[0], null);
			SSLEngine engine = context.createSSLEngine();
			engine.setUseClientMode(client);
			engine.setEnabledCipherSuites(new String[0]);
			return new UnavailableSslHandler(engine, cause);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	MeshIdentityUnavailableException cause() {
		return this.cause;
	}

}
