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

import java.nio.charset.StandardCharsets;
import java.util.List;

import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;

import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;

/**
 * A server name to send as it stands. Names in a mesh are made of Consul's names, which
 * {@link javax.net.ssl.SNIHostName} refuses when they hold an underscore or a long label.
 */
final class ServerName extends SNIServerName {

	private ServerName(String name) {
		super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
	}

	static void send(String name, SSLEngine engine) {
		if (engine instanceof ReferenceCountedOpenSslEngine boringSsl) {
			BoringSsl.prepare(boringSsl, name);
			return;
		}
		engine.setSSLParameters(sending(name, engine.getSSLParameters()));
	}

	static SSLParameters sending(String name, SSLParameters parameters) {
		parameters.setServerNames(List.of(new ServerName(name)));
		return parameters;
	}

	/**
	 * Apart, so that nothing of tcnative is loaded without it.
	 */
	private static final class BoringSsl {

		@SuppressWarnings("deprecation")
		static void prepare(ReferenceCountedOpenSslEngine engine, String name) {
			SSL.setTlsExtHostName(engine.sslPointer(), name);
			try {
				// Netty allows a client one renegotiation.
				SSL.setRenegotiateMode(engine.sslPointer(), SSL.SSL_RENEGOTIATE_NEVER);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
