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

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.relay.RelayTestbed.Application;
import io.github.bootmesh.relay.RelayTestbed.Conversation;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an application behind a public listener is told by the PROXY protocol, read from
 * its socket by Netty's decoder.
 */
class ProxyHeaderTests {

	// Signature, version and command, family, length (section 2.2 of the specification).
	private static final int FIXED = 16;

	private final RelayTestbed testbed = new RelayTestbed();

	private final BlockingQueue<Header> headers = new LinkedBlockingQueue<>();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	/** The upstream that leads to an application whose headers are taken off. */
	private UpstreamListener upstream(String host, boolean proxyProtocol, Conversation conversation)
			throws IOException {
		Application application = this.testbed.application((peer) -> {
			if (proxyProtocol) {
				this.headers.add(read(peer));
			}
			conversation.with(peer);
		});
		PublicListener listener = new PublicListener(new InetSocketAddress(host, 0),
				new InetSocketAddress(InetAddress.getLoopbackAddress(), application.port()), this.testbed.loops(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER), RelaySettings.DEFAULTS, proxyProtocol);
		InetSocketAddress address = this.testbed.closing(listener).start();
		this.testbed.catalog().addAt("ledger", "l1", host, address.getPort());
		return this.testbed.upstream(RelayTestbed.PATIENT);
	}

	private static Header read(Socket peer) throws IOException {
		DataInputStream in = new DataInputStream(peer.getInputStream());
		byte[] fixed = in.readNBytes(FIXED);
		byte[] rest = in.readNBytes((fixed[14] & 0xff) << 8 | fixed[15] & 0xff);
		EmbeddedChannel decoder = new EmbeddedChannel(new HAProxyMessageDecoder());
		decoder.writeInbound(Unpooled.wrappedBuffer(fixed, rest));
		HAProxyMessage message = decoder.readInbound();
		try {
			return new Header(message.protocolVersion(), message.command(), message.proxiedProtocol(),
					new InetSocketAddress(message.sourceAddress(), message.sourcePort()),
					new InetSocketAddress(message.destinationAddress(), message.destinationPort()),
					message.tlvs()
						.stream()
						.map((tlv) -> Integer.toHexString(tlv.typeByteValue() & 0xff) + " "
								+ tlv.content().toString(StandardCharsets.US_ASCII))
						.toList());
		}
		finally {
			message.release();
			decoder.finishAndReleaseAll();
		}
	}

	private Header header() throws InterruptedException {
		@Nullable Header header = this.headers.poll(RelayTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS);
		assertThat(header).isNotNull();
		return header;
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "::1" })
	void whenThePeerSpeaksThenTheApplicationHearsFirstWhoItIs(String host) throws Exception {
		Socket client = this.testbed
			.connect(upstream(host, true, (peer) -> peer.getInputStream().transferTo(peer.getOutputStream())).start());
		client.getOutputStream().write("question".getBytes(StandardCharsets.US_ASCII));
		client.shutdownOutput();
		assertThat(client.getInputStream().readAllBytes()).asString(StandardCharsets.US_ASCII).isEqualTo("question");
		Header header = header();
		assertThat(header.version()).isEqualTo(HAProxyProtocolVersion.V2);
		assertThat(header.command()).isEqualTo(HAProxyCommand.PROXY);
		assertThat(header.family())
			.isEqualTo(host.contains(":") ? HAProxyProxiedProtocol.TCP6 : HAProxyProxiedProtocol.TCP4);
		assertThat(header.source().getAddress()).isEqualTo(InetAddress.getByName(host));
		assertThat(header.source().getPort()).isPositive();
		assertThat(header.destination().getAddress()).isEqualTo(InetAddress.getByName(host));
		assertThat(header.tlvs())
			.containsExactly("d0 spiffe://" + RelayTestbed.TRUST_DOMAIN + "/ns/default/dc/dc1/svc/web");
	}

	@Test
	void whenTheServerSpeaksFirstThenItWasToldBeforeTheClientSaysAWord() throws Exception {
		Socket client = this.testbed.connect(upstream("127.0.0.1", true, (peer) -> {
			peer.getOutputStream().write("220 ready".getBytes(StandardCharsets.US_ASCII));
			peer.getOutputStream().write(peer.getInputStream().read());
		}).start());
		assertThat(client.getInputStream().readNBytes(9)).asString(StandardCharsets.US_ASCII).isEqualTo("220 ready");
		client.getOutputStream().write('x');
		assertThat(client.getInputStream().readAllBytes()).containsExactly('x');
	}

	@Test
	void whenTheClientSaysNothingThenOnlyTheHeaderCame() throws Exception {
		Socket client = this.testbed
			.connect(upstream("127.0.0.1", true, (peer) -> peer.getInputStream().transferTo(peer.getOutputStream()))
				.start());
		client.shutdownOutput();
		assertThat(client.getInputStream().readAllBytes()).isEmpty();
		header();
	}

	@Test
	void whenItIsNotAskedForThenTheFirstByteIsThePeers() throws Exception {
		Socket client = this.testbed
			.connect(upstream("127.0.0.1", false, (peer) -> peer.getInputStream().transferTo(peer.getOutputStream()))
				.start());
		client.getOutputStream().write('x');
		client.shutdownOutput();
		assertThat(client.getInputStream().readAllBytes()).containsExactly('x');
	}

	private record Header(HAProxyProtocolVersion version, HAProxyCommand command, HAProxyProxiedProtocol family,
			InetSocketAddress source, InetSocketAddress destination, List<String> tlvs) {

	}

}
