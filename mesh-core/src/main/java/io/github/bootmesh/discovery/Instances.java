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

package io.github.bootmesh.discovery;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Destination;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ServiceEntry;

/**
 * One answer of Consul, read: who may be dialled, how many instances are critical, and
 * what was left out because it is not what was asked for.
 *
 * @param healthy the endpoints to choose from
 * @param critical how many instances take no traffic
 * @param leftOut why entries were left out, or {@code null} if none was
 * @param service the service that the answer is about, or {@code null} if it does not say
 */
record Instances(List<Endpoint> healthy, int critical, @Nullable String leftOut, @Nullable String service) {

	// Envoy's bounds of a weight (agent/xds/endpoints.go: makeLoadAssignment).
	private static final int MAX_WEIGHT = 128;

	private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})");

	/**
	 * Reads an answer.
	 * @param asked what was asked for
	 * @param service the service that must stand behind each entry: the one asked for, or
	 * the one that a prepared query asks for; empty if there is no such query
	 * @param entries the answer
	 * @return the instances
	 */
	static Instances read(Destination asked, String service, List<ServiceEntry> entries) {
		// Consul looks names up without case but grants rights with it: where the exact
		// spelling exists, nobody who owns another one may answer for it.
		boolean spelledExactly = entries.stream().anyMatch((entry) -> service.equals(name(entry)));
		List<Endpoint> healthy = new ArrayList<>();
		TreeSet<String> leftOut = new TreeSet<>();
		int critical = 0;
		for (ServiceEntry entry : entries) {
			String name = name(entry);
			String datacenter = entry.node().datacenter();
			if (name == null) {
				leftOut.add("'" + entry.service().id() + "' is neither mesh-native nor a proxy of a service");
			}
			else if (!(spelledExactly ? service.equals(name) : service.equalsIgnoreCase(name))) {
				leftOut.add("'" + entry.service().id() + "' stands for another service, '" + name + "'");
			}
			else if (!isAsked(asked, entry)) {
				leftOut.add("'" + entry.service().id() + "' is elsewhere, in " + datacenter);
			}
			else if (isCritical(entry)) {
				critical++;
			}
			else {
				InetSocketAddress address = address(entry);
				if (address == null) {
					leftOut.add("'" + entry.service().id() + "' has no address that can be dialled");
				}
				else {
					healthy.add(new Endpoint(entry.service().id(), address, weight(entry), name,
							Objects.requireNonNullElse(entry.service().namespace(), SpiffeId.DEFAULT),
							Objects.requireNonNullElse(entry.service().partition(), SpiffeId.DEFAULT), datacenter));
				}
			}
		}
		return new Instances(List.copyOf(healthy), critical, leftOut.isEmpty() ? null : String.join(", ", leftOut),
				service.isEmpty() ? null : service);
	}

	/**
	 * Whether the answer holds nothing at all.
	 */
	boolean none() {
		return this.healthy.isEmpty() && this.critical == 0 && this.leftOut == null;
	}

	// Whose identity the entry shows (agent/connect/resolver.go).
	private static @Nullable String name(ServiceEntry entry) {
		if (entry.service().connectNative()) {
			return entry.service().service();
		}
		return "connect-proxy".equals(entry.service().kind()) ? entry.service().proxyDestination() : null;
	}

	private static boolean isAsked(Destination asked, ServiceEntry entry) {
		// A prepared query is asked in a datacenter and may fail over to another.
		boolean anywhere = asked.kind() == Destination.Kind.PREPARED_QUERY || asked.datacenter() == null;
		return (anywhere || entry.node().datacenter().equalsIgnoreCase(asked.datacenter()))
				&& isSame(asked.namespace(), entry.service().namespace())
				&& isSame(asked.partition(), entry.service().partition());
	}

	private static boolean isSame(@Nullable String asked, @Nullable String shown) {
		return asked == null || asked.equalsIgnoreCase(Objects.requireNonNullElse(shown, SpiffeId.DEFAULT));
	}

	// An unknown status is one that nobody has called healthy.
	private static boolean isCritical(ServiceEntry entry) {
		return entry.checks().stream().anyMatch((check) -> !isStatus(check, "passing") && !isStatus(check, "warning"));
	}

	private static int weight(ServiceEntry entry) {
		boolean warning = entry.checks().stream().anyMatch((check) -> isStatus(check, "warning"));
		ServiceEntry.Weights weights = entry.service().weights();
		return Math.min(Math.max(warning ? weights.warning() : weights.passing(), 1), MAX_WEIGHT);
	}

	private static boolean isStatus(ServiceEntry.Check check, String status) {
		return status.equals(check.status().toLowerCase(Locale.ROOT));
	}

	private static @Nullable InetSocketAddress address(ServiceEntry entry) {
		String host = entry.service().address();
		if (host.isEmpty()) {
			host = entry.node().address();
		}
		int port = entry.service().port();
		if (port < 1 || port > 0xffff) {
			return null;
		}
		byte[] ip = NetUtil.createByteArrayFromIpAddressString(host);
		if (ip == null) {
			// Resolved by whoever dials it, off the event loop and each time anew.
			return HOST_NAME.matcher(host).matches() ? InetSocketAddress.createUnresolved(host, port) : null;
		}
		try {
			InetAddress address = InetAddress.getByAddress(ip);
			return isDialled(address) ? new InetSocketAddress(address, port) : null;
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("An IP address has 4 or 16 bytes", ex);
		}
	}

	private static boolean isDialled(InetAddress address) {
		byte[] bytes = address.getAddress();
		// 240.0.0.0/4: virtual addresses of Consul's transparent proxy, nobody's own.
		boolean virtual = bytes.length == 4 && (bytes[0] & 0xf0) == 0xf0;
		return !virtual && !address.isAnyLocalAddress() && !address.isMulticastAddress();
	}

}
