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
import java.net.BindException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.List;

/**
 * Finds out where else than on loopback a port is listened on, whoever made it so: what
 * listens on an address keeps others from binding to it.
 */
final class BeyondLoopback {

	private BeyondLoopback() {
	}

	/**
	 * The addresses of this host, none of loopback, on which somebody listens.
	 * @param port the port
	 */
	static List<InetAddress> listening(int port) {
		try {
			return NetworkInterface.networkInterfaces()
				.flatMap(NetworkInterface::inetAddresses)
				.filter((address) -> !address.isLoopbackAddress())
				.filter((address) -> isTaken(address, port))
				.toList();
		}
		catch (SocketException ex) {
			throw new IllegalStateException("The addresses of this host cannot be found out", ex);
		}
	}

	private static boolean isTaken(InetAddress address, int port) {
		try (ServerSocket free = new ServerSocket(port, 1, address)) {
			return !free.isBound();
		}
		catch (BindException ex) {
			return String.valueOf(ex.getMessage()).contains("in use");
		}
		catch (IOException ex) {
			return false;
		}
	}

}
