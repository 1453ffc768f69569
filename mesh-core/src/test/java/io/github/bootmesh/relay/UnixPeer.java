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
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * A program on one side of a Unix socket.
 */
record UnixPeer(SocketChannel channel, InputStream in, OutputStream out) implements AutoCloseable {

	private UnixPeer(SocketChannel channel) {
		this(channel, new Input(channel), new Output(channel));
	}

	static UnixPeer connect(SocketAddress address) throws IOException {
		return new UnixPeer(SocketChannel.open(address));
	}

	/** Serves one connection after the other. */
	static ServerSocketChannel serve(Path path, Conversation conversation) throws IOException {
		ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
		server.bind(UnixDomainSocketAddress.of(path));
		Thread thread = new Thread(() -> {
			while (server.isOpen()) {
				try (UnixPeer peer = new UnixPeer(server.accept())) {
					conversation.with(peer);
				}
				catch (Exception ex) {
					// Ended.
				}
			}
		});
		thread.setDaemon(true);
		thread.start();
		return server;
	}

	void endOutput() throws IOException {
		this.channel.shutdownOutput();
	}

	@Override
	public void close() throws IOException {
		this.channel.close();
	}

	/**
	 * Not {@code Channels}': before Java 19 its streams of a channel exclude each other.
	 */
	private static final class Input extends InputStream {

		private final SocketChannel channel;

		private Input(SocketChannel channel) {
			this.channel = channel;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			return this.channel.read(ByteBuffer.wrap(bytes, offset, length));
		}

	}

	private static final class Output extends OutputStream {

		private final SocketChannel channel;

		private Output(SocketChannel channel) {
			this.channel = channel;
		}

		@Override
		public void write(int one) throws IOException {
			write(new byte[] { (byte) one }, 0, 1);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			this.channel.write(ByteBuffer.wrap(bytes, offset, length));
		}

	}

	/** What is said on one connection. */
	@FunctionalInterface
	interface Conversation {

		void with(UnixPeer peer) throws Exception;

	}

}
