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
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The free ports that were chosen for upstreams before there was anything to listen with.
 * Each is held until its listener takes it, and refuses connections: who comes too early
 * is told at once. Thread-safe.
 */
final class ReservedPorts implements AutoCloseable {

	private final Map<String, Socket> sockets = new ConcurrentHashMap<>();

	int reserve(String upstream, InetAddress address) {
		try {
			// Held by the socket until it is taken.
			@SuppressWarnings("resource")
			Socket socket = new Socket();
			socket.bind(new InetSocketAddress(address, 0));
			this.sockets.put(upstream, socket);
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No free port for the upstream '" + upstream + "'", ex);
		}
	}

	/**
	 * Where the upstream is to listen: what is given, with the port that was reserved for
	 * it if one was. That is free from now on.
	 */
	InetSocketAddress take(String upstream, InetSocketAddress bind) {
		Socket reserved = this.sockets.remove(upstream);
		if (reserved == null) {
			return bind;
		}
		close(reserved);
		return new InetSocketAddress(bind.getAddress(), reserved.getLocalPort());
	}

	@Override
	public void close() {
		this.sockets.values().forEach(ReservedPorts::close);
		this.sockets.clear();
	}

	private static void close(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
