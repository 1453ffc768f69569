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
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import org.jspecify.annotations.Nullable;

/**
 * Makes every socket with the factory that is current then.
 */
final class SwitchingSocketFactory extends SSLSocketFactory {

	private final Supplier<SSLSocketFactory> current;

	private final UnaryOperator<SSLParameters> parameters;

	SwitchingSocketFactory(Supplier<SSLSocketFactory> current, UnaryOperator<SSLParameters> parameters) {
		this.current = current;
		this.parameters = parameters;
	}

	private Socket prepared(Socket socket) {
		SSLSocket ssl = (SSLSocket) socket;
		ssl.setSSLParameters(this.parameters.apply(ssl.getSSLParameters()));
		return ssl;
	}

	@Override
	public String[] getDefaultCipherSuites() {
		return TlsEpoch.cipherSuites().toArray(new String[0]);
	}

	@Override
	public String[] getSupportedCipherSuites() {
		return getDefaultCipherSuites();
	}

	@Override
	public Socket createSocket() throws IOException {
		return prepared(this.current.get().createSocket());
	}

	@Override
	public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
		return prepared(this.current.get().createSocket(socket, host, port, autoClose));
	}

	@Override
	public Socket createSocket(Socket socket, @Nullable InputStream consumed, boolean autoClose) throws IOException {
		return prepared(this.current.get().createSocket(socket, consumed, autoClose));
	}

	@Override
	public Socket createSocket(String host, int port) throws IOException {
		return prepared(this.current.get().createSocket(host, port));
	}

	@Override
	public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
		return prepared(this.current.get().createSocket(host, port, localHost, localPort));
	}

	@Override
	public Socket createSocket(InetAddress host, int port) throws IOException {
		return prepared(this.current.get().createSocket(host, port));
	}

	@Override
	public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
			throws IOException {
		return prepared(this.current.get().createSocket(address, port, localAddress, localPort));
	}

}
