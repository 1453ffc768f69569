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

package io.github.bootmesh.autoconfigure.external;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.time.Duration;

/**
 * One address where a proxy is to listen, found out by connecting: there is no other way
 * that could not keep it from listening. The connection is closed at once. Thread-safe.
 */
final class ProxyListener {

	// As often as Consul's own check of a sidecar connects to it.
	private static final Duration FRESH = Duration.ofSeconds(10);

	// It is on this machine.
	private static final int CONNECT_TIMEOUT_MILLIS = 1000;

	private final InetSocketAddress address;

	private boolean answered;

	private long lookedNanos = System.nanoTime() - FRESH.toNanos();

	ProxyListener(InetSocketAddress address) {
		this.address = address;
	}

	InetSocketAddress address() {
		return this.address;
	}

	/**
	 * Whether somebody listens. May block for a second.
	 */
	synchronized boolean answersNow() {
		this.answered = connects();
		this.lookedNanos = System.nanoTime();
		return this.answered;
	}

	/**
	 * Whether somebody listened when last looked, which is not long ago. May block for a
	 * second.
	 */
	synchronized boolean answers() {
		return (System.nanoTime() - this.lookedNanos < FRESH.toNanos()) ? this.answered : answersNow();
	}

	private boolean connects() {
		try (Socket socket = new Socket(Proxy.NO_PROXY)) {
			socket.connect(this.address, CONNECT_TIMEOUT_MILLIS);
			// With nobody there, a socket that happens to get the very port connects to
			// itself.
			return !socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress());
		}
		catch (IOException ex) {
			return false;
		}
	}

}
