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

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPrivateKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

import io.netty.handler.ssl.SslProvider;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class RefusedClientTests {

	private final Testbed testbed = new Testbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	static Stream<Arguments> providersAndVersions() {
		return Stream.of(SslProvider.JDK, SslProvider.OPENSSL)
			.flatMap((provider) -> Stream.of("TLSv1.3", "TLSv1.2").map((version) -> Arguments.of(provider, version)));
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenPeerIsOfTheMeshThenItIsServedAndKnown(SslProvider provider, String version) throws Exception {
		Service orders = this.testbed.service("orders", provider);
		Server server = this.testbed.listen(orders);
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, version, server);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
		assertThat(server.accepted().get(0).attr(MeshTls.PEER).get().id()).hasToString(this.testbed.ca().uri("web"));
		assertThat(orders.tls().connections().inbound()).isOne();
		assertThat(orders.tls().refusals()).isEmpty();
		web.channel().close().sync();
		await().until(() -> orders.tls().connections().inbound() == 0);
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenClientShowsNoCertificateThenItIsRefused(SslProvider provider, String version) throws Exception {
		assertRefused(null, provider, version, "no-certificate");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenClientIsOfAnotherCaOfTheSameNameThenItIsRefused(SslProvider provider, String version) throws Exception {
		assertRefused(TestCa.create(Testbed.TRUST_DOMAIN).leaf("web"), provider, version, "untrusted");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenClientSharesTheRootButNotTheTrustDomainThenItIsRefused(SslProvider provider, String version)
			throws Exception {
		assertRefused(this.testbed.ca().issue((leaf) -> leaf.uri("spiffe://other.consul/ns/default/dc/dc1/svc/web")),
				provider, version, "other-trust-domain");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenCertificateHasEndedThenItIsRefused(SslProvider provider, String version) throws Exception {
		Instant now = Instant.now();
		assertRefused(
				this.testbed.ca()
					.issue((leaf) -> leaf.uri(this.testbed.ca().uri("web"))
						.valid(now.minus(Duration.ofHours(1)), now.minus(Duration.ofSeconds(2)))),
				provider, version, "expired");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenCertificateHasNotBegunThenItIsRefused(SslProvider provider, String version) throws Exception {
		Instant now = Instant.now();
		assertRefused(
				this.testbed.ca()
					.issue((leaf) -> leaf.uri(this.testbed.ca().uri("web"))
						.valid(now.plus(Duration.ofMinutes(5)), now.plus(Duration.ofHours(1)))),
				provider, version, "not-yet-valid");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenCertificateNamesNoUriThenItIsRefused(SslProvider provider, String version) throws Exception {
		assertRefused(this.testbed.ca().issue((leaf) -> leaf.dnsName("web.service.consul")), provider, version,
				"no-uri-san");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenCertificateNamesSeveralUrisThenItIsRefused(SslProvider provider, String version) throws Exception {
		assertRefused(
				this.testbed.ca()
					.issue((leaf) -> leaf.uri(this.testbed.ca().uri("web")).uri(this.testbed.ca().uri("billing"))),
				provider, version, "several-uri-sans");
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenSpiffeIdIsNotAServicesThenItIsRefused(SslProvider provider) throws Exception {
		for (String path : List.of("/agent/client/dc/dc1/id/node-1", "/gateway/mesh/dc/dc1", "")) {
			assertRefused(this.testbed.ca().issue((leaf) -> leaf.uri("spiffe://" + Testbed.TRUST_DOMAIN + path)),
					provider, "TLSv1.3", "not-a-service-id");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenCertificateIsNotAClientsThenItIsRefused(SslProvider provider) throws Exception {
		assertRefused(
				this.testbed.ca()
					.issue((leaf) -> leaf.uri(this.testbed.ca().uri("web")).usages(KeyPurposeId.id_kp_serverAuth)),
				provider, "TLSv1.3", "not-for-this-use");
		assertRefused(this.testbed.ca().issue((leaf) -> leaf.uri(this.testbed.ca().uri("web")).certificateAuthority()),
				provider, "TLSv1.3", "not-for-this-use");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenChainIsLongThenItIsRefused(SslProvider provider, String version) throws Exception {
		TestCa.Issued web = this.testbed.ca().leaf("web");
		List<X509Certificate> chain = new ArrayList<>(web.chain());
		for (int i = 1; i < 50; i++) {
			chain.add(this.testbed.ca().root());
		}
		assertRefused(new TestCa.Issued(chain, web.key()), provider, version, "chain-too-long");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenKeyIsHugeThenItIsRefusedBeforeItIsComputedWith(SslProvider provider, String version) throws Exception {
		KeyPair huge = hugeRsaKeys();
		TestCa.Issued web = this.testbed.ca().issue((leaf) -> leaf.uri(this.testbed.ca().uri("web")).keys(huge));
		assertRefused(web, provider, version, "key-too-large");
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenPeerIsNotAdmittedThenItIsRefusedBeforeItIsHeard(SslProvider provider) throws Exception {
		Service orders = this.testbed.service(TestIdentities.of(this.testbed.ca(), "orders"), provider,
				TlsSettings.DEFAULTS, (peer) -> peer.service().equals("web") ? null : "no intention");
		Server server = this.testbed.listen(orders);
		Dialled billing = this.testbed.dial(this.testbed.ca().leaf("billing"), provider, "TLSv1.3", server);
		assertThat(billing.answer()).failsWithin(Testbed.PATIENCE).withThrowableOfType(ExecutionException.class);
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(orders.tls().refusals()).containsEntry("not-admitted", 1L);
		assertThat(server.heard()).containsExactly("hello");
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenTheDecisionFailsThenThePeerIsRefused(SslProvider provider) throws Exception {
		Service orders = this.testbed.service(TestIdentities.of(this.testbed.ca(), "orders"), provider,
				TlsSettings.DEFAULTS, (peer) -> {
					throw new IllegalStateException("no answer");
				});
		Server server = this.testbed.listen(orders);
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
		assertThat(web.answer()).failsWithin(Testbed.PATIENCE).withThrowableOfType(ExecutionException.class);
		assertThat(orders.tls().refusals()).containsOnlyKeys("not-admitted");
	}

	private void assertRefused(TestCa.@Nullable Issued identity, SslProvider provider, String version, String reason)
			throws Exception {
		Service orders = this.testbed.service("orders", provider);
		Server server = this.testbed.listen(orders);
		// The JDK's client sends whatever it is given.
		Dialled stranger = this.testbed.dial(identity, SslProvider.JDK, version, server);
		assertThat(stranger.answer()).failsWithin(Testbed.PATIENCE).withThrowableOfType(ExecutionException.class);
		await().untilAsserted(() -> assertThat(orders.tls().refusals()).containsOnlyKeys(reason));
		assertThat(orders.tls().refusals()).containsEntry(reason, 1L);
		assertThat(server.heard()).isEmpty();
		await().until(() -> orders.tls().connections().inbound() == 0);
		Dialled web = this.testbed.dial(this.testbed.ca().leaf("web"), provider, version, server);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
	}

	// Making a real pair of that size takes minutes. What this one signs is wrong, but
	// nobody gets to see that.
	private static KeyPair hugeRsaKeys() throws Exception {
		BigInteger modulus = new BigInteger(16384, new Random(1)).setBit(16383).setBit(0);
		KeyFactory factory = KeyFactory.getInstance("RSA");
		return new KeyPair(factory.generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(65537))),
				factory.generatePrivate(new RSAPrivateKeySpec(modulus, BigInteger.valueOf(3))));
	}

}
