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

package io.github.bootmesh.autoconfigure.actuate;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.relay.ListenerStatus;

import static org.assertj.core.api.Assertions.assertThat;

class UpstreamsDescriptorTests {

	private static @Nullable String shown(@Nullable SocketAddress address) {
		return UpstreamsDescriptor.UpstreamDescriptor
			.address(new ListenerStatus("cache", address, 0, 0, 0, Map.of(), null));
	}

	@Test
	void whenItListensOnAPortOrAUnixSocketThenThatIsShown() {
		assertThat(shown(null)).isNull();
		assertThat(shown(new InetSocketAddress("127.0.0.1", 15432))).isEqualTo("127.0.0.1:15432");
		assertThat(shown(new InetSocketAddress("::1", 15432))).isEqualTo("[::1]:15432");
		assertThat(shown(UnixDomainSocketAddress.of("/run/app/redis.sock"))).isEqualTo("unix:///run/app/redis.sock");
	}

}
