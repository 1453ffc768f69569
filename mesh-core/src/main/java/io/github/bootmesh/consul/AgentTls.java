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

package io.github.bootmesh.consul;

import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

import io.netty.handler.ssl.SslHandler;

/**
 * TLS to the agent, whose certificate must carry one name: the configured server name,
 * else the URL's host. It is put under Reactor Netty's client as a plain handler, so that
 * a failed handshake reaches {@link ConnectionFaults} like any other fault.
 */
final class AgentTls {

	private final SSLContext context;

	private final String serverName;

	private final int port;

	private final Duration handshakeTimeout;

	AgentTls(ConsulConnection connection, Duration handshakeTimeout) {
		this.context = (connection.ssl() != null) ? connection.ssl() : ofTheJvm();
		this.serverName = (connection.serverName() != null) ? connection.serverName() : host(connection.url());
		this.port = connection.url().getPort();
		this.handshakeTimeout = handshakeTimeout;
	}

	private static SSLContext ofTheJvm() {
		try {
			return SSLContext.getDefault();
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("The JVM has no default TLS settings", ex);
		}
	}

	private static String host(URI url) {
		String host = url.getHost();
		return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
	}

	SslHandler newHandler() {
		// With the server name as SNI beside another host, JSSE would take a certificate
		// of
		// either; with the name as the engine's peer, it is SNI and the only one.
		SSLEngine engine = this.context.createSSLEngine(this.serverName, this.port);
		engine.setUseClientMode(true);
		SSLParameters parameters = engine.getSSLParameters();
		parameters.setEndpointIdentificationAlgorithm("HTTPS");
		engine.setSSLParameters(parameters);
		SslHandler handler = new SslHandler(engine);
		handler.setHandshakeTimeoutMillis(this.handshakeTimeout.toMillis());
		return handler;
	}

}
