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
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;

/**
 * Finds out by dialling where else than on loopback a port is reached, whatever made it
 * so.
 */
final class BeyondLoopback {

	// It is this host that is asked: whoever listens answers at once.
	private static final int TIMEOUT_MILLIS = 1000;

	private BeyondLoopback() {
	}

	/**
	 * The addresses of this host, none of loopback, at which a port takes connections.
	 * @param port the port
	 */
	static List<InetAddress> reached(int port) {
		try {
			return NetworkInterface.networkInterfaces()
				.flatMap(NetworkInterface::inetAddresses)
				.filter((address) -> !address.isLoopbackAddress())
				.filter((address) -> answers(new InetSocketAddress(address, port)))
				.toList();
		}
		catch (SocketException ex) {
			throw new IllegalStateException("The addresses of this host cannot be found out", ex);
		}
	}

	private static boolean answers(InetSocketAddress address) {
		try (Socket socket = new Socket()) {
			socket.connect(address, TIMEOUT_MILLIS);
			// With nobody there, a socket that happens to get the very port connects to
			// itself.
			return !socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress());
		}
		catch (IOException ex) {
			return false;
		}
	}

}
