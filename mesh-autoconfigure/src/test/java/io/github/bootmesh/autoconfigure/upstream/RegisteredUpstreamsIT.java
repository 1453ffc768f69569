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
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.assertj.core.groups.Tuple;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.StringUtils;

import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.GoProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Upstreams that the registration of a proxy in Consul names.
 */
@ExtendWith(OutputCaptureExtension.class)
class RegisteredUpstreamsIT {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static ConsulAgent agent;

	private ServerSocket echo;

	private GoProxy ledger;

	private int[] ports;

	@BeforeAll
	static void startAgent() {
		agent = ConsulAgent.start();
	}

	@AfterAll
	static void stopAgent() {
		if (agent != null) {
			agent.close();
		}
	}

	@BeforeEach
	void serve() throws Exception {
		this.echo = MeshUpstreamAutoConfigurationTests.echo();
		this.ledger = GoProxy.inbound(agent, "ledger", this.echo.getLocalPort());
		this.ports = freePorts(3);
	}

	@AfterEach
	void stop() throws Exception {
		this.ledger.close();
		this.echo.close();
		agent.forget("orders-proxy");
	}

	private static int[] freePorts(int count) throws Exception {
		List<ServerSocket> sockets = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
		}
		int[] ports = sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
		for (ServerSocket socket : sockets) {
			socket.close();
		}
		return ports;
	}

	private static Map<String, Object> upstream(String destination, int port) {
		return Map.of("DestinationName", destination, "LocalBindPort", port);
	}

	@SafeVarargs
	private static void register(Map<String, Object>... upstreams) {
		register("orders", upstreams);
	}

	@SafeVarargs
	private static void register(String service, Map<String, Object>... upstreams) {
		agent.put("/v1/agent/service/register", Map.of("Name", "orders-proxy", "Kind", "connect-proxy", "Port", 1,
				"Proxy", Map.of("DestinationServiceName", service, "Upstreams", List.of(upstreams))));
	}

	private static ConfigurableApplicationContext start(String... arguments) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setRegisterShutdownHook(false);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setDefaultProperties(
				Map.of("spring.application.name", "orders", "bootmesh.consul.url", agent.uri().toString(),
						"bootmesh.inbound.mode", "none", "bootmesh.upstreams-from.proxy-id", "orders-proxy"));
		return application.run(arguments);
	}

	private static String say(int port) {
		return MeshUpstreamAutoConfigurationTests.say(port, "hello");
	}

	// Also since Consul's proxy ends both directions when one ends, sometimes too early.
	private static void awaitSaid(int port, String answer) {
		Awaitility.await().atMost(PATIENCE).until(() -> say(port), answer::equals);
	}

	@Test
	void whenTheRegistrationChangesThenSoDoTheUpstreamsAndNoConnectionIsCut() throws Exception {
		register(upstream("ledger", this.ports[0]));
		try (ConfigurableApplicationContext application = start()) {
			assertThat(say(this.ports[0])).isNotEqualTo("refused");
			awaitSaid(this.ports[0], "hello");
			try (Socket open = MeshUpstreamAutoConfigurationTests.connect(this.ports[0])) {
				open.getOutputStream().write(1);
				assertThat(open.getInputStream().read()).isOne();
				register(upstream("ledger", this.ports[0]), upstream("stock", this.ports[2]));
				awaitSaid(this.ports[2], "reset");
				register(upstream("ledger", this.ports[1]), upstream("stock", this.ports[2]));
				awaitSaid(this.ports[0], "refused");
				open.getOutputStream().write(2);
				assertThat(open.getInputStream().read()).isEqualTo(2);
			}
			awaitSaid(this.ports[1], "hello");
			assertThat(application.getBean(MeshUpstreams.class).statuses())
				.extracting((status) -> status.upstream().name(), UpstreamStatus::origin)
				.containsExactly(Tuple.tuple("stock", UpstreamOrigin.CONSUL),
						Tuple.tuple("ledger", UpstreamOrigin.CONSUL));
			register();
			awaitSaid(this.ports[1], "refused");
		}
	}

	@Test
	void whenThePlaceOfAnUpstreamLeadsElsewhereThenWhatIsOpenThereIsResetThoughItIsInUse(CapturedOutput output)
			throws Exception {
		register(upstream("ledger", this.ports[0]));
		try (ConfigurableApplicationContext application = start()) {
			awaitSaid(this.ports[0], "hello");
			try (Socket open = MeshUpstreamAutoConfigurationTests.connect(this.ports[0])) {
				assertThat(echoed(open)).isOne();
				register(upstream("stock", this.ports[0]));
				awaitResetInUse(open);
			}
			assertThat(output).containsPattern("'ledger' \\(ledger\\) has \\d+ connection\\(s\\) reset");
			awaitSaid(this.ports[0], "reset");
			assertThat(application.getBean(MeshUpstreams.class).statuses())
				.extracting((status) -> status.upstream().name())
				.containsExactly("stock");
		}
	}

	@Test
	void whenThePlaceLeadsElsewhereOnlyAfterItWasFreeThenWhatIsOpenThereIsResetThen() throws Exception {
		register(upstream("ledger", this.ports[0]));
		try (ConfigurableApplicationContext application = start()) {
			awaitSaid(this.ports[0], "hello");
			try (Socket open = MeshUpstreamAutoConfigurationTests.connect(this.ports[0])) {
				assertThat(echoed(open)).isOne();
				register(Map.of("DestinationName", "stock", "LocalBindPort", this.ports[0], "LocalBindAddress",
						"0.0.0.0"));
				awaitRefusedInUse(open);
				register(upstream("stock", this.ports[0]));
				awaitResetInUse(open);
			}
			awaitSaid(this.ports[0], "reset");
		}
	}

	private static int echoed(Socket socket) throws IOException {
		socket.getOutputStream().write(1);
		return socket.getInputStream().read();
	}

	// Never silent for as long as a drain waits for.
	private void awaitRefusedInUse(Socket open) {
		Awaitility.await().pollInterval(Duration.ofMillis(100)).atMost(PATIENCE).until(() -> {
			assertThat(echoed(open)).isOne();
			return say(this.ports[0]).equals("refused");
		});
	}

	private static void awaitResetInUse(Socket open) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(100))
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThatExceptionOfType(SocketException.class).isThrownBy(() -> echoed(open)));
	}

	@Test
	void whenTheRegistrationOrTheAgentIsGoneThenWhatIsOpenStays() {
		register(upstream("ledger", this.ports[0]));
		try (ConfigurableApplicationContext application = start()) {
			awaitSaid(this.ports[0], "hello");
			agent.forget("orders-proxy");
			awaitStale(application);
			awaitSaid(this.ports[0], "hello");
			agent.kill();
			try {
				// Consul's proxy in front of the ledger lets nobody in without the agent.
				assertThat(say(this.ports[0])).isNotEqualTo("refused");
			}
			finally {
				agent.startAgain();
			}
			assertThat(say(this.ports[0])).isNotEqualTo("refused");
			register(upstream("ledger", this.ports[1]));
			awaitSaid(this.ports[0], "refused");
			awaitSaid(this.ports[1], "hello");
		}
	}

	private static void awaitStale(ConfigurableApplicationContext application) {
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> application.getBean(Watches.class)
				.statuses()
				.stream()
				.anyMatch((watch) -> watch.name().equals("upstreams:orders-proxy") && watch.problem() != null));
	}

	@Test
	void whenTheRegistrationComesAfterTheApplicationThenItsUpstreamsOpen() {
		try (ConfigurableApplicationContext application = start()) {
			assertThat(application.getBean(MeshUpstreams.class).statuses()).isEmpty();
			register(upstream("ledger", this.ports[0]));
			awaitSaid(this.ports[0], "hello");
		}
	}

	@Test
	void whenTheConfigurationHasTheNameOrThePortThenItWins(CapturedOutput output) {
		register(upstream("ledger", this.ports[0]), upstream("stock", this.ports[1]), upstream("other", this.ports[2]));
		try (ConfigurableApplicationContext application = start("--bootmesh.upstreams.ledger.destination-name=ledger",
				"--bootmesh.upstreams.ledger.local-bind-port=0", "--bootmesh.upstreams.books.destination-name=ledger",
				"--bootmesh.upstreams.books.local-bind-port=" + this.ports[1])) {
			assertThat(say(this.ports[0])).isEqualTo("refused");
			awaitSaid(this.ports[1], "hello");
			assertThat(say(this.ports[2])).isEqualTo("reset");
			assertThat(application.getBean(MeshUpstreams.class).statuses())
				.extracting((status) -> status.upstream().name())
				.containsExactly("ledger", "books", "other");
			assertThat(output).contains("The upstream 'ledger' of the registration 'orders-proxy' is not opened",
					"The upstream 'stock' of the registration 'orders-proxy' is not opened");
		}
	}

	@Test
	void whenAnEntryCannotBeUsedThenItIsRefusedOnceAndTheOthersOpen(CapturedOutput output) {
		Map<String, Object> exposed = Map.of("DestinationName", "exposed", "LocalBindPort", this.ports[1],
				"LocalBindAddress", "0.0.0.0");
		Map<String, Object> junk = Map.of("DestinationName", "junk", "LocalBindPort", this.ports[1], "LocalBindAddress",
				"localhost");
		Map<String, Object> far = Map.of("DestinationName", "far", "LocalBindPort", this.ports[1], "Datacenter", "dc2",
				"MeshGateway", Map.of("Mode", "local"));
		Map<String, Object> high = Map.of("DestinationName", "high", "LocalBindPort", 70_000);
		Map<String, Object> name = Map.of("DestinationName", "bad\nname", "LocalBindPort", this.ports[1],
				"LocalBindAddress", "127.0.0.9");
		Map<String, Object> own = Map.of("DestinationName", "own", "LocalBindPort", this.ports[1], "LocalBindAddress",
				"127.0.0.8");
		Map<String, Object> slow = Map.of("DestinationName", "slow", "LocalBindPort", this.ports[1], "LocalBindAddress",
				"127.0.0.7", "Config", Map.of("connect_timeout_ms", 9_000_000_000_000_000L));
		register(exposed, junk, far, high, name, upstream("ledger", this.ports[0]), own, slow);
		try (ConfigurableApplicationContext application = start("--bootmesh.inbound.local-port=" + this.ports[1])) {
			awaitSaid(this.ports[0], "hello");
			register(exposed, junk, far, high, name, upstream("ledger", this.ports[0]), own, slow,
					upstream("stock", this.ports[2]));
			awaitSaid(this.ports[2], "reset");
			assertThat(say(this.ports[1])).isEqualTo("refused");
			assertThat(application.getBean(MeshUpstreams.class).statuses())
				.extracting((status) -> status.upstream().name())
				.containsExactly("ledger", "stock");
			for (String refused : List.of("exposed", "junk", "far", "high", "?", "own", "slow")) {
				assertThat(StringUtils.countOccurrencesOf(output.toString(),
						"The upstream '" + refused + "' of the registration"))
					.as(refused)
					.isOne();
			}
		}
	}

	@Test
	void whenTheyMayListenBeyondLoopbackThenTheyDo(CapturedOutput output) {
		register(Map.of("DestinationName", "ledger", "LocalBindPort", this.ports[0], "LocalBindAddress", "0.0.0.0"));
		try (ConfigurableApplicationContext application = start("--bootmesh.upstreams-from.allow-non-loopback=true")) {
			awaitSaid(this.ports[0], "hello");
			assertThat(output).contains("'ledger' is reached from beyond loopback");
		}
	}

	@Test
	void whenTheProxyStandsForAnotherServiceThenItIsNotFollowed(CapturedOutput output) {
		register("billing", upstream("ledger", this.ports[0]));
		try (ConfigurableApplicationContext application = start()) {
			assertThat(say(this.ports[0])).isEqualTo("refused");
			assertThat(output).containsOnlyOnce("is not that of a proxy of 'orders'");
		}
	}

	@Test
	void whenADestinationSpeaksHttpInConsulThenItWarnsOnce(CapturedOutput output) {
		agent.put("/v1/config", Map.of("Kind", "service-defaults", "Name", "page", "Protocol", "http"));
		register(upstream("page", this.ports[0]), upstream("ledger", this.ports[1]));
		try (ConfigurableApplicationContext application = start()) {
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(output).containsOnlyOnce("in Consul that of 'page' is http"));
			awaitSaid(this.ports[1], "hello");
			assertThat(output).doesNotContain("in Consul that of 'ledger'");
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
