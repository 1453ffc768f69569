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

package io.github.bootmesh.autoconfigure.server;

import java.util.List;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.Http2;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

import io.github.bootmesh.autoconfigure.server.InboundProperties.MutualTlsMode;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.TlsSettings;

/**
 * Reactor Netty as a mesh server. The connections are taken from the handshake on, so
 * that HTTP is reached by admitted peers only.
 */
final class NettyServerAdapter implements ServerAdapter, ApplicationListener<ContextClosedEvent> {

	private final MeshTls tls;

	private final TlsSettings settings;

	private final ApplicationContext context;

	private final PlaintextCallers plaintext;

	private final InboundConnections connections;

	NettyServerAdapter(MeshTls tls, TlsSettings settings, PlaintextCallers plaintext, RequestGate gate,
			ForwardedClientCertificate forwarded, ApplicationContext context) {
		this.tls = tls;
		this.plaintext = plaintext;
		this.settings = settings;
		this.context = context;
		this.connections = new InboundConnections(gate, forwarded, settings.revocationGrace());
	}

	@Override
	public boolean supports(ConfigurableWebServerFactory factory) {
		return factory instanceof NettyReactiveWebServerFactory;
	}

	@Override
	public void secure(ConfigurableWebServerFactory factory) {
		NettyReactiveWebServerFactory netty = (NettyReactiveWebServerFactory) factory;
		Http2 http2 = netty.getHttp2();
		boolean offersHttp2 = http2 != null && http2.isEnabled();
		netty.addServerCustomizers((server) -> secure(server, offersHttp2));
	}

	/**
	 * Peers learn with their next response that this server is going. The requests that
	 * they send until the drain delay is over are served.
	 */
	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		if (event.getApplicationContext() == this.context) {
			this.connections.announceEnd();
		}
	}

	private HttpServer secure(HttpServer server, boolean http2) {
		SslContext context = this.tls
			.serverContext(http2 ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
					: List.of(ApplicationProtocolNames.HTTP_1_1));
		return server.secure((spec) -> spec.sslContext(context).handshakeTimeout(this.settings.handshakeTimeout()))
			.protocol(http2 ? new HttpProtocol[] { HttpProtocol.HTTP11, HttpProtocol.H2 }
					: new HttpProtocol[] { HttpProtocol.HTTP11 })
			.doOnChannelInit((observer, channel, remoteAddress) -> accept(channel))
			.childObserve(this.connections);
	}

	private void accept(Channel channel) {
		if (this.plaintext.mode() == MutualTlsMode.PERMISSIVE) {
			this.connections.add(channel, this.settings.handshakeTimeout().multipliedBy(2));
			this.tls.guardInbound(channel, this.plaintext::admits);
		}
		else {
			this.connections.add(channel, null);
			this.tls.guardInbound(channel);
		}
	}

}
