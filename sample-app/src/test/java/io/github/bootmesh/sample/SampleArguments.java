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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.stream.Stream;

/**
 * Arguments for a sample that gets in nobody's way.
 */
final class SampleArguments {

	private SampleArguments() {
	}

	/** With a development Consul that the applications of this JVM share. */
	static String[] development(String... more) {
		return developmentAt(0, more);
	}

	/** With a development Consul at a port. */
	static String[] developmentAt(int port, String... more) {
		return withLedgerAt(freePort(), Stream.concat(Stream.of("--bootmesh.dev.port=" + port), Stream.of(more)));
	}

	/** With an H2 server at a port. */
	static String[] developmentWithLedgerAt(int port) {
		return withLedgerAt(port, Stream.of("--bootmesh.dev.port=0"));
	}

	/** On a Consul that is there. */
	static String[] on(URI consul, String... more) {
		return withLedgerAt(freePort(), Stream.concat(Stream.of("--bootmesh.consul.url=" + consul), Stream.of(more)));
	}

	private static String[] withLedgerAt(int port, Stream<String> own) {
		return Stream
			.concat(Stream.of("--sample.edge.port=0", "--sample.ledger.port=" + port,
					"--sample.ledger.management-port=" + freePort(), "--bootmesh.registration.drain-delay=0s"), own)
			.toArray(String[]::new);
	}

	static int freePort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
