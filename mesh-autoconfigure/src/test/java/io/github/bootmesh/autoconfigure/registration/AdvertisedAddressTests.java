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

package io.github.bootmesh.autoconfigure.registration;

import java.net.InetAddress;
import java.net.URI;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class AdvertisedAddressTests {

	private static final URI LOCAL_AGENT = URI.create("http://localhost:8500");

	@Test
	void whenTheServerIsBoundToOneAddressThenThatIsAdvertised() throws Exception {
		assertThat(AdvertisedAddress.find(InetAddress.getByName("127.0.0.1"), LOCAL_AGENT)).isEqualTo("127.0.0.1");
		assertThat(AdvertisedAddress.find(InetAddress.getByName("10.9.8.7"), LOCAL_AGENT)).isEqualTo("10.9.8.7");
	}

	@Test
	void whenTheServerIsBoundToAllAddressesThenAConcreteOneIsAdvertised() throws Exception {
		for (URI agent : new URI[] { LOCAL_AGENT, URI.create("unix:///run/consul.sock"),
				URI.create("http://192.0.2.1:8500"), URI.create("http://no-such-host.invalid:8500") }) {
			InetAddress address = InetAddress
				.getByName(AdvertisedAddress.find(InetAddress.getByName("0.0.0.0"), agent));
			assertThat(address.isAnyLocalAddress()).isFalse();
		}
	}

}
