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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;

import io.github.bootmesh.Destination;
import io.github.bootmesh.discovery.ChoicePolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What an application opens and closes by itself.
 */
class UpstreamsAtRunTimeTests {

	private static final MeshUpstream LEDGER = MeshUpstream.to(Destination.service("ledger"));

	private final StreamMesh mesh = new StreamMesh();

	private ServerSocket echo;

	@BeforeEach
	void serve() throws Exception {
		this.echo = MeshUpstreamAutoConfigurationTests.echo();
		this.mesh.serve("ledger", this.echo.getLocalPort());
	}

	@AfterEach
	void close() throws Exception {
		this.mesh.close();
		this.echo.close();
	}

	private static MeshUpstreams upstreams(AssertableApplicationContext context) {
		return context.getBean(MeshUpstreams.class);
	}

	private static String say(InetSocketAddress address) {
		return MeshUpstreamAutoConfigurationTests.say(address.getPort(), "hello");
	}

	// The first question to Consul may take its time on a busy host.
	private static void awaitHello(InetSocketAddress address) {
		Awaitility.await().until(() -> say(address), "hello"::equals);
	}

	@Test
	void whenOneIsOpenedThenItCarriesBytesUntilItIsClosed() {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books", LEDGER);
			awaitHello(address);
			assertThat(upstreams(context).address("books")).isEqualTo(address);
			assertThat(upstreams(context).statuses()).singleElement()
				.extracting(UpstreamStatus::origin)
				.isEqualTo(UpstreamOrigin.APPLICATION);
			assertThat(upstreams(context).close("books")).isTrue();
			assertThat(say(address)).isEqualTo("refused");
			assertThat(upstreams(context).statuses()).isEmpty();
			assertThat(upstreams(context).close("books")).isFalse();
			assertThat(upstreams(context).open("books", LEDGER.listeningOn(address))).isEqualTo(address);
			awaitHello(address);
		});
	}

	@Test
	void whenTheSameIsOpenedAgainThenItStaysAndAnotherOfTheNameIsRefused() {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books", LEDGER);
			assertThat(upstreams(context).open("books", MeshUpstream.to(Destination.service("ledger"))))
				.isEqualTo(address);
			assertThatIllegalStateException()
				.isThrownBy(() -> upstreams(context).open("books", LEDGER.withPolicy(ChoicePolicy.FIRST)))
				.withMessageContaining("books");
			assertThatIllegalStateException()
				.isThrownBy(() -> upstreams(context).open("others", LEDGER.listeningOn(address)))
				.withMessageContaining("books");
			awaitHello(address);
		});
	}

	@Test
	void whenItIsClosedThenAnOpenConnectionIsResetAtItsNextPauseOnly() {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books", LEDGER);
			awaitHello(address);
			try (Socket socket = MeshUpstreamAutoConfigurationTests.connect(address.getPort())) {
				socket.getOutputStream().write(1);
				assertThat(socket.getInputStream().read()).isOne();
				upstreams(context).close("books");
				socket.getOutputStream().write(2);
				assertThat(socket.getInputStream().read()).isEqualTo(2);
				assertThat(MeshUpstreamAutoConfigurationTests.read(socket)).isEqualTo("reset");
			}
		});
	}

	@Test
	void whenAnotherThatTakesItsPlaceCannotOpenThenAnOpenConnectionStays() {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books", LEDGER);
			awaitHello(address);
			upstreams(context).open("others", LEDGER);
			try (Socket socket = MeshUpstreamAutoConfigurationTests.connect(address.getPort())) {
				assertThat(echoed(socket)).isOne();
				upstreams(context).close("books");
				assertThatIllegalArgumentException()
					.isThrownBy(() -> upstreams(context).open("no name", to(Destination.service("stock"), address)));
				assertThatIllegalStateException()
					.isThrownBy(() -> upstreams(context).open("others", to(Destination.service("stock"), address)));
				assertThat(echoed(socket)).isOne();
			}
		});
	}

	@ParameterizedTest
	@MethodSource
	void whenItsPlaceLeadsToTheSameInOtherWordsThenAnOpenConnectionStays(Destination same) {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books", LEDGER);
			awaitHello(address);
			try (Socket socket = MeshUpstreamAutoConfigurationTests.connect(address.getPort())) {
				assertThat(echoed(socket)).isOne();
				upstreams(context).close("books");
				upstreams(context).open("books", to(same, address));
				assertThat(echoed(socket)).isOne();
			}
		});
	}

	static Stream<Destination> whenItsPlaceLeadsToTheSameInOtherWordsThenAnOpenConnectionStays() {
		return Stream.of(Destination.service("Ledger"), Destination.service("ledger").inDatacenter("dc1"),
				Destination.service("ledger").inDatacenter("dc2"),
				new Destination(Destination.Kind.SERVICE, "ledger", null, "default", null),
				new Destination(Destination.Kind.SERVICE, "ledger", null, null, "Default"));
	}

	@ParameterizedTest
	@MethodSource
	void whenItsPlaceLeadsToAnotherThenAnOpenConnectionIsResetThoughItIsInUse(Destination another) {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books", LEDGER);
			awaitHello(address);
			try (Socket socket = MeshUpstreamAutoConfigurationTests.connect(address.getPort())) {
				assertThat(echoed(socket)).isOne();
				upstreams(context).close("books");
				upstreams(context).open("books", to(another, address));
				assertThatExceptionOfType(SocketException.class).isThrownBy(() -> echoed(socket));
			}
		});
	}

	static Stream<Destination> whenItsPlaceLeadsToAnotherThenAnOpenConnectionIsResetThoughItIsInUse() {
		return Stream.of(Destination.service("stock"), Destination.preparedQuery("ledger"),
				new Destination(Destination.Kind.SERVICE, "ledger", null, "team", null),
				new Destination(Destination.Kind.SERVICE, "ledger", null, null, "team"));
	}

	private static MeshUpstream to(Destination destination, InetSocketAddress address) {
		return MeshUpstream.to(destination).listeningOn(address);
	}

	private static int echoed(Socket socket) throws IOException {
		socket.getOutputStream().write(1);
		return socket.getInputStream().read();
	}

	@Test
	void whenTheApplicationEndsThenWhatItHasOpenedEndsToo() throws Exception {
		Socket[] sockets = new Socket[2];
		int[] port = new int[1];
		this.mesh.runner().run((context) -> {
			port[0] = upstreams(context).open("books", LEDGER).getPort();
			awaitHello(new InetSocketAddress(InetAddress.getLoopbackAddress(), port[0]));
			sockets[0] = MeshUpstreamAutoConfigurationTests.connect(port[0]);
			sockets[1] = MeshUpstreamAutoConfigurationTests
				.connect(upstreams(context).open("closed", LEDGER).getPort());
			for (Socket socket : sockets) {
				socket.getOutputStream().write(1);
				assertThat(socket.getInputStream().read()).isOne();
			}
			upstreams(context).close("closed");
		});
		for (Socket socket : sockets) {
			assertThat(MeshUpstreamAutoConfigurationTests.read(socket)).isEqualTo("reset");
			socket.close();
		}
		assertThat(MeshUpstreamAutoConfigurationTests.say(port[0], "hello")).isEqualTo("refused");
	}

	@Test
	void whenItCannotBeOpenedThenTheCallerIsToldAndNothingStays() throws Exception {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.mesh.runner().run((context) -> {
				MeshUpstream inUse = LEDGER.listeningOn((InetSocketAddress) taken.getLocalSocketAddress());
				assertThatExceptionOfType(UncheckedIOException.class)
					.isThrownBy(() -> upstreams(context).open("books", inUse))
					.withMessageContaining("books")
					.withStackTraceContaining("Address already in use");
				assertThatIllegalArgumentException().isThrownBy(() -> upstreams(context).open("a b", LEDGER));
				assertThat(upstreams(context).statuses()).isEmpty();
				MeshUpstreams upstreams = upstreams(context);
				context.close();
				assertThatIllegalStateException().isThrownBy(() -> upstreams.open("books", LEDGER));
			});
		}
	}

	@Test
	void whenOtherHostsCouldReachItThenThatMustBeSaid() throws Exception {
		InetSocketAddress everywhere = new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 0);
		assertThatIllegalArgumentException().isThrownBy(() -> LEDGER.listeningOn(everywhere));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> LEDGER.listeningOn(InetSocketAddress.createUnresolved("localhost", 0)));
		assertThat(LEDGER.listeningBeyondLoopbackOn(everywhere).bind()).isEqualTo(everywhere);
	}

	@Test
	void whenItIsDeclaredInTheConfigurationThenTheApplicationDoesNotCloseIt() {
		this.mesh.runner()
			.withPropertyValues("bootmesh.upstreams.books.destination-name=ledger",
					"bootmesh.upstreams.books.local-bind-port=0")
			.run((context) -> {
				assertThatIllegalStateException().isThrownBy(() -> upstreams(context).close("books"));
				awaitHello((InetSocketAddress) upstreams(context).address("books"));
			});
	}

	@Test
	void whenManyOpenAndCloseAtOnceThenEachGetsItsOwn() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			this.mesh.runner().run((context) -> {
				awaitHello(upstreams(context).open("first", LEDGER));
				List<Callable<String>> tasks = IntStream.range(0, 40).<Callable<String>>mapToObj((i) -> () -> {
					InetSocketAddress address = upstreams(context).open("u" + i, LEDGER);
					String said = say(address);
					return upstreams(context).close("u" + i) ? said : "lost";
				}).toList();
				for (Future<String> said : threads.invokeAll(tasks)) {
					assertThat(said.get()).isEqualTo("hello");
				}
				assertThat(upstreams(context).statuses()).hasSize(1);
			});
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void whenLimitsAreGivenThenTheyHold() {
		this.mesh.runner().run((context) -> {
			InetSocketAddress address = upstreams(context).open("books",
					LEDGER.withLimits(1, 1).withConnectTimeout(Duration.ofSeconds(20)));
			awaitHello(address);
			Awaitility.await().until(() -> upstreams(context).statuses().get(0).listener().connections() == 0);
			try (Socket socket = MeshUpstreamAutoConfigurationTests.connect(address.getPort())) {
				socket.getOutputStream().write(1);
				assertThat(socket.getInputStream().read()).isOne();
				assertThat(say(address)).isEqualTo("reset");
			}
		});
	}

}
