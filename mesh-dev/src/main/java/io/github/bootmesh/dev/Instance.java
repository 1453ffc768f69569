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

package io.github.bootmesh.dev;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * A registered instance of a service.
 *
 * @param kind empty, or {@code connect-proxy}
 * @param id the ID
 * @param service the name
 * @param tags the tags
 * @param address the address, possibly empty
 * @param taggedAddresses more addresses
 * @param meta the metadata
 * @param port the port
 * @param weights the weights
 * @param enableTagOverride whether others may change the tags
 * @param proxy what a proxy stands for, or {@code null}
 * @param connectNative whether it itself speaks mTLS
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change
 */
record Instance(String kind, String id, String service, List<String> tags, String address,
		Map<String, ServiceAddress> taggedAddresses, Map<String, String> meta, int port, Weights weights,
		boolean enableTagOverride, @Nullable Proxy proxy, boolean connectNative, long createIndex, long modifyIndex) {

	/**
	 * The addresses with those that Consul adds for an IP address.
	 * @param given those that were given
	 * @param address the address
	 * @param port the port
	 * @return all
	 */
	static Map<String, ServiceAddress> taggedAddresses(@Nullable Map<String, ServiceAddress> given, String address,
			int port) {
		Map<String, ServiceAddress> all = new TreeMap<>((given != null) ? given : Map.of());
		ServiceAddress own = new ServiceAddress(address, port);
		String family = address.contains(":") ? "ipv6" : "ipv4";
		if (address.contains(":") || address.matches("[0-9.]+")) {
			all.putIfAbsent("lan_" + family, own);
			all.putIfAbsent("wan_" + family, own);
		}
		return all;
	}

	/**
	 * Whether it is reached by mTLS as the service.
	 * @param name the service
	 * @return {@code true} for a native instance and for a proxy in front of one
	 */
	boolean speaksFor(String name) {
		if (this.kind.equals("connect-proxy")) {
			return this.proxy != null && name.equals(this.proxy.destinationServiceName());
		}
		return this.connectNative && this.service.equals(name);
	}

	boolean sameAs(Instance other) {
		return at(0, 0).equals(other.at(0, 0));
	}

	Instance at(long create, long modify) {
		return new Instance(this.kind, this.id, this.service, this.tags, this.address, this.taggedAddresses, this.meta,
				this.port, this.weights, this.enableTagOverride, this.proxy, this.connectNative, create, modify);
	}

	/**
	 * An address with its port.
	 *
	 * @param address the address
	 * @param port the port
	 */
	record ServiceAddress(@Nullable String address, int port) {

	}

	/**
	 * How often it is chosen.
	 *
	 * @param passing while all checks pass
	 * @param warning while one warns
	 */
	record Weights(int passing, int warning) {

		static final Weights DEFAULT = new Weights(1, 1);

		void validate() {
			if (this.passing < 1) {
				throw RefusedException.badRequest("Invalid Weights: Passing must be greater than 0");
			}
			if (this.warning < 0) {
				throw RefusedException.badRequest("Invalid Weights: Warning must be greater or equal than 0");
			}
		}

	}

}
