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

package io.github.bootmesh.autoconfigure.sidecar;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

class LoopbackOnlyTests {

	@Test
	void whenAListenerLeadsToAServerThatOthersReachThenTheStartFails() throws Exception {
		assumeThat(NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses))
			.as("this host has an address beyond loopback")
			.anyMatch((address) -> !address.isLoopbackAddress());
		try (ServerSocket everywhere = new ServerSocket(0)) {
			int port = everywhere.getLocalPort();
			assertThatExceptionOfType(FailureAnalyzedException.class)
				.isThrownBy(() -> new LoopbackOnly(Set.of(port)).onApplicationEvent(started(port)))
				.withMessageContaining("port " + port)
				.withMessageContaining("bootmesh.inbound.listeners");
			assertThatCode(() -> new LoopbackOnly(Set.of(1)).onApplicationEvent(started(port)))
				.doesNotThrowAnyException();
		}
	}

	@Test
	void whenItIsBoundToLoopbackThenItStarts() throws Exception {
		try (ServerSocket loopback = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			int port = loopback.getLocalPort();
			assertThatCode(() -> new LoopbackOnly(Set.of(port)).onApplicationEvent(started(port)))
				.doesNotThrowAnyException();
		}
	}

	private static WebServerInitializedEvent started(int port) {
		WebServer server = mock(WebServer.class);
		given(server.getPort()).willReturn(port);
		return new WebServerInitializedEvent(server) {

			@Override
			public WebServerApplicationContext getApplicationContext() {
				return mock(WebServerApplicationContext.class);
			}

		};
	}

}
