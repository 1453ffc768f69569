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

package io.github.bootmesh.consul;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;

/**
 * How the agent is reached. Shows no token.
 *
 * @param url {@code http}, {@code https} or {@code unix} URL
 * @param token the ACL token, read for each request, so it must not block for long (a
 * {@link TokenFile} is read again when its file changes and when Consul refuses it);
 * gives {@code null} for the anonymous one
 * @param ssl TLS settings for {@code https}, or {@code null} for the JVM's
 * @param serverName the name that the agent's certificate is checked against, or
 * {@code null} for the URL's host
 * @param datacenter the datacenter whose catalog is asked where a destination names none,
 * or {@code null} for the agent's own; identity is always that of the agent's datacenter
 * @param namespace the namespace (Consul Enterprise), or {@code null}
 * @param partition the admin partition (Consul Enterprise), or {@code null}
 * @param allowPlaintext whether {@code http} may be used to an address that is not
 * loopback
 */
@Internal
public record ConsulConnection(URI url, Supplier<@Nullable String> token, @Nullable SSLContext ssl,
		@Nullable String serverName, @Nullable String datacenter, @Nullable String namespace,
		@Nullable String partition, boolean allowPlaintext) {

	/**
	 * Checks the settings.
	 * @throws IllegalArgumentException if they are wrong; the message says what to change
	 */
	public ConsulConnection {
		if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
			throw new IllegalArgumentException("The URL of Consul must hold no user, password, query or fragment; "
					+ "give the ACL token as a token or a token file");
		}
		switch ((url.getScheme() != null) ? url.getScheme() : "") {
			case "http" -> requirePrivate(requireHost(url), allowPlaintext);
			case "https" -> requireHost(url);
			case "unix" -> {
				if (url.getAuthority() != null || url.getPath().length() < 2) {
					throw new IllegalArgumentException("The URL of Consul '" + url
							+ "' must name an absolute path, such as unix:///var/run/consul.sock");
				}
			}
			default -> throw new IllegalArgumentException("The URL of Consul '" + url
					+ "' must start with http://, https:// or unix://, such as http://localhost:8500");
		}
		requireName(datacenter, "datacenter");
		requireName(namespace, "namespace");
		requireName(partition, "partition");
	}

	/**
	 * The same with another token.
	 * @param token the ACL token
	 * @return the connection
	 */
	ConsulConnection withToken(Supplier<@Nullable String> token) {
		return new ConsulConnection(this.url, token, this.ssl, this.serverName, this.datacenter, this.namespace,
				this.partition, this.allowPlaintext);
	}

	private static String requireHost(URI url) {
		if (url.getHost() == null) {
			throw new IllegalArgumentException(
					"The URL of Consul '" + url + "' has no valid host, such as http://localhost:8500");
		}
		return url.getHost();
	}

	private static void requirePrivate(String host, boolean allowPlaintext) {
		if (!allowPlaintext && !isLoopback(host)) {
			throw new IllegalArgumentException("Plain http to Consul at '" + host
					+ "' would show the service's private key and the ACL token to the network: use an https:// or "
					+ "unix:// URL or an agent on localhost, or set allow-plaintext if that network is safe");
		}
	}

	private static boolean isLoopback(String host) {
		byte @Nullable [] address = NetUtil.createByteArrayFromIpAddressString(host);
		if (address == null) {
			return host.equalsIgnoreCase("localhost");
		}
		try {
			return InetAddress.getByAddress(address).isLoopbackAddress();
		}
		catch (UnknownHostException ex) {
			return false;
		}
	}

	private static void requireName(@Nullable String name, String what) {
		if (name != null && !Destination.isName(name)) {
			throw new IllegalArgumentException("'" + name + "' is not a name that Consul takes for a " + what);
		}
	}

	@Override
	public String toString() {
		return "ConsulConnection[" + this.url + "]";
	}

}
