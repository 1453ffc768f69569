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

package io.github.bootmesh.autoconfigure.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.bootstrap.DefaultBootstrapContext;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import io.github.bootmesh.discovery.ChoicePolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@ExtendWith(OutputCaptureExtension.class)
class MeshUpstreamAutoConfigurationTests {

	private static final int PATIENCE_MILLIS = 20_000;

	private final StreamMesh mesh = new StreamMesh();

	@AfterEach
	void close() throws Exception {
		this.mesh.close();
	}

	private ApplicationContextRunner ledger(String... settings) {
		ApplicationContextRunner runner = this.mesh.runner()
			.withPropertyValues("bootmesh.upstreams.ledger-db.destination-name=ledger",
					"bootmesh.upstreams.ledger-db.local-bind-port=0");
		for (String setting : settings) {
			runner = runner.withPropertyValues("bootmesh.upstreams.ledger-db." + setting);
		}
		return runner;
	}

	@Test
	void whenNoUpstreamIsDeclaredThenNothingListensAndNoBeanWaits() {
		this.mesh.runner().run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(UpstreamDependents.class);
			assertThat(context.getBean(MeshUpstreams.class).statuses()).isEmpty();
			assertThat(context.getBeanFactory().containsSingleton("meshRelayLoops")).isFalse();
		});
	}

	@Test
	void whenMeshIsDisabledThenNothingListens() {
		ledger().withPropertyValues("bootmesh.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(MeshUpstreams.class);
			assertThat(context.getEnvironment().getProperty("local.bootmesh.upstreams.ledger-db.port")).isNull();
		});
	}

	@Test
	void whenItIsConnectedToThenTheBytesTravelToTheServiceAndBack(CapturedOutput output) throws Exception {
		try (ServerSocket echo = echo()) {
			this.mesh.serve("ledger", echo.getLocalPort());
			ledger().run((context) -> {
				int port = port(context);
				assertThat(context.getBean(MeshUpstreams.class).address("ledger-db"))
					.isEqualTo(new InetSocketAddress("127.0.0.1", port));
				assertThat(say(port, "hello")).isEqualTo("hello");
				Awaitility.await().untilAsserted(() -> assertThat(status(context).listener()).satisfies((listener) -> {
					assertThat(listener.connections()).isZero();
					assertThat(listener.received()).isEqualTo(5);
					assertThat(listener.sent()).isEqualTo(5);
					assertThat(listener.failures()).isEmpty();
				}));
				assertThat(output).contains("Upstream 'ledger-db' (ledger) listens on 127.0.0.1, port " + port);
			});
		}
	}

	@Test
	void whenNoInstanceIsThereThenConnectionsAreResetUntilOneComes() throws Exception {
		this.mesh.catalog.empty("ledger");
		try (ServerSocket echo = echo()) {
			ledger().run((context) -> {
				assertThat(say(port(context), "hello")).isEqualTo("reset");
				assertThat(status(context).listener().failures()).containsEntry("no-healthy-instance", 1L);
				assertThat(status(context).listener().problem()).contains("no-healthy-instance");
				this.mesh.serve("ledger", echo.getLocalPort());
				Awaitility.await().until(() -> say(port(context), "hello"), "hello"::equals);
			});
		}
	}

	@Test
	void whenPreparedQueryOrDatacenterIsDeclaredThenThatIsAsked() {
		ledger("destination-type=prepared_query", "datacenter=dc2")
			.run((context) -> assertThat(status(context).upstream().destination()).hasToString("query:ledger@dc2"));
	}

	@Test
	void whenAlwaysTheSameInstanceIsWantedThenItIsChosenSo() {
		ledger().run((context) -> assertThat(status(context).upstream().policy()).isEqualTo(ChoicePolicy.WEIGHTED));
		ledger("policy=first")
			.run((context) -> assertThat(status(context).upstream().policy()).isEqualTo(ChoicePolicy.FIRST));
	}

	@Test
	void whenTheProxyIdIsEmptyThenTheStartFailsAndSaysSo() {
		this.mesh.runner()
			.withPropertyValues("bootmesh.upstreams-from.proxy-id=")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("bootmesh.upstreams-from.proxy-id")));
	}

	@Test
	void whenContextIsClosedThenNothingListensAndConnectionsAreReset() throws Exception {
		try (ServerSocket echo = echo()) {
			this.mesh.serve("ledger", echo.getLocalPort());
			CompletableFuture<Socket> connected = new CompletableFuture<>();
			CompletableFuture<Integer> port = new CompletableFuture<>();
			ledger().run((context) -> {
				port.complete(port(context));
				Socket socket = connect(port(context));
				socket.getOutputStream().write(1);
				assertThat(socket.getInputStream().read()).isOne();
				connected.complete(socket);
			});
			try (Socket socket = connected.join()) {
				assertThat(read(socket)).isEqualTo("reset");
			}
			assertThat(say(port.join(), "hello")).isEqualTo("refused");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			destination-name=                | destination-name   | It must be the name of a service
			destination-name=a/b             | destination-name   | Not a name that Consul takes
			local-bind-port=                 | local-bind-port    | It must be a port
			local-bind-port=65536            | local-bind-port    | It must be a port
			local-bind-address=localhost     | local-bind-address | It must be an IP address
			local-bind-address=0.0.0.0       | local-bind-address | Whoever reaches it speaks as this service
			connect-timeout=0s               | connect-timeout    | It must be at least 1ms
			idle-timeout=0s                  | idle-timeout       | It must be at least 1ms
			max-lifetime=-1s                 | max-lifetime       | It must be at least 1ms
			max-connections=0                | max-connections    | It must be at least 1
			max-pending=0                    | max-pending        | It must be at least 1
			mesh-gateway.mode=local          | mesh-gateway.mode  | Mesh gateways cannot be used yet
			""")
	void whenADeclarationCannotWorkThenTheStartFailsAndSaysWhichSetting(String setting, String named, String reason) {
		this.mesh.runner()
			.withPropertyValues("bootmesh.upstreams.ledger-db.destination-name=ledger",
					"bootmesh.upstreams.ledger-db.local-bind-port=15432", "bootmesh.upstreams.ledger-db." + setting)
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("bootmesh.upstreams.ledger-db." + named);
					assertThat(ex.getReason()).startsWith(reason);
				}));
	}

	@Test
	void whenThePortIsInUseThenTheStartFailsAndNamesTheUpstream() throws Exception {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			ledger("local-bind-port=" + taken.getLocalPort()).run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("bootmesh.upstreams.ledger-db.local-bind-port");
					assertThat(ex.getReason()).contains("Address already in use");
				}));
		}
	}

	@Test
	void whenTwoUpstreamsShareAPortThenTheStartFailsAndNamesBoth() throws Exception {
		int port;
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			port = free.getLocalPort();
		}
		ledger("local-bind-port=" + port)
			.withPropertyValues("bootmesh.upstreams.stock.destination-name=stock",
					"bootmesh.upstreams.stock.local-bind-port=" + port)
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("ledger-db")
				.hasMessageContaining("stock"));
	}

	@Test
	void whenItMayListenBeyondLoopbackThenItWarns(CapturedOutput output) {
		ledger("local-bind-address=0.0.0.0", "allow-non-loopback=true").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output).containsOnlyOnce("is reached from beyond loopback");
		});
	}

	@Test
	void whenLoopbackOfIpv6IsDeclaredThenItListensThere() {
		ledger("local-bind-address=::1").run((context) -> {
			InetSocketAddress address = context.getBean(MeshUpstreams.class).address("ledger-db");
			assertThat(address.getAddress()).isEqualTo(InetAddress.getByName("::1"));
			assertThat(address.getPort()).isEqualTo(port(context));
		});
	}

	@Test
	void whenAnEnvironmentVariableSetsAnUpstreamsSettingThenItIsTheSameUpstream() {
		Map<String, Object> variables = Map.of("BOOTMESH_UPSTREAMS_LEDGERDB_DESTINATIONNAME", "books");
		ledger()
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", variables)))
			.run((context) -> {
				assertThat(context.getBean(MeshUpstreams.class).statuses()).singleElement()
					.extracting(UpstreamStatus::upstream)
					.satisfies((upstream) -> {
						assertThat(upstream.name()).isEqualTo("ledger-db");
						assertThat(upstream.destination()).hasToString("books");
					});
			});
	}

	@Test
	void whenTheEnvironmentIsReadAgainThenThePublishedPortStays() {
		StandardEnvironment refreshed = new StandardEnvironment();
		refreshed.getPropertySources()
			.addFirst(new MapPropertySource("refreshArgs", Map.of("bootmesh.upstreams.ledger-db.local-bind-port", 0)));
		new UpstreamPortEnvironmentPostProcessor(new DefaultBootstrapContext()).postProcessEnvironment(refreshed,
				new SpringApplication());
		assertThat(refreshed.getProperty("local.bootmesh.upstreams.ledger-db.port")).isNull();
	}

	@Test
	void whenAnApplicationStartsThenThePortIsPublishedAndRefusesUntilItListens() {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Object.class)
			.web(WebApplicationType.NONE)
			.run("--bootmesh.upstreams.ledger-db.destination-name=ledger",
					"--bootmesh.upstreams.ledger-db.local-bind-port=0")) {
			assertThat(say(port(context), "hello")).isEqualTo("refused");
			assertThatIOException()
				.isThrownBy(() -> new ServerSocket(port(context), 1, InetAddress.getLoopbackAddress()));
		}
	}

	@Test
	void whenAnUpstreamIsDeclaredLateThenItsPortIsPublishedAllTheSame() {
		this.mesh.runner()
			.withInitializer((context) -> TestPropertyValues
				.of("bootmesh.upstreams.ledger-db.destination-name=ledger",
						"bootmesh.upstreams.ledger-db.local-bind-port=0")
				.applyTo(context))
			.run((context) -> assertThat(context.getBean(MeshUpstreams.class).address("ledger-db").getPort())
				.isEqualTo(port(context)));
	}

	@Test
	void whenAnUnknownUpstreamIsAskedForThenTheKnownOnesAreNamed() {
		ledger().run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> context.getBean(MeshUpstreams.class).address("ledger"))
			.withMessageContaining("ledger-db"));
	}

	private static int port(ApplicationContext context) {
		return context.getEnvironment().getRequiredProperty("local.bootmesh.upstreams.ledger-db.port", Integer.class);
	}

	private static UpstreamStatus status(ApplicationContext context) {
		return context.getBean(MeshUpstreams.class).statuses().get(0);
	}

	static Socket connect(int port) throws IOException {
		Socket socket = new Socket("127.0.0.1", port);
		socket.setSoTimeout(PATIENCE_MILLIS);
		return socket;
	}

	static String say(int port, String text) {
		try (Socket socket = connect(port)) {
			socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
			socket.shutdownOutput();
			return read(socket);
		}
		catch (IOException ex) {
			return String.valueOf(ex.getMessage()).contains("refused") ? "refused" : "reset";
		}
	}

	static String read(Socket socket) {
		try {
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
		}
		catch (IOException ex) {
			return "reset";
		}
	}

	static ServerSocket echo() throws IOException {
		ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		Thread thread = new Thread(() -> {
			while (!server.isClosed()) {
				try {
					Socket socket = server.accept();
					new Thread(() -> echo(socket), "echo").start();
				}
				catch (IOException ex) {
					return;
				}
			}
		}, "echo");
		thread.setDaemon(true);
		thread.start();
		return server;
	}

	private static void echo(Socket accepted) {
		try (Socket socket = accepted) {
			socket.getInputStream().transferTo(socket.getOutputStream());
		}
		catch (IOException ex) {
			assertThat(ex).as("The other side was reset").isNotNull();
		}
	}

}
