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

import java.time.Duration;

import io.github.bootmesh.Internal;

/**
 * What no user sets of a listener. Immutable.
 *
 * @param tries instances that are tried at most for a connection
 * @param localConnectTimeout the connect timeout of a public listener, whose other side
 * is on this host
 * @param refusalWindow how soon after the handshake the end of a connection without a
 * byte from the peer counts as the peer's refusal
 * @param halfCloseWait silence that ends a connection of which one direction is left: to
 * a TLS 1.2 peer, after all was sent to it, or to one that refuses us, most likely
 * @param pause silence of both directions at which a connection is cut whose trust or
 * lifetime has ended
 * @param directMemory bytes of direct memory in use from which a side is read on only
 * when all that came from it was written
 */
@Internal
public record RelayTuning(int tries, Duration localConnectTimeout, Duration refusalWindow, Duration halfCloseWait,
		Duration pause, long directMemory) {

	/**
	 * The defaults. A second instance fails for another reason than the first one seldom,
	 * a third hardly ever. 1 s is Consul's local_connect_timeout_ms. A peer that refuses
	 * does so at once. A TLS 1.2 peer has no way to say that it has only stopped sending,
	 * so that a minute of silence has to do; a program that does not end its side of a
	 * refused connection gets as long.
	 */
	public static final RelayTuning DEFAULTS = new RelayTuning(3, Duration.ofSeconds(1), Duration.ofSeconds(1),
			Duration.ofSeconds(60), Duration.ofSeconds(5), DirectMemory.share());

	/**
	 * Takes positive values.
	 * @throws IllegalArgumentException if one is not
	 */
	public RelayTuning {
		if (tries < 1) {
			throw new IllegalArgumentException("At least one try must be allowed");
		}
		checkPositive(localConnectTimeout);
		checkPositive(refusalWindow);
		checkPositive(halfCloseWait);
		checkPositive(pause);
	}

	static void checkPositive(Duration time) {
		if (time.isNegative() || time.isZero()) {
			throw new IllegalArgumentException("The times must be positive, not " + time);
		}
	}

	RelayTuning withRefusalWindow(Duration window) {
		return new RelayTuning(this.tries, this.localConnectTimeout, window, this.halfCloseWait, this.pause,
				this.directMemory);
	}

	RelayTuning withHalfCloseWait(Duration wait) {
		return new RelayTuning(this.tries, this.localConnectTimeout, this.refusalWindow, wait, this.pause,
				this.directMemory);
	}

	RelayTuning withPause(Duration pause) {
		return new RelayTuning(this.tries, this.localConnectTimeout, this.refusalWindow, this.halfCloseWait, pause,
				this.directMemory);
	}

	RelayTuning withDirectMemory(long bytes) {
		return new RelayTuning(this.tries, this.localConnectTimeout, this.refusalWindow, this.halfCloseWait, this.pause,
				bytes);
	}

}
