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

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

import javax.net.ssl.SSLHandshakeException;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.Future;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;

class RefusedServerTests {

	private final Testbed testbed = new Testbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenServerIsTheExpectedOneThenItIsTalkedTo(SslProvider provider) {
		Service web = this.testbed.service("web", provider);
		Server server = this.testbed.listen(this.testbed.service("orders", provider));
		Dialled dialled = this.testbed.dial(web, this.testbed.expecting("orders"), server);
		assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
		assertThat(dialled.channel().attr(MeshTls.PEER).get().service()).isEqualTo("orders");
		assertThat(web.tls().connections().outbound()).isOne();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenAnotherServiceAnswersThenNoByteIsSentAndTheErrorNamesBoth(SslProvider provider) {
		Service web = this.testbed.service("web", provider);
		Server server = this.testbed.listen(this.testbed.service("billing", provider));
		Dialled dialled = this.testbed.dial(web, this.testbed.expecting("orders"), server);
		assertThat(dialled.answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(SSLHandshakeException.class)
			.withMessageContaining(this.testbed.ca().uri("orders"))
			.withMessageContaining(this.testbed.ca().uri("billing"))
			.withCauseInstanceOf(PeerRefusedException.class);
		assertThat(web.tls().refusals()).containsEntry("wrong-identity", 1L);
		assertThat(server.heard()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenServerCannotBeTrustedThenItIsRefused(SslProvider provider) throws Exception {
		TestCa ca = this.testbed.ca();
		assertRefused(TestCa.create(Testbed.TRUST_DOMAIN).leaf("orders"), provider, "untrusted");
		assertRefused(ca.issue((leaf) -> leaf.uri(ca.uri("orders")).usages(KeyPurposeId.id_kp_clientAuth)), provider,
				"not-for-this-use");
		assertRefused(ca.issue((leaf) -> leaf.uri(ca.uri("orders")).uri(ca.uri("web"))), provider, "several-uri-sans");
		assertRefused(ca.issue((leaf) -> leaf.dnsName("127.0.0.1")), provider, "no-uri-san");
		assertRefused(ca.issue((leaf) -> leaf.uri(ca.uri("Orders"))), provider, "wrong-identity");
	}

	private void assertRefused(TestCa.Issued identity, SslProvider provider, String reason) throws Exception {
		Service web = this.testbed.service("web", provider);
		Server server = this.testbed.listen(identity, provider, new TrustingEverybody());
		Dialled dialled = this.testbed.dial(web, this.testbed.expecting("orders"), server);
		assertThat(dialled.answer()).failsWithin(Testbed.PATIENCE).withThrowableOfType(ExecutionException.class);
		assertThat(web.tls().refusals()).containsExactly(Map.entry(reason, 1L));
		assertThat(server.heard()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenTrustDomainMigratesThenOnlyTheTrustDomainIsLeftUnchecked(SslProvider provider) throws Exception {
		TestCa ca = this.testbed.ca();
		Service web = this.testbed.service("web", provider);
		PeerExpectation strict = this.testbed.expecting("orders");
		PeerExpectation migrating = new PeerExpectation(strict.accepted(), strict.sni(), true);
		Server moved = this.testbed.listen(
				ca.issue((leaf) -> leaf.uri("spiffe://new.consul/ns/default/dc/dc1/svc/orders")), provider,
				new TrustingEverybody());
		Server other = this.testbed.listen(
				ca.issue((leaf) -> leaf.uri("spiffe://new.consul/ns/default/dc/dc1/svc/billing")), provider,
				new TrustingEverybody());
		assertThat(this.testbed.dial(web, migrating, moved).answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(this.testbed.dial(web, strict, moved).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		assertThat(this.testbed.dial(web, migrating, other).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenDialledThenTheServerNameIsOnTheWireWhateverItHolds(SslProvider provider) throws Exception {
		Service web = this.testbed.service("web", provider);
		// As a server, the JDK refuses long labels in a server name.
		SslContext context = this.testbed.service("orders", SslProvider.OPENSSL).tls().serverContext(List.of());
		for (String name : List.of("orders", "order_service", "a".repeat(70))) {
			String sni = name + ".default.dc1.internal." + Testbed.TRUST_DOMAIN;
			CompletableFuture<String> seen = new CompletableFuture<>();
			Server server = this.testbed.listen((channel) -> {
				channel.pipeline().addLast(new SniCatcher(seen));
				channel.pipeline().addLast(context.newHandler(channel.alloc()));
			});
			PeerExpectation expectation = new PeerExpectation(Set.of(SpiffeId.parse(this.testbed.ca().uri("orders"))),
					sni, false);
			// By a name that could be sent instead, too.
			SslContext client = web.tls().clientContext(expectation, List.of());
			Dialled dialled = this.testbed.dial(server, (channel) -> {
				SslHandler handler = client.newHandler(channel.alloc(), "instance-1.example.com", server.port());
				handler.engine().setSSLParameters(handler.engine().getSSLParameters());
				channel.pipeline().addLast(handler);
				web.tls().guardOutbound(channel, expectation);
			});
			assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE);
			assertThat(seen).succeedsWithin(Testbed.PATIENCE).isEqualTo(sni.toLowerCase(Locale.ROOT));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenBothOfferHttp2ThenItIsAgreedOn(SslProvider provider) {
		Service web = this.testbed.service("web", provider);
		Server both = this.testbed.listen(this.testbed.service("orders", provider), "h2", "http/1.1");
		Server none = this.testbed.listen(this.testbed.service("orders", provider));
		PeerExpectation expectation = this.testbed.expecting("orders");
		assertThat(alpn(web, expectation, both, "h2", "http/1.1")).isEqualTo("h2");
		assertThat(alpn(web, expectation, both, "http/1.1")).isEqualTo("http/1.1");
		assertThat(alpn(web, expectation, both)).isNull();
		assertThat(alpn(web, expectation, none, "h2", "http/1.1")).isNull();
	}

	private String alpn(Service web, PeerExpectation expectation, Server server, String... offered) {
		Dialled dialled = this.testbed.dial(web, expectation, server, offered);
		assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE);
		return dialled.channel().pipeline().get(SslHandler.class).applicationProtocol();
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenChainIsComputedThenTheEventLoopIsFree(SslProvider provider) {
		Set<String> threads = ConcurrentHashMap.newKeySet();
		MovableClock clock = new MovableClock() {

			@Override
			public Instant instant() {
				if (StackWalker.getInstance()
					.walk((frames) -> frames
						.anyMatch((frame) -> frame.getClassName().equals(PeerVerifier.class.getName())
								&& frame.getMethodName().equals("verify")))) {
					threads.add(Thread.currentThread().getName());
				}
				return super.instant();
			}

		};
		Service web = this.testbed.service(TestIdentities.of(this.testbed.ca(), "web"), provider, TlsSettings.DEFAULTS,
				PeerAdmission.EVERY_VERIFIED_PEER, clock);
		Server server = this.testbed.listen(this.testbed.service(TestIdentities.of(this.testbed.ca(), "orders"),
				provider, TlsSettings.DEFAULTS, PeerAdmission.EVERY_VERIFIED_PEER, clock));
		Dialled dialled = this.testbed.dial(web, this.testbed.expecting("orders"), server);
		assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(threads).isNotEmpty().allSatisfy((thread) -> assertThat(thread).startsWith("bootmesh-tls"));
	}

	private static final class SniCatcher extends AbstractSniHandler<Void> {

		private final CompletableFuture<String> seen;

		SniCatcher(CompletableFuture<String> seen) {
			this.seen = seen;
		}

		@Override
		protected Future<Void> lookup(ChannelHandlerContext ctx, String hostname) {
			this.seen.complete(hostname);
			return ctx.executor().newSucceededFuture(null);
		}

		@Override
		protected void onLookupComplete(ChannelHandlerContext ctx, String hostname, Future<Void> future) {
			ctx.pipeline().remove(this);
		}

	}

}
