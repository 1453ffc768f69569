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
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;

import org.jspecify.annotations.Nullable;

/**
 * Makes every server socket with the factory that is current then. The socket keeps that
 * epoch as long as it is open: who accepts on it for longer has to make an engine or a
 * layered socket for each connection instead.
 */
final class SwitchingServerSocketFactory extends SSLServerSocketFactory {

	private final Supplier<SSLServerSocketFactory> current;

	private final UnaryOperator<SSLParameters> parameters;

	SwitchingServerSocketFactory(Supplier<SSLServerSocketFactory> current, UnaryOperator<SSLParameters> parameters) {
		this.current = current;
		this.parameters = parameters;
	}

	private ServerSocket prepared(ServerSocket socket) {
		SSLServerSocket ssl = (SSLServerSocket) socket;
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
	public ServerSocket createServerSocket() throws IOException {
		return prepared(this.current.get().createServerSocket());
	}

	@Override
	public ServerSocket createServerSocket(int port) throws IOException {
		return prepared(this.current.get().createServerSocket(port));
	}

	@Override
	public ServerSocket createServerSocket(int port, int backlog) throws IOException {
		return prepared(this.current.get().createServerSocket(port, backlog));
	}

	@Override
	public ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress address) throws IOException {
		return prepared(this.current.get().createServerSocket(port, backlog, address));
	}

}
