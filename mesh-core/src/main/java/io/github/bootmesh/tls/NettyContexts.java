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

import java.util.List;

import javax.net.ssl.SSLException;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;

/**
 * Makes Netty's TLS contexts out of an epoch, with BoringSSL where its native library is
 * there: both ends of a new connection cost it a fifth of what the JDK's TLS needs.
 */
final class NettyContexts {

	/**
	 * A session holds its peer's chain, some three kilobytes.
	 */
	private static final int SESSIONS = 2048;

	private final SslProvider provider;

	NettyContexts(SslProvider provider) {
		this.provider = provider;
	}

	static SslProvider bestProvider() {
		return (OpenSsl.isAvailable() && "BoringSSL".equals(OpenSsl.versionString())) ? SslProvider.OPENSSL
				: SslProvider.JDK;
	}

	/**
	 * The provider's name for people.
	 */
	String provider() {
		return (this.provider == SslProvider.JDK) ? "JDK" : "BoringSSL";
	}

	SslContext server(TlsEpoch epoch, List<String> alpn) throws SSLException {
		return build(SslContextBuilder.forServer(new KeyManagerFactoryWrapper(epoch.keyManager()))
			.clientAuth(ClientAuth.REQUIRE)
			.trustManager(epoch.trustManager(epoch.clients())), epoch, alpn);
	}

	SslContext client(TlsEpoch epoch, PeerExpectation expectation, List<String> alpn) throws SSLException {
		return build(SslContextBuilder.forClient()
			.keyManager(new KeyManagerFactoryWrapper(epoch.keyManager()))
			.trustManager(epoch.trustManager(expectation::check))
			.endpointIdentificationAlgorithm(null), epoch, alpn);
	}

	private SslContext build(SslContextBuilder builder, TlsEpoch epoch, List<String> alpn) throws SSLException {
		builder.sslProvider(this.provider)
			.protocols(TlsEpoch.protocols())
			.ciphers(TlsEpoch.cipherSuites(), SupportedCipherSuiteFilter.INSTANCE)
			.sessionCacheSize(SESSIONS)
			.sessionTimeout(epoch.sessionSeconds());
		if (!alpn.isEmpty()) {
			builder.applicationProtocolConfig(new ApplicationProtocolConfig(Protocol.ALPN,
					SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT, alpn));
		}
		if (this.provider != SslProvider.JDK) {
			builder.option(OpenSslContextOption.USE_TASKS, true);
			builder.option(OpenSslContextOption.MAX_CERTIFICATE_LIST_BYTES, ShownChain.MAX_BYTES);
		}
		return builder.build();
	}

}
