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

import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Caps the handshakes that are computed at once; the others wait in the order in which
 * they came. Thread-safe.
 */
final class HandshakeSlots {

	private final int max;

	private final Set<Promise<Void>> held = new HashSet<>();

	private final Set<Promise<Void>> waiting = new LinkedHashSet<>();

	HandshakeSlots(int max) {
		this.max = max;
	}

	/**
	 * Asks for a slot.
	 * @return done when the slot is there, on the given executor; to be given back
	 */
	Promise<Void> acquire(EventExecutor executor) {
		Promise<Void> slot = executor.newPromise();
		synchronized (this) {
			if (this.held.size() >= this.max) {
				this.waiting.add(slot);
				return slot;
			}
			this.held.add(slot);
		}
		return slot.setSuccess(null);
	}

	/**
	 * Gives a slot back, or stops waiting for it. Harmless when done twice.
	 */
	void release(Promise<Void> slot) {
		Promise<Void> next = next(slot);
		slot.cancel(false);
		if (next != null) {
			next.setSuccess(null);
		}
	}

	private synchronized @Nullable Promise<Void> next(Promise<Void> slot) {
		if (this.waiting.remove(slot) || !this.held.remove(slot)) {
			return null;
		}
		Iterator<Promise<Void>> waiters = this.waiting.iterator();
		if (!waiters.hasNext()) {
			return null;
		}
		Promise<Void> next = waiters.next();
		waiters.remove();
		this.held.add(next);
		return next;
	}

}
