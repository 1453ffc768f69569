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

package io.github.bootmesh.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests of the ledger as it starts and stops.
 */
@ExtendWith(OutputCaptureExtension.class)
class LedgerTests {

	@Test
	void whenTheLedgerStopsThenItServesThoseWhoAreConnectedUntilTheyAreDrained() throws Exception {
		try (RunningServices services = RunningServices.start(List.of(SampleService.LEDGER, SampleService.STOREFRONT),
				SampleArguments.development("--bootmesh.inbound.drain-timeout=3s"))) {
			JdbcTemplate jdbc = services.context(SampleService.STOREFRONT).getBean(JdbcTemplate.class);
			assertThat(entries(jdbc)).isNotNegative();
			int port = ports(services).mesh();
			CompletableFuture<Void> stopped = CompletableFuture.runAsync(services.context(SampleService.LEDGER)::close,
					(task) -> new Thread(task).start());
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.until(() -> !listens(InetAddress.getLoopbackAddress(), port));
			assertThat(stopped).isNotDone();
			assertThat(entries(jdbc)).isNotNegative();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(stopped::isDone);
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> entries(jdbc));
		}
	}

	@Test
	void whenTheLedgerRunsThenItsServerIsReachedOnLoopbackOnly() throws Exception {
		try (RunningServices services = RunningServices.start(List.of(SampleService.LEDGER),
				SampleArguments.development())) {
			PublicListenerLifecycle.Ports ports = ports(services);
			assertThat(listens(InetAddress.getLoopbackAddress(), ports.local())).isTrue();
			assertThat(NetworkInterface.networkInterfaces()
				.flatMap(NetworkInterface::inetAddresses)
				.filter((address) -> !address.isLoopbackAddress()))
				.noneMatch((address) -> listens(address, ports.local()))
				.noneMatch((address) -> listens(address, ports.mesh()));
		}
	}

	@Test
	void whenThePortOfTheServerIsTakenThenTheStartFailsAndSaysHowToTakeAnother(CapturedOutput output)
			throws IOException {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			String[] args = SampleArguments.developmentWithLedgerAt(taken.getLocalPort());
			assertThatThrownBy(() -> RunningServices.start(List.of(SampleService.LEDGER), args));
			assertThat(output).contains("--sample.ledger.port=")
				.contains(String.valueOf(taken.getLocalPort()))
				.doesNotContain("Registered ledger");
		}
	}

	private static PublicListenerLifecycle.Ports ports(RunningServices services) {
		return Objects
			.requireNonNull(services.context(SampleService.LEDGER).getBean(PublicListenerLifecycle.class).ports());
	}

	private static Long entries(JdbcTemplate jdbc) {
		return Objects.requireNonNull(jdbc.queryForObject("select count(*) from entry", Long.class));
	}

	private static boolean listens(InetAddress address, int port) {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(address, port), 1000);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
