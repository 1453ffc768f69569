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

package io.github.bootmesh.discovery;

import java.net.InetSocketAddress;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class EndpointTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	@Test
	void whenInTheDefaultPartitionThenNeitherIdentityNorServerNameTellsIt() {
		Endpoint endpoint = endpoint("default", "default");
		assertThat(endpoint.identity(TRUST_DOMAIN))
			.hasToString("spiffe://" + TRUST_DOMAIN + "/ns/default/dc/dc1/svc/web");
		assertThat(endpoint.sni(TRUST_DOMAIN)).isEqualTo("web.default.dc1.internal." + TRUST_DOMAIN);
	}

	@Test
	void whenInAPartitionThenIdentityAndServerNameTellIt() {
		Endpoint endpoint = endpoint("team", "eu");
		assertThat(endpoint.identity(TRUST_DOMAIN))
			.hasToString("spiffe://" + TRUST_DOMAIN + "/ap/eu/ns/team/dc/dc1/svc/web");
		assertThat(endpoint.sni(TRUST_DOMAIN)).isEqualTo("web.team.eu.dc1.internal-v1." + TRUST_DOMAIN);
	}

	private static Endpoint endpoint(String namespace, String partition) {
		return new Endpoint("web-1", new InetSocketAddress("127.0.0.1", 8443), 1, "web", namespace, partition, "dc1");
	}

}
