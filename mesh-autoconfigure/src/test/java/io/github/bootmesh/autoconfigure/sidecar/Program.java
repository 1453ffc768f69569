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
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * A program that listens on loopback and talks on a thread for each connection.
 */
final class Program implements AutoCloseable {

	private final ServerSocket socket;

	private final Conversation conversation;

	private final AtomicInteger accepted = new AtomicInteger();

	private final Set<Socket> peers = ConcurrentHashMap.newKeySet();

	private Program(ServerSocket socket, Conversation conversation) {
		this.socket = socket;
		this.conversation = conversation;
	}

	static Program start(Conversation conversation) throws IOException {
		return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), conversation);
	}

	/** One that answers each byte with itself. */
	static Program echo() throws IOException {
		return start(Program::echo);
	}

	/** One that does the same with the mesh's TLS. */
	static Program meshEcho(SSLContext identity) throws IOException {
		SSLServerSocket socket = (SSLServerSocket) identity.getServerSocketFactory()
			.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
		socket.setNeedClientAuth(true);
		return start(socket, Program::echo);
	}

	private static void echo(Socket peer) throws IOException {
		peer.getInputStream().transferTo(peer.getOutputStream());
	}

	private static Program start(ServerSocket socket, Conversation conversation) {
		Program program = new Program(socket, conversation);
		daemon(program::accept);
		return program;
	}

	private void accept() {
		while (true) {
			try {
				Socket peer = this.socket.accept();
				this.accepted.incrementAndGet();
				this.peers.add(peer);
				daemon(() -> talk(peer));
			}
			catch (IOException ex) {
				return;
			}
		}
	}

	private void talk(Socket peer) {
		try (peer) {
			this.conversation.with(peer);
		}
		catch (IOException ex) {
			// Ended by the other side.
		}
		this.peers.remove(peer);
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task);
		thread.setDaemon(true);
		thread.start();
	}

	int port() {
		return this.socket.getLocalPort();
	}

	/** How many connections it has got. */
	int accepted() {
		return this.accepted.get();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
		for (Socket peer : this.peers) {
			peer.close();
		}
	}

	/** What is said on one connection. */
	@FunctionalInterface
	interface Conversation {

		void with(Socket peer) throws IOException;

	}

}
