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

import java.util.List;
import java.util.concurrent.ExecutionException;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class WithoutIdentityTests {

	private final Testbed testbed = new Testbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private Service service(TestIdentities identities, SslProvider provider) {
		return this.testbed.service(identities, provider, TlsSettings.DEFAULTS, PeerAdmission.EVERY_VERIFIED_PEER);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenThereIsNoIdentityThenServerRefusesUntilItComesAndAfterItHasExpired(SslProvider provider) throws Exception {
		TestIdentities identities = TestIdentities.withoutIdentity(this.testbed.ca(), "orders");
		Service orders = service(identities, provider);
		Server server = this.testbed.listen(orders);
		assertThat(dial(server, provider).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		assertThat(orders.tls().refusals()).containsOnlyKeys("no-identity");
		assertThat(orders.tls().connections().inbound()).isZero();
		identities.rotateLeaf();
		Dialled web = dial(server, provider);
		assertThat(web.answer()).succeedsWithin(Testbed.PATIENCE);
		identities.expire();
		assertThat(dial(server, provider).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableOfType(ExecutionException.class);
		assertThat(web.channel().isOpen()).isTrue();
		assertThat(orders.tls().refusals()).containsEntry("no-identity", 2L);
	}

	private Dialled dial(Server server, SslProvider provider) throws Exception {
		return this.testbed.dial(this.testbed.ca().leaf("web"), provider, "TLSv1.3", server);
	}

	@ParameterizedTest
	@EnumSource(names = { "JDK", "OPENSSL" })
	void whenThereIsNoIdentityThenDiallingFailsWithAnErrorOfItsOwn(SslProvider provider) {
		Server server = this.testbed.listen(this.testbed.service("orders", provider));
		TestIdentities identities = TestIdentities.withoutIdentity(this.testbed.ca(), "web");
		Service web = service(identities, provider);
		PeerExpectation orders = this.testbed.expecting("orders");
		assertThat(this.testbed.dial(web, orders, server).answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(MeshIdentityUnavailableException.class);
		assertThat(server.heard()).isEmpty();
		SslContext context = web.tls().clientContext(orders, List.of());
		assertThatExceptionOfType(MeshIdentityUnavailableException.class)
			.isThrownBy(() -> context.newEngine(UnpooledByteBufAllocator.DEFAULT));
		identities.rotateLeaf();
		assertThat(this.testbed.dial(web, orders, server).answer()).succeedsWithin(Testbed.PATIENCE);
	}

}
