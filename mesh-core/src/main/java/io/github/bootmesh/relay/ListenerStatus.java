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

import java.net.SocketAddress;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a listener at a moment.
 *
 * @param name what it is called
 * @param address where it listens, or {@code null} before it does
 * @param connections accepted connections now open
 * @param received bytes that came from those who dialled it
 * @param sent bytes that were sent to those who dialled it
 * @param failures resets by reason ({@link RelayFailure#key()}) since the start
 * @param problem why the last connection failed, or {@code null} if it did not
 */
public record ListenerStatus(String name, @Nullable SocketAddress address, int connections, long received, long sent,
		Map<String, Long> failures, @Nullable String problem) {

	public ListenerStatus {
		failures = Map.copyOf(failures);
	}

}
