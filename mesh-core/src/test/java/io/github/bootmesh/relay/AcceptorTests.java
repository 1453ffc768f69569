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

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class AcceptorTests {

	@Test
	void whenAConnectionCannotBePreparedThenItIsResetAndTheNextIsAccepted() throws Exception {
		Failures failures = new Failures("It");
		try (RelayLoops loops = new RelayLoops(1)) {
			Acceptor acceptor = new Acceptor(loops, RelaySettings.DEFAULTS, failures, (channel) -> {
				throw new IllegalStateException("no room");
			});
			InetSocketAddress address = (InetSocketAddress) acceptor.bind(RelayTestbed.ANY_PORT);
			for (int i = 0; i < 2; i++) {
				try (Socket client = new Socket(address.getAddress(), address.getPort())) {
					assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read());
				}
			}
			assertThat(failures.counts()).containsEntry("not-connected", 2L);
			assertThat(acceptor.open()).isZero();
			acceptor.close();
		}
	}

}
