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

import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

import org.jspecify.annotations.Nullable;

/**
 * A JSSE context that stays the same while what stands behind it follows the identity:
 * every engine and socket is made by the context of the epoch that is current then.
 */
final class SwitchableSslContext extends SSLContext {

	SwitchableSslContext(Supplier<TlsEpoch> epochs, Function<TlsEpoch, SSLContext> maker,
			UnaryOperator<SSLParameters> parameters) {
		super(new Switch(epochs, maker, parameters), provider(), "TLS");
	}

	private static java.security.Provider provider() {
		try {
			return SSLContext.getInstance("TLS").getProvider();
		}
		catch (java.security.NoSuchAlgorithmException ex) {
			throw new IllegalStateException("The Java runtime offers no TLS", ex);
		}
	}

	private static final class Switch extends SSLContextSpi {

		private final Supplier<TlsEpoch> epochs;

		private final Function<TlsEpoch, SSLContext> maker;

		private final UnaryOperator<SSLParameters> parameters;

		private volatile @Nullable Made made;

		Switch(Supplier<TlsEpoch> epochs, Function<TlsEpoch, SSLContext> maker,
				UnaryOperator<SSLParameters> parameters) {
			this.epochs = epochs;
			this.maker = maker;
			this.parameters = parameters;
		}

		private SSLContext current() {
			TlsEpoch epoch = this.epochs.get();
			Made current = this.made;
			if (current == null || current.epoch() != epoch) {
				current = new Made(epoch, this.maker.apply(epoch));
				this.made = current;
			}
			return current.context();
		}

		@Override
		protected void engineInit(KeyManager @Nullable [] keyManagers, TrustManager @Nullable [] trustManagers,
				@Nullable SecureRandom random) throws KeyManagementException {
			throw new KeyManagementException("The mesh identity is behind this context already");
		}

		@Override
		protected SSLEngine engineCreateSSLEngine() {
			return prepared(current().createSSLEngine());
		}

		@Override
		protected SSLEngine engineCreateSSLEngine(String host, int port) {
			return prepared(current().createSSLEngine(host, port));
		}

		private SSLEngine prepared(SSLEngine engine) {
			engine.setSSLParameters(this.parameters.apply(engine.getSSLParameters()));
			return engine;
		}

		@Override
		protected SSLSocketFactory engineGetSocketFactory() {
			return new SwitchingSocketFactory(() -> current().getSocketFactory(), this.parameters);
		}

		@Override
		protected SSLServerSocketFactory engineGetServerSocketFactory() {
			return new SwitchingServerSocketFactory(() -> current().getServerSocketFactory(), this.parameters);
		}

		@Override
		protected SSLSessionContext engineGetServerSessionContext() {
			return current().getServerSessionContext();
		}

		@Override
		protected SSLSessionContext engineGetClientSessionContext() {
			return current().getClientSessionContext();
		}

		@Override
		protected SSLParameters engineGetDefaultSSLParameters() {
			return this.parameters.apply(new SSLParameters());
		}

		@Override
		protected SSLParameters engineGetSupportedSSLParameters() {
			return this.parameters.apply(new SSLParameters());
		}

	}

	private record Made(TlsEpoch epoch, SSLContext context) {

	}

}
