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

package io.github.bootmesh.autoconfigure.actuate;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Map;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

import io.github.bootmesh.autoconfigure.upstream.UpstreamOrigin;
import io.github.bootmesh.autoconfigure.upstream.UpstreamStatus;
import io.github.bootmesh.relay.ListenerStatus;

/**
 * The local listeners of upstreams.
 *
 * @param upstreams the listeners
 */
record UpstreamsDescriptor(List<UpstreamDescriptor> upstreams) implements OperationResponseBody {

	static UpstreamsDescriptor of(List<UpstreamStatus> statuses) {
		return new UpstreamsDescriptor(statuses.stream().map(UpstreamDescriptor::of).toList());
	}

	/**
	 * An upstream.
	 *
	 * @param name what the application calls it
	 * @param origin who wants it
	 * @param identity the listener as whose service it dials, or {@code null} for the
	 * application's own
	 * @param destination what is dialled
	 * @param address where it listens: address and port, or unix:// and the path
	 * @param connections connections now open
	 * @param received bytes that came from those who connected
	 * @param sent bytes that were sent to them
	 * @param failures connections that were reset, by reason
	 * @param problem why the last connection failed, or {@code null} if it did not
	 */
	record UpstreamDescriptor(String name, UpstreamOrigin origin, @Nullable String identity, String destination,
			@Nullable String address, int connections, long received, long sent, Map<String, Long> failures,
			@Nullable String problem) {

		static UpstreamDescriptor of(UpstreamStatus status) {
			ListenerStatus listener = status.listener();
			return new UpstreamDescriptor(status.upstream().name(), status.origin(), status.identity(),
					status.upstream().destination().toString(), address(listener), listener.connections(),
					listener.received(), listener.sent(), listener.failures(), listener.problem());
		}

		static @Nullable String address(ListenerStatus listener) {
			SocketAddress address = listener.address();
			if (address instanceof UnixDomainSocketAddress unix) {
				return "unix://" + unix.getPath();
			}
			return (address instanceof InetSocketAddress ip) ? NetUtil.toSocketAddressString(ip) : null;
		}

	}

}
