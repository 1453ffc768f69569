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
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

import io.github.bootmesh.Destination;
import io.github.bootmesh.autoconfigure.SocketPath;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.relay.RelaySettings;
import io.github.bootmesh.relay.Upstream;

/**
 * One entry of {@code bootmesh.upstreams}: what the relay is told of it. What cannot work
 * stops the start, with the name of the setting.
 */
final class UpstreamDeclaration {

	static final int HIGHEST_PORT = 65535;

	private static final Pattern MODE = Pattern.compile("0[0-7]{3}");

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
		String mode = this.properties.localBindSocketMode();
		if (this.properties.localBindSocketPath() != null) {
			return new MeshUpstream(destination(), socket(this.properties.localBindSocketPath()),
					(mode != null) ? permissions(mode) : Upstream.DEFAULT_SOCKET_MODE, this.properties.policy(),
					settings(), identity());
		}
		if (mode != null) {
			throw invalid("local-bind-socket-mode", mode, "There is no 'local-bind-socket-path' that it is of.");
		}
		return new MeshUpstream(destination(), bind(), Upstream.DEFAULT_SOCKET_MODE, this.properties.policy(),
				settings(), identity());
	}

	private UnixDomainSocketAddress socket(String text) {
		if (this.properties.localBindPort() != null) {
			throw invalid("local-bind-socket-path", text, "There is a 'local-bind-port' too: only one can be meant.");
		}
		try {
			return SocketPath.address(text);
		}
		catch (IllegalArgumentException ex) {
			throw invalid("local-bind-socket-path", text, ex.getMessage() + ".");
		}
	}

	// With the zero: YAML reads 0640 without quotes as the number 416, which would be
	// another mode.
	private Set<PosixFilePermission> permissions(String text) {
		if (!MODE.matcher(text).matches()) {
			throw invalid("local-bind-socket-mode", text,
					"It must be octal with a leading zero and, in YAML, in quotes, such as \"0600\" or \"0660\".");
		}
		int mode = Integer.parseInt(text, 8);
		return Arrays.stream(PosixFilePermission.values())
			// From the owner's reading, 0400, to others' executing, 0001.
			.filter((permission) -> (mode & (0400 >> permission.ordinal())) != 0)
			.collect(Collectors.toUnmodifiableSet());
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
			throw invalid("local-bind-port", port,
					"It must be a port, or 0 for any free one, unless there is a " + "'local-bind-socket-path'.");
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

	/**
	 * What Consul is told of it. Only of one that listens on a TCP port: agents before
	 * 1.10 refuse a registration with another, which is why it is left out of it.
	 * @param address where it listens, with the port that it really has
	 */
	ServiceDefinition.Upstream registration(InetSocketAddress address) {
		return new ServiceDefinition.Upstream(destination(), NetUtil.toAddressString(address.getAddress()),
				address.getPort(), this.properties.connectTimeout());
	}

	private @Nullable String identity() {
		return textOrNull(this.properties.identity());
	}

	/**
	 * Why it cannot be dialled as the service that its identity names.
	 */
	InvalidConfigurationPropertyValueException cannotBe(String reason) {
		return invalid("identity", this.properties.identity(), reason);
	}

	private RelaySettings settings() {
		Duration connectTimeout = positiveOrNull("connect-timeout", this.properties.connectTimeout());
		return RelaySettings.DEFAULTS
			.withMaxConnections(atLeastOne("max-connections", this.properties.maxConnections()))
			.withMaxPending(atLeastOne("max-pending", this.properties.maxPending()))
			.withConnectTimeout((connectTimeout != null) ? connectTimeout : RelaySettings.DEFAULTS.connectTimeout())
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

	InvalidConfigurationPropertyValueException cannotBind(SocketAddress bind, String reason) {
		return (bind instanceof InetSocketAddress ip) ? invalid("local-bind-port", ip.getPort(), reason)
				: invalid("local-bind-socket-path", bind, reason);
	}

	private InvalidConfigurationPropertyValueException invalid(String setting, @Nullable Object value, String reason) {
		return new InvalidConfigurationPropertyValueException("bootmesh.upstreams." + this.name + "." + setting, value,
				reason);
	}

}
