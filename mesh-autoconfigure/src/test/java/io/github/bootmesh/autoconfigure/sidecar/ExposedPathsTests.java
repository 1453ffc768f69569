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

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.ProxyProtocolSupportType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What an application in mode sidecar shows of itself without the mesh, and is told of
 * its peers.
 */
@ExtendWith(OutputCaptureExtension.class)
class ExposedPathsTests {

	private static final String PATHS = "bootmesh.inbound.expose.paths";

	private final SidecarTestbed testbed = new SidecarTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private static String ask(int port, String path) throws IOException {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5000);
			socket.setSoTimeout((int) SidecarTestbed.PATIENCE.toMillis());
			SidecarTestbed.ask(socket, path);
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
		}
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void whenPathsAreExposedThenTheyAreReachedWithoutTheMeshWhileItRuns(WebApplicationType type) throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(type, PATHS + "[0].path=/health",
				PATHS + "[0].listener-port=0", PATHS + "[1].path=/metrics", PATHS + "[1].listener-port=0",
				PATHS + "[1].protocol=http");
		ExposedPaths paths = application.getBean(ExposedPaths.class);
		assertThat(paths.exposed()).hasSize(2);
		int health = paths.exposed().get(0).listenerPort();
		assertThat(paths.exposed().get(0).localPathPort()).isEqualTo(SidecarTestbed.ports(application).local());
		assertThat(ask(health, "/health")).startsWith("HTTP/1.1 200").endsWith("orders!");
		assertThat(ask(health, "/metrics")).startsWith("HTTP/1.1 404");
		assertThat(ask(health, "/")).startsWith("HTTP/1.1 404");
		assertThat(ask(paths.exposed().get(1).listenerPort(), "/metrics")).endsWith("orders!");
		application.close();
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> ask(health, "/health"));
	}

	@Test
	void whenAnotherPortServesThePathThenItIsAsked() throws Exception {
		DisposableServer management = HttpServer.create()
			.bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
			.handle((request, response) -> response.sendString(Mono.just("management")))
			.bindNow();
		try {
			ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE,
					PATHS + "[0].path=/health", PATHS + "[0].listener-port=0",
					PATHS + "[0].local-path-port=" + management.port());
			int port = application.getBean(ExposedPaths.class).exposed().get(0).listenerPort();
			assertThat(ask(port, "/health")).startsWith("HTTP/1.1 200").contains("management");
		}
		finally {
			management.disposeNow();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "path=health", "path=", "path=/a%2Fb", "path=/a/../b", "path=/a/..", "path=/./a",
			"path=//a", "path=/a//b", "path=/a?b", "path=/a#b", "path=/a;b", "path=/a\\b", "path=/\u00e4", "path=/a b",
			"listener-port=-1", "listener-port=65536", "local-path-port=0", "protocol=http2" })
	void whenAPathCannotBeExposedThenTheStartFailsAndNamesTheSetting(String property, CapturedOutput output) {
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE, PATHS + "[0].path=/a",
				PATHS + "[0].listener-port=0", PATHS + "[0]." + property));
		assertThat(output).contains("APPLICATION FAILED TO START", PATHS, "Must be ");
	}

	@Test
	void whenTwoPathsAreAlikeThenTheStartFails(CapturedOutput output) {
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE, PATHS + "[0].path=/a",
				PATHS + "[0].listener-port=0", PATHS + "[1].path=/a", PATHS + "[1].listener-port=0"));
		assertThat(output).contains("Is there twice");
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE, PATHS + "[0].path=/a",
				PATHS + "[0].listener-port=4711", PATHS + "[1].path=/b", PATHS + "[1].listener-port=4711"));
		assertThat(output).contains("listener-port of two paths");
	}

	@Test
	void whenThePortOfAPathIsInUseThenTheStartSaysWhatToSet(CapturedOutput output) throws Exception {
		try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE,
					PATHS + "[0].path=/a", PATHS + "[0].listener-port=" + other.getLocalPort()));
			assertThat(output).contains("The exposed path /a cannot listen on", "'listener-port'");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.inbound.proxy-protocol=true",
			"bootmesh.inbound.expose.paths[0].path=/a,bootmesh.inbound.expose.paths[0].listener-port=0" })
	void whenItIsNotTheModeForItThenTheStartFails(String properties, CapturedOutput output) {
		String[] all = ("bootmesh.inbound.mode=native," + properties).split(",");
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE, all));
		assertThat(output).contains("APPLICATION FAILED TO START", "Needs bootmesh.inbound.mode=sidecar");
	}

	@Test
	void whenTheApplicationExpectsTheProxyProtocolThenItsOwnPortIsNotExposed(CapturedOutput output) {
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE,
				"bootmesh.inbound.proxy-protocol=true", PATHS + "[0].path=/a", PATHS + "[0].listener-port=0"));
		assertThat(output).contains("APPLICATION FAILED TO START", "Needs a local-path-port");
	}

	@Test
	void whenTheApplicationExpectsTheProxyProtocolThenItsOwnPortIsNotExposedByItsNumberEither(CapturedOutput output)
			throws Exception {
		int port;
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			port = free.getLocalPort();
		}
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE,
				"bootmesh.inbound.proxy-protocol=true", "server.port=" + port, PATHS + "[0].path=/a",
				PATHS + "[0].listener-port=0", PATHS + "[0].local-path-port=" + port));
		assertThat(output).contains("APPLICATION FAILED TO START", "The exposed path /a is at port " + port,
				"'local-path-port'");
	}

	@Test
	void whenTheApplicationExpectsTheProxyProtocolThenItKnowsThePeersAddress() throws Exception {
		DisposableServer server = HttpServer.create()
			.bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
			.proxyProtocol(ProxyProtocolSupportType.ON)
			.handle((request, response) -> {
				InetSocketAddress peer = Objects.requireNonNull(request.remoteAddress());
				return response.sendString(Mono.just("port " + peer.getPort() + ", orders!"));
			})
			.bindNow();
		try {
			ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.NONE,
					"bootmesh.inbound.local-port=" + server.port(), "bootmesh.inbound.proxy-protocol=true");
			Socket peer = this.testbed.dial("web", application);
			assertThat(SidecarTestbed.get(peer, "/")).contains("port " + peer.getLocalPort() + ",");
		}
		finally {
			server.disposeNow();
		}
	}

}
