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

package io.github.bootmesh.autoconfigure.listener;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

import io.github.bootmesh.Destination;
import io.github.bootmesh.autoconfigure.SocketPath;
import io.github.bootmesh.autoconfigure.consul.TokenFiles;
import io.github.bootmesh.autoconfigure.registration.FurtherRegistrations;
import io.github.bootmesh.registration.InstanceId;
import io.github.bootmesh.relay.RelaySettings;

/**
 * One entry of {@code bootmesh.inbound.listeners}. What cannot work stops the start, with
 * the name of the setting.
 */
final class ListenerDeclaration {

	private static final int HIGHEST_PORT = 65535;

	private final String name;

	private final MeshListenerProperties.Listener properties;

	private final String service;

	private final SocketAddress local;

	ListenerDeclaration(String name, MeshListenerProperties.Listener properties) {
		this.name = name;
		this.properties = properties;
		this.service = (properties.service() != null) ? properties.service() : name;
		require(Destination.isName(this.service), "service", this.service,
				"A service name in Consul has letters, digits, '-', '_' and '.' only, and begins and ends with a "
						+ "letter, a digit or '_'.");
		this.local = (properties.localSocketPath() != null) ? socket(properties.localSocketPath()) : port();
		Duration idle = properties.idleTimeout();
		require(idle == null || !(idle.isZero() || idle.isNegative()), "idle-timeout", idle,
				"It must be longer than nothing.");
		int port = properties.port();
		require(port >= 0 && port <= HIGHEST_PORT, "port", port, "It must be a port, or 0 for any free one.");
		require(!(this.local instanceof InetSocketAddress ip) || port != ip.getPort(), "port", port,
				"It must not be 'local-port', to which it leads.");
		require(properties.maxConnections() > 0, "max-connections", properties.maxConnections(),
				"It must be at least 1.");
		String id = properties.id();
		require(id == null || InstanceId.isValid(id), "id", id, "An ID has letters, digits, '-', '_' and '.' only.");
		// The value of a token is in no message.
		require(properties.token() == null || StringUtils.hasText(properties.token()), "token", "",
				"It is blank. Left out, the service has the token of the application.");
		require(properties.token() == null || properties.tokenFile() == null, "token-file", properties.tokenFile(),
				"Give the token or the file, not both.");
	}

	private UnixDomainSocketAddress socket(String path) {
		require(this.properties.localPort() == null, "local-socket-path", path,
				"There is a 'local-port' too: it leads to one of them.");
		try {
			return SocketPath.address(path);
		}
		catch (IllegalArgumentException ex) {
			throw invalid("local-socket-path", path, ex.getMessage() + ".");
		}
	}

	private InetSocketAddress port() {
		Integer port = this.properties.localPort();
		if (port == null || port < 1 || port > HIGHEST_PORT) {
			throw invalid("local-port", port,
					"It must be the port on loopback where the service listens, unless there is a 'local-socket-path'.");
		}
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
	}

	String name() {
		return this.name;
	}

	String service() {
		return this.service;
	}

	/**
	 * The port or Unix socket that it leads to.
	 */
	SocketAddress local() {
		return this.local;
	}

	boolean proxyProtocol() {
		return this.properties.proxyProtocol();
	}

	int maxConnections() {
		return this.properties.maxConnections();
	}

	/**
	 * The limits of its connections.
	 * @param idleTimeout the one that holds where it has none of its own, or {@code null}
	 */
	RelaySettings limits(@Nullable Duration idleTimeout) {
		Duration own = this.properties.idleTimeout();
		return RelaySettings.DEFAULTS.withMaxConnections(maxConnections())
			.withIdleTimeout((own != null) ? own : idleTimeout);
	}

	/**
	 * Where to listen.
	 */
	InetSocketAddress bind() {
		int port = this.properties.port();
		return (this.properties.address() != null) ? new InetSocketAddress(this.properties.address(), port)
				: new InetSocketAddress(port);
	}

	/**
	 * Gives the token.
	 * @return the token, or {@code null} if the service has none of its own
	 */
	@Nullable Supplier<@Nullable String> token() {
		String token = this.properties.token();
		if (token != null) {
			return () -> token;
		}
		Path file = this.properties.tokenFile();
		return (file != null) ? TokenFiles.read(setting("token-file"), file) : null;
	}

	/**
	 * What is registered.
	 */
	FurtherRegistrations.Instance instance() {
		return new FurtherRegistrations.Instance(this.name, this.service, this.properties.id(),
				this.properties.address(), this.properties.tags(), this.properties.meta());
	}

	/**
	 * The prefix of its settings.
	 */
	String settings() {
		return "bootmesh.inbound.listeners." + this.name;
	}

	String setting(String setting) {
		return settings() + "." + setting;
	}

	/**
	 * Who and what it is, for messages.
	 */
	@Override
	public String toString() {
		return "listener '" + this.name + "' (service '" + this.service + "')";
	}

	void require(boolean met, String setting, @Nullable Object value, String reason) {
		if (!met) {
			throw invalid(setting, value, reason);
		}
	}

	private InvalidConfigurationPropertyValueException invalid(String setting, @Nullable Object value, String reason) {
		return new InvalidConfigurationPropertyValueException(setting(setting), value, reason);
	}

}
