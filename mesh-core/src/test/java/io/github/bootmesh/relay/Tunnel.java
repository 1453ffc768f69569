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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Carries one TCP connection to a port, as a network between two hosts does, and can end
 * it as one does.
 */
final class Tunnel implements AutoCloseable {

	private final ServerSocket listening = new ServerSocket(0, 1, RelayTestbed.ANY_PORT.getAddress());

	private final Socket server;

	private volatile Socket client = new Socket();

	private Tunnel(int target) throws IOException {
		this.server = new Socket(RelayTestbed.ANY_PORT.getAddress(), target);
	}

	static Tunnel to(int target) throws IOException {
		Tunnel tunnel = new Tunnel(target);
		daemon(tunnel::carry);
		return tunnel;
	}

	private void carry() {
		try {
			this.client = this.listening.accept();
			daemon(() -> pump(this.client, this.server));
			pump(this.server, this.client);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void pump(Socket from, Socket to) {
		try {
			from.getInputStream().transferTo(to.getOutputStream());
		}
		catch (IOException ex) {
			// Ended.
		}
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task);
		thread.setDaemon(true);
		thread.start();
	}

	int port() {
		return this.listening.getLocalPort();
	}

	/** A FIN to the client, of which the server knows nothing. */
	void endTowardsClient() throws IOException {
		this.client.shutdownOutput();
	}

	@Override
	public void close() throws IOException {
		this.listening.close();
		this.client.close();
		this.server.close();
	}

}
