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

package io.github.bootmesh.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.identity.IdentityMaterial;
import io.github.bootmesh.identity.IdentitySource;
import io.github.bootmesh.identity.IdentityUpdate;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.OpenConnections;

/**
 * A mesh without a Consul: the identity is delivered by hand, the rest is mocked.
 */
@Configuration(proxyBeanMethods = false)
public class TestMesh {

	public static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	@Bean
	Delivery delivery() {
		return new Delivery();
	}

	@Bean
	ConsulClient testConsulClient() {
		ConsulClient consul = Mockito.mock(ConsulClient.class);
		BDDMockito.given(consul.serviceProtocol(BDDMockito.any())).willReturn(Mono.empty());
		return consul;
	}

	@Bean
	Watches testWatches() {
		Watches watches = Mockito.mock(Watches.class);
		BDDMockito.given(watches.statuses())
			.willReturn(List.of(new WatchStatus("ca-roots", WatchStatus.State.STALE, Instant.now(),
					Instant.now().minus(Duration.ofMinutes(5)), "connection refused")));
		return watches;
	}

	@Bean
	MeshTls testMeshTls() {
		OpenConnections connections = Mockito.mock(OpenConnections.class);
		BDDMockito.given(connections.inbound()).willReturn(3);
		BDDMockito.given(connections.outbound()).willReturn(2);
		BDDMockito.given(connections.revoked()).willReturn(4L);
		MeshTls tls = Mockito.mock(MeshTls.class);
		BDDMockito.given(tls.connections()).willReturn(connections);
		BDDMockito.given(tls.refusals()).willReturn(Map.of("no-certificate", 7L));
		BDDMockito.given(tls.provider()).willReturn("JDK");
		return tls;
	}

	/**
	 * Delivers identities when told to.
	 */
	public static final class Delivery implements IdentitySource {

		private final TestCa ca = TestCa.create(TRUST_DOMAIN);

		private final Sinks.Many<IdentityUpdate> updates = Sinks.many().replay().limit(1);

		@Override
		public Flux<IdentityUpdate> updates() {
			return this.updates.asFlux();
		}

		public void deliver(String service) {
			deliver(this.ca.leaf(service));
		}

		public void deliver(TestCa.Issued leaf) {
			this.updates.tryEmitNext(
					new IdentityMaterial(leaf.chain(), leaf.key(), List.of(this.ca.root()), this.ca.trustDomain()));
		}

		public TestCa ca() {
			return this.ca;
		}

	}

}
