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

import java.lang.management.ManagementFactory;

import com.sun.management.UnixOperatingSystemMXBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says, once, when all connections that listeners may open need more file descriptors
 * than this process may have: without them nothing is accepted, dialled, or read from a
 * file. Thread-safe.
 */
final class FileDescriptors {

	private static final Logger logger = LoggerFactory.getLogger(FileDescriptors.class);

	// The accepted connection and the dialled one.
	private static final int OF_A_RELAY = 2;

	private final long limit;

	private final long others;

	private long connections;

	private boolean tooMany;

	private FileDescriptors(long limit, long others) {
		this.limit = limit;
		this.others = others;
	}

	/**
	 * Those of this process.
	 */
	static FileDescriptors ofProcess() {
		return (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)
				? new FileDescriptors(system.getMaxFileDescriptorCount(), system.getOpenFileDescriptorCount())
				: of(Long.MAX_VALUE, 0);
	}

	/**
	 * Some others.
	 * @param limit how many there may be
	 * @param others how many are used otherwise
	 */
	static FileDescriptors of(long limit, long others) {
		return new FileDescriptors(limit, others);
	}

	/**
	 * A listener relays up to so many connections, from now on or, if negative, no more.
	 */
	synchronized void relays(long change) {
		this.connections += change;
		long needed = OF_A_RELAY * this.connections;
		boolean exceeded = needed > this.limit - this.others;
		if (exceeded && !this.tooMany) {
			logger.warn("Relayed connections may need {} file descriptors, two for each of the max-connections of all "
					+ "listeners, but this process may have {} and uses {} already. Raise its limit (ulimit -n, "
					+ "LimitNOFILE of systemd), or lower max-connections", needed, this.limit, this.others);
		}
		this.tooMany = exceeded;
	}

}
