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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class ResumedSessionTests {

	private final Testbed testbed = new Testbed();

	private final MovableClock clock = new MovableClock();

	private final TrustingEverybody trust = new TrustingEverybody();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	static Stream<Arguments> providersAndVersions() {
		return Stream.of(SslProvider.JDK, SslProvider.OPENSSL)
			.flatMap((provider) -> Stream.of("TLSv1.3", "TLSv1.2").map((version) -> Arguments.of(provider, version)));
	}

	private Service service(String name, SslProvider provider, PeerAdmission admission) {
		return this.testbed.service(TestIdentities.of(this.testbed.ca(), name), provider, TlsSettings.DEFAULTS,
				admission, this.clock);
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenClientResumesThenItIsDecidedOnAgain(SslProvider provider, String version) throws Exception {
		AtomicInteger decisions = new AtomicInteger();
		AtomicBoolean denied = new AtomicBoolean();
		Server server = this.testbed.listen(service("orders", provider, (peer) -> {
			decisions.incrementAndGet();
			return denied.get() ? "denied meanwhile" : null;
		}));
		SslContext web = Testbed.stranger(this.testbed.ca().leaf("web"), provider, version, this.trust);
		assertThat(this.testbed.dial(web, server).answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(this.testbed.dial(web, server).answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(this.trust.asked()).as("full handshakes").isOne();
		assertThat(decisions).hasValue(2);
		assertThat(server.accepted())
			.allSatisfy((channel) -> assertThat(channel.attr(MeshTls.PEER).get().service()).isEqualTo("web"));
		denied.set(true);
		assertThat(this.testbed.dial(web, server).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		assertThat(this.trust.asked()).as("full handshakes").isOne();
		assertThat(server.heard()).hasSize(2);
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenClientResumesAfterTheEndOfItsCertificateThenItIsRefused(SslProvider provider, String version)
			throws Exception {
		Service orders = service("orders", provider, PeerAdmission.EVERY_VERIFIED_PEER);
		Server server = this.testbed.listen(orders);
		SslContext web = Testbed.stranger(this.testbed.ca().leaf("web"), provider, version, this.trust);
		assertThat(this.testbed.dial(web, server).answer()).succeedsWithin(Testbed.PATIENCE);
		this.clock.move(Duration.ofHours(73));
		assertThat(this.testbed.dial(web, server).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		assertThat(this.trust.asked()).as("full handshakes").isOne();
		await().untilAsserted(() -> assertThat(orders.tls().refusals()).containsOnlyKeys("expired"));
		assertThat(server.heard()).hasSize(1);
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenRootIsGoneThenNoSessionOfItIsResumed(SslProvider provider, String version) throws Exception {
		Service orders = service("orders", provider, PeerAdmission.EVERY_VERIFIED_PEER);
		Server server = this.testbed.listen(orders);
		SslContext web = Testbed.stranger(this.testbed.ca().leaf("web"), provider, version, this.trust);
		assertThat(this.testbed.dial(web, server).answer()).succeedsWithin(Testbed.PATIENCE);
		TestCa next = this.testbed.ca().rotate();
		orders.identities().rotateRoot(next);
		assertThat(this.testbed.dial(web, server).answer()).succeedsWithin(Testbed.PATIENCE);
		orders.identities().trust(next);
		assertThat(this.testbed.dial(web, server).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		await().untilAsserted(() -> assertThat(orders.tls().refusals()).containsOnlyKeys("untrusted"));
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenServerIsDialledAgainThenTheSessionIsResumedAndCheckedAgain(SslProvider provider, String version)
			throws Exception {
		Server server = this.testbed.listen(this.testbed.ca().leaf("orders"), provider, this.trust, version);
		Service web = service("web", provider, PeerAdmission.EVERY_VERIFIED_PEER);
		PeerExpectation orders = this.testbed.expecting("orders");
		assertThat(this.testbed.dial(web, orders, server).answer()).succeedsWithin(Testbed.PATIENCE);
		Dialled second = this.testbed.dial(web, orders, server);
		assertThat(second.answer()).succeedsWithin(Testbed.PATIENCE);
		assertThat(second.channel().attr(MeshTls.PEER).get().service()).isEqualTo("orders");
		assertThat(this.trust.asked()).as("full handshakes").isOne();
		this.clock.move(Duration.ofHours(73));
		assertThat(this.testbed.dial(web, orders, server).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableThat()
			.havingRootCause()
			.isInstanceOf(PeerRefusedException.class);
		assertThat(this.trust.asked()).as("full handshakes").isOne();
		assertThat(web.tls().refusals()).containsOnlyKeys("expired");
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenServerIsDialledSeveralTimesAtOnceThenEachResumesASession(SslProvider provider, String version)
			throws Exception {
		Server server = this.testbed.listen(this.testbed.ca().leaf("orders"), provider, this.trust, version);
		Service web = service("web", provider, PeerAdmission.EVERY_VERIFIED_PEER);
		dialAtOnce(4, web, server);
		assertThat(this.trust.asked()).as("full handshakes").isEqualTo(4);
		dialAtOnce(4, web, server);
		assertThat(this.trust.asked()).as("full handshakes").isEqualTo(4);
	}

	private void dialAtOnce(int count, Service web, Server server) {
		PeerExpectation orders = this.testbed.expecting("orders");
		SslContext context = web.tls().clientContext(orders, List.of());
		List<SslHandler> handlers = IntStream.range(0, count)
			.mapToObj((i) -> context.newHandler(ByteBufAllocator.DEFAULT, "127.0.0.1", server.port()))
			.toList();
		assertThat(handlers.stream().map((handler) -> this.testbed.dial(server, (channel) -> {
			channel.pipeline().addLast(handler);
			web.tls().guardOutbound(channel, orders);
		})).toList()).allSatisfy((dialled) -> assertThat(dialled.answer()).succeedsWithin(Testbed.PATIENCE));
	}

	@ParameterizedTest
	@MethodSource("providersAndVersions")
	void whenDestinationsShareAnAddressThenTheyShareNoSession(SslProvider provider, String version) throws Exception {
		Server server = this.testbed.listen(this.testbed.ca().leaf("orders"), provider, this.trust, version);
		Service web = service("web", provider, PeerAdmission.EVERY_VERIFIED_PEER);
		assertThat(this.testbed.dial(web, this.testbed.expecting("orders"), server).answer())
			.succeedsWithin(Testbed.PATIENCE);
		assertThat(this.testbed.dial(web, this.testbed.expecting("billing"), server).answer())
			.failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		assertThat(web.tls().refusals()).containsOnlyKeys("wrong-identity");
		assertThat(server.heard()).hasSize(1);
	}

}
