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

package io.github.bootmesh.autoconfigure.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

import io.github.bootmesh.Destination;
import io.github.bootmesh.relay.RelaySettings;

/**
 * One entry of {@code bootmesh.upstreams}: what the relay is told of it. What cannot work
 * stops the start, with the name of the setting.
 */
final class UpstreamDeclaration {

	static final int HIGHEST_PORT = 65535;

	private final String name;

	private final MeshUpstreamProperties.Upstream properties;

	UpstreamDeclaration(String name, MeshUpstreamProperties.Upstream properties) {
		this.name = name;
		this.properties = properties;
	}

	String name() {
		return this.name;
	}

	boolean takesAnyPort() {
		return Integer.valueOf(0).equals(this.properties.localBindPort());
	}

	/**
	 * What is listened for, and where.
	 */
	MeshUpstream upstream() {
		if (!"none".equalsIgnoreCase(this.properties.meshGateway().mode())) {
			throw invalid("mesh-gateway.mode", this.properties.meshGateway().mode(),
					"Mesh gateways cannot be used yet, only 'none' can.");
		}
		return new MeshUpstream(destination(), bind(), this.properties.policy(), settings());
	}

	private Destination destination() {
		String destination = this.properties.destinationName();
		if (!StringUtils.hasText(destination)) {
			throw invalid("destination-name", destination, "It must be the name of a service or of a prepared query.");
		}
		try {
			return new Destination(this.properties.destinationType(), destination,
					textOrNull(this.properties.datacenter()), textOrNull(this.properties.destinationNamespace()),
					textOrNull(this.properties.destinationPartition()));
		}
		catch (IllegalArgumentException ex) {
			throw invalid("destination-name", destination, ex.getMessage() + ".");
		}
	}

	private static @Nullable String textOrNull(@Nullable String text) {
		return StringUtils.hasText(text) ? text : null;
	}

	/**
	 * Where to listen.
	 */
	InetSocketAddress bind() {
		Integer port = this.properties.localBindPort();
		if (port == null || port < 0 || port > HIGHEST_PORT) {
			throw invalid("local-bind-port", port, "It must be a port, or 0 for any free one.");
		}
		String text = this.properties.localBindAddress();
		InetAddress address = NetUtil.createInetAddressFromIpAddressString(text);
		if (address == null) {
			throw invalid("local-bind-address", text, "It must be an IP address.");
		}
		if (!address.isLoopbackAddress() && !this.properties.allowNonLoopback()) {
			throw invalid("local-bind-address", text, "Whoever reaches it speaks as this service, so it has to be of "
					+ "loopback unless 'allow-non-loopback' says otherwise.");
		}
		return new InetSocketAddress(address, port);
	}

	private RelaySettings settings() {
		return RelaySettings.DEFAULTS
			.withMaxConnections(atLeastOne("max-connections", this.properties.maxConnections()))
			.withMaxPending(atLeastOne("max-pending", this.properties.maxPending()))
			.withConnectTimeout(positive("connect-timeout", this.properties.connectTimeout()))
			.withIdleTimeout(positiveOrNull("idle-timeout", this.properties.idleTimeout()))
			.withMaxLifetime(positiveOrNull("max-lifetime", this.properties.maxLifetime()));
	}

	private int atLeastOne(String setting, int value) {
		if (value < 1) {
			throw invalid(setting, value, "It must be at least 1.");
		}
		return value;
	}

	private @Nullable Duration positiveOrNull(String setting, @Nullable Duration value) {
		return (value != null) ? positive(setting, value) : null;
	}

	private Duration positive(String setting, Duration value) {
		if (value.toMillis() < 1) {
			throw invalid(setting, value, "It must be at least 1ms.");
		}
		return value;
	}

	/**
	 * Why it cannot be listened.
	 */
	static String reason(IOException ex) {
		return ex.getMessage() + ((ex.getCause() != null) ? ": " + ex.getCause().getMessage() : "") + ".";
	}

	InvalidConfigurationPropertyValueException invalid(String setting, @Nullable Object value, String reason) {
		return new InvalidConfigurationPropertyValueException("bootmesh.upstreams." + this.name + "." + setting, value,
				reason);
	}

}
