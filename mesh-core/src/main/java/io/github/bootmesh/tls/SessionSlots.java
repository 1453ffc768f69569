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

package io.github.bootmesh.tls;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.handler.ssl.SslHandler;

/**
 * Lets connections that are made at the same time each resume a session of their own. The
 * JDK's client keeps one session for a host and port and takes it out to resume it, as a
 * ticket is good for one connection (RFC 8446, C.4): of a burst, all but the first would
 * need a full handshake, which costs both ends several times as much. Thread-safe.
 */
final class SessionSlots {

	// More handshakes than this at once share the last slot.
	private static final int MAX = 64;

	private final Queue<Integer> free = new ConcurrentLinkedQueue<>();

	private final AtomicInteger made = new AtomicInteger();

	/**
	 * A slot that no handshake is using, if there is one. The one given back first comes
	 * first, since a ticket arrives some time after the handshake.
	 */
	int take() {
		Integer slot = this.free.poll();
		return (slot != null) ? slot : this.made.getAndUpdate((count) -> Math.min(count + 1, MAX));
	}

	/**
	 * Gives the slot back when the handshake is over.
	 */
	void giveBack(int slot, SslHandler handler) {
		if (slot < MAX) {
			handler.handshakeFuture().addListener((done) -> this.free.add(slot));
		}
	}

}
