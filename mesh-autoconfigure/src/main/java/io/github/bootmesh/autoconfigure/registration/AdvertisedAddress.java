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

package io.github.bootmesh.autoconfigure.registration;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.util.Comparator;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * Finds the address under which others reach this instance. Consul is always told one: an
 * empty address means the node's, which is wrong in a container and on agents that serve
 * several machines (consul#7505).
 */
final class AdvertisedAddress {

	private AdvertisedAddress() {
	}

	/**
	 * The address that the server is bound to; else, of this machine, the one that it
	 * uses towards the agent; else, with an agent on this machine, that of the first
	 * network interface that is up; else loopback.
	 * @param bound the address that the server is bound to, or {@code null} for all
	 * @param agent the URL of the agent
	 * @return the address
	 */
	static String find(@Nullable InetAddress bound, URI agent) {
		if (bound != null && !bound.isAnyLocalAddress()) {
			return bound.getHostAddress();
		}
		return towards(agent).or(AdvertisedAddress::ofFirstInterface)
			.orElseGet(InetAddress::getLoopbackAddress)
			.getHostAddress();
	}

	// Connecting a datagram socket sends nothing; it only asks the routing table.
	private static Optional<InetAddress> towards(URI agent) {
		if (agent.getHost() == null) {
			return Optional.empty();
		}
		try (DatagramSocket socket = new DatagramSocket()) {
			socket.connect(new InetSocketAddress(agent.getHost(), Math.max(agent.getPort(), 1)));
			return Optional.of(socket.getLocalAddress()).filter(AdvertisedAddress::isReachable);
		}
		catch (IOException | RuntimeException ex) {
			return Optional.empty();
		}
	}

	private static Optional<InetAddress> ofFirstInterface() {
		try {
			return NetworkInterface.networkInterfaces()
				.filter(AdvertisedAddress::isUp)
				.sorted(Comparator.comparingInt(NetworkInterface::getIndex))
				.flatMap(NetworkInterface::inetAddresses)
				.filter((address) -> address instanceof Inet4Address && isReachable(address))
				.findFirst();
		}
		catch (IOException ex) {
			return Optional.empty();
		}
	}

	private static boolean isUp(NetworkInterface networkInterface) {
		try {
			return networkInterface.isUp();
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static boolean isReachable(InetAddress address) {
		return !address.isLoopbackAddress() && !address.isAnyLocalAddress() && !address.isLinkLocalAddress();
	}

}
