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

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apache.catalina.connector.Connector;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.TestIntentions;
import io.github.bootmesh.relay.ListenerStatus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A public listener in front of a server that stays as it is, through real sockets.
 */
@ExtendWith(OutputCaptureExtension.class)
class MeshSidecarTests {

	private final SidecarTestbed testbed = new SidecarTestbed();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void whenAPeerDialsThePublicListenerThenItReachesTheServerOnLoopback(WebApplicationType type) throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(type);
		Socket peer = this.testbed.dial("web", application);
		assertThat(SidecarTestbed.get(peer, "/")).startsWith("HTTP/1.1 200").endsWith("orders!");
		assertThat(SidecarTestbed.get(peer, "/")).startsWith("HTTP/1.1 200").endsWith("orders!");
		// Who listens on all addresses has this one too.
		new ServerSocket(SidecarTestbed.ports(application).local(), 1, InetAddress.getByName("127.0.0.2")).close();
		try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), SidecarTestbed.ports(application).mesh())) {
			plain.setSoTimeout((int) SidecarTestbed.PATIENCE.toMillis());
			assertThatNothingIsAnswered(plain);
		}
		assertThat(status(application).connections()).isPositive();
		assertThat(status(application).sent()).isPositive();
	}

	private static ListenerStatus status(ConfigurableApplicationContext application) {
		return Objects.requireNonNull(application.getBean(PublicListenerLifecycle.class).status());
	}

	// An alert may come, as far as it is not overtaken by the reset.
	private static void assertThatNothingIsAnswered(Socket socket) {
		ByteArrayOutputStream answer = new ByteArrayOutputStream();
		try {
			SidecarTestbed.ask(socket, "/");
			for (int next = socket.getInputStream().read(); next >= 0; next = socket.getInputStream().read()) {
				answer.write(next);
				assertThat(answer.toString(StandardCharsets.ISO_8859_1)).doesNotContain("HTTP");
			}
		}
		catch (SocketTimeoutException ex) {
			throw new AssertionError("still open", ex);
		}
		catch (IOException ex) {
			// Reset.
		}
	}

	private static void assertThatItEnds(Socket socket) {
		try {
			assertThat(socket.getInputStream().read()).isEqualTo(-1);
		}
		catch (SocketTimeoutException ex) {
			throw new AssertionError("still open", ex);
		}
		catch (IOException ex) {
			// Reset.
		}
	}

	@Test
	void whenTheIntentionsDenyThenNothingReachesTheServerAndOpenConnectionsEnd() throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE);
		Socket peer = this.testbed.dial("web", application);
		Socket other = this.testbed.dial("batch", application);
		assertThat(SidecarTestbed.get(peer, "/")).endsWith("orders!");
		assertThat(SidecarTestbed.get(other, "/")).endsWith("orders!");
		this.testbed.intentions().deliver(true, TestIntentions.intention("web", "orders", IntentionRule.DENY));
		assertThatItEnds(peer);
		assertThatNothingIsAnswered(this.testbed.dial("web", application));
		assertThat(SidecarTestbed.get(other, "/")).endsWith("orders!");
	}

	@Test
	void whenAnIntentionHasPermissionsThenItDeniesAndIsNamedOnce(CapturedOutput output) throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE);
		IntentionRule permissions = new IntentionRule.Permissions(
				List.of(new Permission(true, null, Set.of("GET"), List.of())));
		for (int i = 0; i < 2; i++) {
			this.testbed.intentions().deliver(true, TestIntentions.intention("web", "orders", permissions));
		}
		assertThatNothingIsAnswered(this.testbed.dial("web", application));
		assertThat(SidecarTestbed.get(this.testbed.dial("batch", application), "/")).endsWith("orders!");
		Awaitility.await()
			.atMost(SidecarTestbed.PATIENCE)
			.untilAsserted(() -> assertThat(output).containsOnlyOnce("Intentions with permissions deny")
				.contains("web => orders"));
	}

	@Test
	void whenThereIsALocalPortThenNoWebServerIsNeeded() throws Exception {
		try (ServerSocket echo = echo()) {
			ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.NONE,
					"bootmesh.inbound.local-port=" + echo.getLocalPort());
			assertThat(SidecarTestbed.ports(application).local()).isEqualTo(echo.getLocalPort());
			Socket peer = this.testbed.dial("web", application);
			peer.getOutputStream().write(7);
			assertThat(peer.getInputStream().read()).isEqualTo(7);
		}
	}

	@Test
	void whenTheLocalPortIsAnothersThenTheWebServerIsOnLoopbackUnlessToldOtherwise() throws Exception {
		try (ServerSocket echo = echo()) {
			String localPort = "bootmesh.inbound.local-port=" + echo.getLocalPort();
			assertThat(BeyondLoopback.reached(serverPort(this.testbed.start(WebApplicationType.REACTIVE, localPort))))
				.isEmpty();
			ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE, localPort,
					"server.address=0.0.0.0");
			new Socket(InetAddress.getByAddress(new byte[] { 127, 0, 0, 2 }), serverPort(application)).close();
			Socket peer = this.testbed.dial("web", application);
			peer.getOutputStream().write(7);
			assertThat(peer.getInputStream().read()).isEqualTo(7);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whenTheServerIsOnAnotherLoopbackAddressThenItIsReachedThere(boolean named) throws Exception {
		int port = freePort();
		ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE,
				"server.address=127.0.0.2", "server.port=" + port,
				named ? "bootmesh.inbound.local-port=" + port : "bootmesh.inbound.drain-timeout=1s");
		try (Socket peer = this.testbed.dial("web", application)) {
			assertThat(SidecarTestbed.get(peer, "/")).endsWith("orders!");
		}
	}

	@ParameterizedTest
	@CsvSource({ "OpenAddress,", "OpenHost,", "OpenHost, 4711", "OpenConnector,", "OpenConnector, 4711" })
	void whenACustomizerOpensTheServerToOthersThenTheStartFails(String customizer, @Nullable String localPort,
			CapturedOutput output) throws Exception {
		Map<String, Class<?>> customizers = Map.of("OpenAddress", OpenAddress.class, "OpenHost", OpenHost.class,
				"OpenConnector", OpenConnector.class);
		WebApplicationType type = customizer.equals("OpenConnector") ? WebApplicationType.SERVLET
				: WebApplicationType.REACTIVE;
		assumeOthersAreThere();
		assertThatException().isThrownBy(() -> this.testbed.start(type, List.of(customizers.get(customizer)),
				(localPort != null) ? "bootmesh.inbound.local-port=" + localPort : "bootmesh.inbound.port=0"));
		assertThat(output).contains("APPLICATION FAILED TO START", "others reach it without the mesh", "loopback");
	}

	@Test
	void whenALocalPortOfAnotherProgramIsReachedByOthersThenItIsSaid(CapturedOutput output) throws Exception {
		assumeOthersAreThere();
		try (ServerSocket everywhere = new ServerSocket(0)) {
			this.testbed.start(WebApplicationType.NONE, "bootmesh.inbound.local-port=" + everywhere.getLocalPort());
			assertThat(output).contains(
					"Port " + everywhere.getLocalPort() + ", which the mesh leads to, is reached without the mesh");
		}
	}

	private static void assumeOthersAreThere() throws Exception {
		assumeThat(NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses))
			.as("this host has an address beyond loopback")
			.anyMatch((address) -> !address.isLoopbackAddress());
	}

	private static int serverPort(ConfigurableApplicationContext application) {
		return Integer.parseInt(application.getEnvironment().getRequiredProperty("local.server.port"));
	}

	private static int freePort() throws IOException {
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.2"))) {
			return free.getLocalPort();
		}
	}

	@ParameterizedTest
	@EnumSource(WebApplicationType.class)
	void whenThereIsALocalSocketThenThePublicListenerLeadsThereAndAWebServerIsLeftAlone(WebApplicationType type,
			@TempDir Path directory, CapturedOutput output) throws Exception {
		Path path = directory.resolve("application");
		try (ServerSocketChannel echo = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
			echo.bind(UnixDomainSocketAddress.of(path));
			CompletableFuture<Void> echoed = CompletableFuture.runAsync(() -> echo(echo));
			ConfigurableApplicationContext application = this.testbed.start(type,
					"bootmesh.inbound.local-socket-path=" + path);
			Socket peer = this.testbed.dial("web", application);
			peer.getOutputStream().write(7);
			assertThat(peer.getInputStream().read()).isEqualTo(7);
			peer.close();
			assertThat(echoed).succeedsWithin(SidecarTestbed.PATIENCE);
			assertThat(output).contains("(" + path + ") at port");
		}
	}

	private static void echo(ServerSocketChannel server) {
		try (SocketChannel accepted = server.accept()) {
			ByteBuffer bytes = ByteBuffer.allocate(100);
			while (accepted.read(bytes) >= 0) {
				accepted.write(bytes.flip());
				bytes.clear();
			}
		}
		catch (IOException ex) {
			// Reset.
		}
	}

	private static ServerSocket echo() throws IOException {
		ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		Thread thread = new Thread(() -> {
			try (Socket socket = server.accept()) {
				InputStream input = socket.getInputStream();
				input.transferTo(socket.getOutputStream());
			}
			catch (IOException ex) {
				// Closed.
			}
		});
		thread.setDaemon(true);
		thread.start();
		return server;
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void whenTheApplicationStopsThenWhatIsInFlightIsAnsweredAndNothingNewIsAccepted(WebApplicationType type)
			throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(type);
		InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(),
				SidecarTestbed.ports(application).mesh());
		Socket idle = this.testbed.dial("batch", application);
		assertThat(SidecarTestbed.get(idle, "/")).endsWith("orders!");
		Socket peer = this.testbed.dial("web", application);
		long before = status(application).received();
		SidecarTestbed.ask(peer, "/slow");
		Awaitility.await().atMost(SidecarTestbed.PATIENCE).until(() -> status(application).received() > before);
		CompletableFuture<Void> stopped = CompletableFuture.runAsync(application::close);
		assertThat(SidecarTestbed.answer(peer)).startsWith("HTTP/1.1 200").endsWith("orders!");
		assertThatItEnds(idle);
		idle.close();
		peer.close();
		stopped.get(SidecarTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
			try (Socket late = new Socket()) {
				late.connect(address, 5000);
			}
		});
	}

	@Test
	void whenTheApplicationStopsThenNothingNewIsAcceptedWhileWhatIsOpenGoesOn() throws Exception {
		try (ServerSocket echo = echo()) {
			ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.NONE,
					"bootmesh.inbound.local-port=" + echo.getLocalPort(), "bootmesh.inbound.drain-timeout=1m");
			InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(),
					SidecarTestbed.ports(application).mesh());
			Socket peer = this.testbed.dial("web", application);
			CompletableFuture<Void> stopped = CompletableFuture.runAsync(application::close);
			Awaitility.await().atMost(SidecarTestbed.PATIENCE).until(() -> refuses(address));
			peer.getOutputStream().write(7);
			assertThat(peer.getInputStream().read()).isEqualTo(7);
			assertThat(stopped).isNotDone();
			peer.close();
			stopped.get(SidecarTestbed.PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
	}

	private static boolean refuses(InetSocketAddress address) {
		try (Socket late = new Socket()) {
			late.connect(address, 5000);
			return false;
		}
		catch (IOException ex) {
			return true;
		}
	}

	@Test
	void whenAsManyAsAllowedAreOpenThenFurtherOnesAreRefused() throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE,
				"bootmesh.inbound.max-connections=1");
		Socket first = this.testbed.dial("web", application);
		assertThat(SidecarTestbed.get(first, "/")).endsWith("orders!");
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> SidecarTestbed.get(this.testbed.dial("web", application), "/"));
		assertThat(SidecarTestbed.get(first, "/")).endsWith("orders!");
	}

	@Test
	void whenNothingMovesForTheIdleTimeoutThenTheConnectionIsReset() throws Exception {
		ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.REACTIVE,
				"bootmesh.inbound.idle-timeout=300ms");
		Socket peer = this.testbed.dial("web", application);
		assertThat(SidecarTestbed.get(peer, "/")).endsWith("orders!");
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> peer.getInputStream().read());
	}

	@Test
	void whenTheLocalPortDoesNotAnswerThenThatIsKnownUntilItDoesAndItIsAskedNoMore() throws Exception {
		ServerSocket server = echo();
		int port = server.getLocalPort();
		PublicListenerLifecycle listener = this.testbed
			.start(WebApplicationType.NONE, "bootmesh.inbound.local-port=" + port)
			.getBean(PublicListenerLifecycle.class);
		assertThat(listener.problem()).isNull();
		server.close();
		assertThat(listener.problem()).as("it is left alone").isNull();
		assertThatNothingIsAnswered(this.testbed.dial("web", listener.ports()));
		assertThat(listener.problem()).contains("does not answer");
		try (ServerSocket again = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
			assertThat(again.isBound()).isTrue();
			assertThat(listener.problem()).isNull();
		}
	}

	@Test
	void whenAConnectionOutlastsTheDrainThenItIsReset(CapturedOutput output) throws Exception {
		try (ServerSocket echo = echo()) {
			ConfigurableApplicationContext application = this.testbed.start(WebApplicationType.NONE,
					"bootmesh.inbound.local-port=" + echo.getLocalPort(), "bootmesh.inbound.drain-timeout=200ms");
			Socket peer = this.testbed.dial("web", application);
			peer.getOutputStream().write(7);
			assertThat(peer.getInputStream().read()).isEqualTo(7);
			application.close();
			assertThatExceptionOfType(SocketException.class).isThrownBy(() -> peer.getInputStream().read());
			assertThat(output).contains("1 mesh connections of 'orders' are still open after 0.2s");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "server.address=0.0.0.0 | server.address", "server.address=192.0.2.1 | server.address",
					"server.ssl.certificate=own.pem | server.ssl", "bootmesh.inbound.port=-1 | bootmesh.inbound.port",
					"bootmesh.inbound.local-port=0 | inbound.local-port",
					"bootmesh.inbound.drain-timeout=-1s | bootmesh.inbound.drain-timeout" })
	void whenSomethingMakesThePublicListenerWorthNothingThenTheStartFailsAndNamesIt(String property, String named,
			CapturedOutput output) {
		for (WebApplicationType type : List.of(WebApplicationType.REACTIVE, WebApplicationType.SERVLET)) {
			assertThatException().isThrownBy(() -> this.testbed.start(type, property));
		}
		assertThat(List.of(output.getAll().split("APPLICATION FAILED TO START"))).hasSize(3)
			.last()
			.asString()
			.contains(named.strip());
	}

	@ParameterizedTest
	@ValueSource(strings = { "bootmesh.inbound.mode=native,bootmesh.inbound.address=127.0.0.1",
			"bootmesh.inbound.mutual-tls-mode=permissive,bootmesh.inbound.permissive-from=10.0.0.0/8",
			"bootmesh.inbound.forwarded-client-cert=sanitize", "bootmesh.inbound.gateways=edge",
			"bootmesh.inbound.local-port=4711,bootmesh.inbound.port=4711",
			"bootmesh.inbound.local-port=4711,bootmesh.inbound.local-socket-path=/run/orders.sock",
			"bootmesh.inbound.mode=native,bootmesh.inbound.local-socket-path=/run/orders.sock",
			"bootmesh.inbound.local-socket-path=orders.sock" })
	void whenSettingsContradictEachOtherThenTheStartFails(String properties, CapturedOutput output) {
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE, properties.split(",")));
		assertThat(output).contains("APPLICATION FAILED TO START", "bootmesh.inbound.");
	}

	@Test
	void whenThereIsNothingToLeadToThenTheStartSaysWhatToSet(CapturedOutput output) {
		assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.NONE));
		assertThat(output).contains("this application runs no web server", "bootmesh.inbound.local-port");
	}

	@Test
	void whenThePublicPortIsInUseThenTheStartSaysWhatToSet(CapturedOutput output) throws Exception {
		try (ServerSocket other = echo()) {
			assertThatException().isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE,
					"bootmesh.inbound.port=" + other.getLocalPort()));
			assertThat(output).contains("cannot listen on /127.0.0.1:" + other.getLocalPort(),
					"'bootmesh.inbound.port'");
		}
	}

	@Test
	void whenThereIsAMeshAuthorizerThenTheStartFailsAsNobodyWouldAskIt(CapturedOutput output) {
		assertThatException()
			.isThrownBy(() -> this.testbed.start(WebApplicationType.REACTIVE, List.of(Authorizing.class)));
		assertThat(output).contains("[everybody] would never be asked", "bootmesh.inbound.mode=native");
	}

	@Configuration(proxyBeanMethods = false)
	static class Authorizing {

		@Bean
		MeshAuthorizer everybody() {
			return (caller, request) -> Mono.just(true);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OpenAddress {

		@Bean
		WebServerFactoryCustomizer<ConfigurableWebServerFactory> everywhere() {
			return (factory) -> factory.setAddress(new InetSocketAddress(0).getAddress());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OpenHost {

		@Bean
		WebServerFactoryCustomizer<NettyReactiveWebServerFactory> everywhere() {
			return (factory) -> factory.addServerCustomizers((server) -> server.host("0.0.0.0"));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OpenConnector {

		@Bean
		WebServerFactoryCustomizer<TomcatServletWebServerFactory> another() {
			return (factory) -> {
				Connector connector = new Connector();
				connector.setPort(0);
				factory.addAdditionalConnectors(connector);
			};
		}

	}

}
