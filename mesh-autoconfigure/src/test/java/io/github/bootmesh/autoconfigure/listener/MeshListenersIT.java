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

package io.github.bootmesh.autoconfigure.listener;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.Destination;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstream;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.autoconfigure.upstream.UpstreamStatus;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.GoProxy;
import io.github.bootmesh.testing.SigningKey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Several services in one process, in the mesh of a real Consul with ACLs, called through
 * Consul's own proxy.
 */
@ExtendWith(OutputCaptureExtension.class)
class MeshListenersIT {

	private final Deque<AutoCloseable> open = new ArrayDeque<>();

	private final ConsulAgent agent = opened(ConsulAgent.start((options) -> options.dev().acls()));

	@AfterEach
	void close() throws Exception {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
	}

	@Test
	void whenTwoServicesShareAProcessThenEachTakesThoseWhoMayCallItAlsoAfterARotation() throws Exception {
		this.agent.allow("web", "alpha");
		this.agent.allow("batch", "beta");
		ConfigurableApplicationContext host = start(listener("alpha", this.agent.serviceToken("alpha")),
				listener("beta", this.agent.serviceToken("beta")));
		for (String service : List.of("alpha", "beta")) {
			awaiting().until(() -> this.agent.healthy(service).size() == 1);
			JsonNode registered = this.agent.healthy(service).get(0).get("Service");
			assertThat(registered.get("Kind").asString()).isEqualTo("connect-proxy");
			assertThat(registered.get("Port").asInt()).isEqualTo(port(host, service));
		}
		assertThat(this.agent.get("/v1/agent/services").findValuesAsString("Service"))
			.containsExactlyInAnyOrder("alpha", "alpha-sidecar-proxy", "beta", "beta-sidecar-proxy");
		GoProxy webToAlpha = opened(GoProxy.outbound(this.agent, "web", "alpha"));
		GoProxy webToBeta = opened(GoProxy.outbound(this.agent, "web", "beta"));
		GoProxy batchToBeta = opened(GoProxy.outbound(this.agent, "batch", "beta"));
		awaiting().untilAsserted(() -> assertThat(greeting(webToAlpha.port())).isEqualTo("alpha"));
		awaiting().untilAsserted(() -> assertThat(greeting(batchToBeta.port())).isEqualTo("beta"));
		assertThat(greeting(webToBeta.port())).isEmpty();
		this.agent.rotateRoot();
		String key = this.agent.activeRoot().keyId();
		for (String service : List.of("alpha", "beta")) {
			awaiting().until(() -> SigningKey.shownAt(port(host, service)).equals(key));
		}
		awaiting().untilAsserted(() -> assertThat(greeting(webToAlpha.port())).isEqualTo("alpha"));
		assertThat(greeting(webToBeta.port())).isEmpty();
		host.close();
		assertThat(this.agent.get("/v1/agent/services")).isEmpty();
	}

	@Test
	void whenATokenIsRefusedThenOnlyItsServiceIsNotThere() throws Exception {
		this.agent.allow("web", "alpha");
		this.agent.allow("web", "beta");
		ConfigurableApplicationContext host = start(listener("alpha", this.agent.serviceToken("alpha")),
				listener("beta", UUID.randomUUID().toString()),
				List.of("bootmesh.fail-fast=false", "bootmesh.startup-timeout=3s"));
		awaiting().until(() -> this.agent.healthy("alpha").size() == 1);
		GoProxy proxy = opened(GoProxy.outbound(this.agent, "web", "alpha"));
		awaiting().untilAsserted(() -> assertThat(greeting(proxy.port())).isEqualTo("alpha"));
		assertThat(greeting(port(host, "beta"))).isEmpty();
		assertThat(this.agent.healthy("beta")).isEmpty();
		MeshListener beta = Objects.requireNonNull(host.getBean(MeshListeners.class).get("beta"));
		assertThat(beta.identity().status().usable()).isFalse();
		assertThat(beta.authorizer().status().usable()).isFalse();
		assertThat(Objects.requireNonNull(host.getBean(HealthEndpoint.class).healthForPath("mesh")).getStatus())
			.isEqualTo(Status.UP);
	}

	@Test
	void whenATokenIsRefusedThenTheStartFailsAndNamesTheListener(CapturedOutput output) {
		String refused = UUID.randomUUID().toString();
		assertThatException().isThrownBy(() -> start(listener("alpha", this.agent.serviceToken("alpha")),
				listener("beta", refused), List.of("bootmesh.startup-timeout=3s")));
		assertThat(output)
			.contains("APPLICATION FAILED TO START", "No mesh identity of the listener 'beta' (service 'beta')",
					"ACL not found", "bootmesh.inbound.listeners.beta.token", "-service-identity=beta")
			.doesNotContain(refused);
		assertThat(this.agent.get("/v1/agent/services")).isEmpty();
	}

	@Test
	void whenAnUpstreamHasAnIdentityThenItIsDecidedOnAsThatService() throws Exception {
		this.agent.allow("alpha", "ledger");
		ServerSocket ledger = greeting("ledger");
		opened(GoProxy.inbound(this.agent, "ledger", ledger.getLocalPort()));
		ConfigurableApplicationContext host = start(listener("alpha", this.agent.serviceToken("alpha")),
				List.of("bootmesh.upstreams.as-alpha.destination-name=ledger",
						"bootmesh.upstreams.as-alpha.local-bind-port=0", "bootmesh.upstreams.as-alpha.identity=alpha",
						"bootmesh.upstreams.as-host.destination-name=ledger",
						"bootmesh.upstreams.as-host.local-bind-port=0"));
		MeshUpstreams upstreams = host.getBean(MeshUpstreams.class);
		awaiting().untilAsserted(() -> assertThat(greeting(port(upstreams.address("as-alpha")))).isEqualTo("ledger"));
		assertThat(greeting(port(upstreams.address("as-host")))).isEmpty();
		MeshUpstream ledgerAsAlpha = MeshUpstream.to(Destination.service("ledger")).withIdentity("alpha");
		assertThat(greeting(upstreams.open("at-run-time", ledgerAsAlpha).getPort())).isEqualTo("ledger");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> upstreams.open("as-nobody", ledgerAsAlpha.withIdentity("nobody")))
			.withMessageContaining("bootmesh.inbound.listeners");
		assertThat(upstreams.statuses()).extracting(UpstreamStatus::identity).containsExactly("alpha", null, "alpha");
		awaiting().until(() -> this.agent.healthy("alpha").size() == 1);
		String sidecar = this.agent.healthy("alpha").get(0).get("Service").get("ID").asString();
		JsonNode dialled = this.agent.get("/v1/agent/service/" + sidecar).get("Proxy").get("Upstreams");
		assertThat(dialled).hasSize(1);
		assertThat(dialled.get(0).get("LocalBindPort").asInt()).isEqualTo(port(upstreams.address("as-alpha")));
	}

	@Test
	void whenItLeadsToAUnixSocketThenTheServiceIsToldWhoCallsAlsoAfterAStopAndStart(@TempDir Path directory)
			throws Exception {
		this.agent.allow("web", "alpha");
		Path path = directory.resolve("alpha.sock");
		toldWhoCalls(path);
		ConfigurableApplicationContext host = start(List.of("bootmesh.inbound.listeners.alpha.address=127.0.0.1",
				"bootmesh.inbound.listeners.alpha.local-socket-path=" + path,
				"bootmesh.inbound.listeners.alpha.proxy-protocol=true",
				"bootmesh.inbound.listeners.alpha.token=" + this.agent.serviceToken("alpha")));
		awaiting().until(() -> this.agent.healthy("alpha").size() == 1);
		GoProxy proxy = opened(GoProxy.outbound(this.agent, "web", "alpha"));
		awaiting().untilAsserted(() -> assertThat(greeting(proxy.port())).endsWith("/svc/web"));
		host.stop();
		assertThat(this.agent.healthy("alpha")).isEmpty();
		host.start();
		awaiting().until(() -> this.agent.healthy("alpha").size() == 1);
		awaiting().untilAsserted(() -> assertThat(greeting(proxy.port())).endsWith("/svc/web"));
	}

	@Test
	void whenTheLocalPortDoesNotAnswerThenTheServiceIsNotReadyUntilItDoes() throws Exception {
		ServerSocket taken = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
		int port = taken.getLocalPort();
		taken.close();
		start(List.of("bootmesh.inbound.listeners.alpha.address=127.0.0.1",
				"bootmesh.inbound.listeners.alpha.local-port=" + port, "bootmesh.registration.check.interval=100ms",
				"bootmesh.inbound.listeners.alpha.token=" + this.agent.serviceToken("alpha")));
		JsonNode check = awaiting().until(() -> check("alpha"),
				(found) -> found != null && found.get("Output").asString().contains("local port"));
		assertThat(Objects.requireNonNull(check).get("Status").asString()).isEqualTo("critical");
		opened(new ServerSocket(port, 10, InetAddress.getLoopbackAddress()));
		awaiting().until(() -> this.agent.healthy("alpha").size() == 1);
	}

	private @Nullable JsonNode check(String service) {
		return this.agent.get("/v1/agent/checks")
			.values()
			.stream()
			.filter((check) -> check.get("ServiceName").asString().equals(service))
			.findFirst()
			.orElse(null);
	}

	/** Says the SPIFFE ID that the PROXY protocol tells it, and hangs up. */
	private void toldWhoCalls(Path path) throws IOException {
		ServerSocketChannel server = opened(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
		server.bind(UnixDomainSocketAddress.of(path));
		Thread thread = new Thread(() -> {
			while (server.isOpen()) {
				try (SocketChannel channel = server.accept()) {
					DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
					in.readNBytes(14);
					String header = new String(in.readNBytes(in.readUnsignedShort()), StandardCharsets.US_ASCII);
					channel.write(StandardCharsets.US_ASCII.encode(header.substring(header.indexOf("spiffe://"))));
				}
				catch (IOException | IndexOutOfBoundsException ex) {
					// The next one, such as after a readiness check, or closed.
				}
			}
		}, "told");
		thread.setDaemon(true);
		thread.start();
	}

	@SafeVarargs
	private ConfigurableApplicationContext start(List<String>... properties) {
		List<String> arguments = new ArrayList<>(List.of("spring.application.name=host", "spring.main.banner-mode=off",
				"bootmesh.inbound.mode=none", "bootmesh.consul.url=" + this.agent.uri(),
				"bootmesh.consul.token=" + this.agent.serviceToken("host"), "bootmesh.registration.drain-delay=0s",
				"spring.cloud.consul.enabled=false", "spring.cloud.discovery.enabled=false",
				"spring.cloud.compatibility-verifier.enabled=false"));
		List.of(properties).forEach(arguments::addAll);
		return opened(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.registerShutdownHook(false)
			.run(arguments.stream().map((property) -> "--" + property).toArray(String[]::new)));
	}

	private List<String> listener(String service, String token) {
		try {
			String prefix = "bootmesh.inbound.listeners." + service + ".";
			return List.of(prefix + "address=127.0.0.1", prefix + "local-port=" + greeting(service).getLocalPort(),
					prefix + "token=" + token);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** A server that says its name and hangs up. */
	private ServerSocket greeting(String name) throws IOException {
		ServerSocket server = opened(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()));
		Thread thread = new Thread(() -> {
			while (!server.isClosed()) {
				try (Socket socket = server.accept(); OutputStream out = socket.getOutputStream()) {
					out.write(name.getBytes(StandardCharsets.US_ASCII));
				}
				catch (IOException ex) {
					// The next one, or closed.
				}
			}
		}, name);
		thread.setDaemon(true);
		thread.start();
		return server;
	}

	/** What is said at a port, nothing if that is refused. */
	private static String greeting(int port) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			socket.setSoTimeout(20_000);
			// A mesh port takes it for no handshake.
			socket.getOutputStream().write("hello, who are you?\n".getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
		}
		catch (IOException ex) {
			return "";
		}
	}

	private static int port(SocketAddress address) {
		return ((InetSocketAddress) address).getPort();
	}

	private static int port(ConfigurableApplicationContext host, String name) {
		MeshListener listener = Objects.requireNonNull(host.getBean(MeshListeners.class).get(name));
		ListenerStatus status = Objects.requireNonNull(listener.publicListener());
		return port(Objects.requireNonNull(status.address()));
	}

	private <T extends AutoCloseable> T opened(T closeable) {
		this.open.push(closeable);
		return closeable;
	}

	private static ConditionFactory awaiting() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
