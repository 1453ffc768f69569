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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.Haproxy;
import io.github.bootmesh.testing.Nginx;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Programs that understand the PROXY protocol, as the application.
 */
class ProxyHeaderIT {

	private final RelayTestbed testbed = new RelayTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	@Test
	void whenEnvoyIsTheApplicationThenItKnowsThePeerAndItsAddress() throws Exception {
		Envoy envoy = this.testbed.closing(Envoy.behindProxyProtocol(ProxyHeader.SPIFFE_ID & 0xff));
		this.testbed.catalog().addAt("ledger", "l1", "127.0.0.2", listenBefore(envoy.port()).getPort());
		Socket client = this.testbed.connect(this.testbed.upstream(RelayTestbed.PATIENT).start());
		assertThat(ask(client)).startsWith("HTTP/1.1 200")
			.contains("told-source: 127.0.0.1:")
			.contains("told-tlv: spiffe://" + RelayTestbed.TRUST_DOMAIN + "/ns/default/dc/dc1/svc/web\r\n");
	}

	@Test
	void whenHaproxyIsTheApplicationThenItKnowsThePeersAddress() throws Exception {
		assertKnowsThePeersAddress(this.testbed.closing(Haproxy.behindProxyProtocol()).port());
	}

	@Test
	void whenNginxIsTheApplicationThenItKnowsThePeersAddress() throws Exception {
		assertKnowsThePeersAddress(this.testbed.closing(Nginx.behindProxyProtocol()).port());
	}

	private void assertKnowsThePeersAddress(int application) throws Exception {
		InetSocketAddress address = listenBefore(application);
		try (Socket peer = this.testbed.stranger("web").getSocketFactory().createSocket()) {
			peer.setSoTimeout((int) RelayTestbed.PATIENCE.toMillis());
			peer.bind(new InetSocketAddress("127.0.0.3", 0));
			peer.connect(address);
			assertThat(ask(peer)).startsWith("HTTP/1.1 200")
				.endsWith("from=127.0.0.3:" + peer.getLocalPort() + " to=127.0.0.2:" + address.getPort());
		}
	}

	private InetSocketAddress listenBefore(int application) throws Exception {
		return this.testbed
			.closing(new PublicListener(new InetSocketAddress("127.0.0.2", 0),
					new InetSocketAddress(InetAddress.getLoopbackAddress(), application), this.testbed.loops(),
					this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER), RelaySettings.DEFAULTS, true))
			.start();
	}

	private static String ask(Socket client) throws IOException {
		client.getOutputStream()
			.write("GET / HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
	}

}
