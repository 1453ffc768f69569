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
import java.util.function.Supplier;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManager;

import org.jspecify.annotations.Nullable;

/**
 * Makes JSSE contexts out of epochs.
 */
final class JsseContexts {

	private JsseContexts() {
	}

	static SSLContext server(Supplier<TlsEpoch> epochs) {
		return new SwitchableSslContext(epochs, (epoch) -> make(epoch, epoch.clients()), JsseContexts::server);
	}

	static SSLContext client(Supplier<TlsEpoch> epochs, PeerExpectation expectation) {
		return new SwitchableSslContext(epochs, (epoch) -> make(epoch, expectation::check),
				(parameters) -> ServerName.sending(expectation.sni(), common(parameters)));
	}

	private static SSLContext make(TlsEpoch epoch, PeerRule rule) {
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(new KeyManager[] { epoch.keyManager() }, new TrustManager[] { epoch.trustManager(rule) },
					null);
			forget(context.getServerSessionContext());
			forget(context.getClientSessionContext());
			return context;
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("The Java runtime offers no TLS", ex);
		}
	}

	// JSSE cannot do without sessions; a second is the shortest time it knows.
	private static void forget(@Nullable SSLSessionContext sessions) {
		if (sessions != null) {
			sessions.setSessionCacheSize(1);
			sessions.setSessionTimeout(1);
		}
	}

	private static SSLParameters server(SSLParameters parameters) {
		common(parameters).setNeedClientAuth(true);
		return parameters;
	}

	private static SSLParameters common(SSLParameters parameters) {
		parameters.setProtocols(TlsEpoch.protocols().toArray(new String[0]));
		parameters.setCipherSuites(TlsEpoch.cipherSuites().toArray(new String[0]));
		return parameters;
	}

}
