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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.StringUtils;

/**
 * The declared listeners. Shows no token.
 *
 * @param listeners Further services of this process, each behind a public listener of its
 * own, by the name that this application gives it.
 */
@ConfigurationProperties("bootmesh.inbound")
public record MeshListenerProperties(@DefaultValue Map<String, Listener> listeners) {

	public MeshListenerProperties {
		listeners = Collections.unmodifiableMap(merged(listeners));
	}

	// What an environment variable says, in which a name has no dashes, is taken for the
	// listener that it is said of. Both have the settings of both.
	private static Map<String, Listener> merged(Map<String, Listener> listeners) {
		Map<String, Listener> merged = new LinkedHashMap<>(listeners);
		listeners.keySet().forEach((name) -> {
			String uniform = name.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
			if (!uniform.equals(name)) {
				merged.remove(uniform);
			}
		});
		return merged;
	}

	/**
	 * One listener and the service behind it.
	 *
	 * @param service Name of the service in Consul, by default the name of the listener.
	 * @param address Address to listen on; by default all of this machine.
	 * @param port Port to listen on; by default a free one, which others learn from
	 * Consul.
	 * @param localPort Port on loopback where the service listens.
	 * @param localSocketPath Path of a Unix socket of this host where the service
	 * listens, instead of a port.
	 * @param proxyProtocol Whether each connection to the service begins with a header of
	 * the PROXY protocol that says whom it is from.
	 * @param idleTimeout Silence in both directions after which a connection is reset; by
	 * default that of this application's own public listener.
	 * @param token ACL token of the service, by default that of this application.
	 * @param tokenFile File that holds the ACL token of the service and is read again
	 * when it changes.
	 * @param id ID of the instance, unique on the agent; by default one of this process.
	 * @param tags Tags of the instance.
	 * @param meta Metadata of the instance.
	 * @param maxConnections Open connections at most; more are refused.
	 */
	public record Listener(@Nullable String service, @Nullable InetAddress address, @DefaultValue("0") int port,
			@Nullable Integer localPort, @Nullable String localSocketPath, @DefaultValue("false") boolean proxyProtocol,
			@Nullable Duration idleTimeout, @Nullable String token, @Nullable Path tokenFile, @Nullable String id,
			@DefaultValue List<String> tags, @DefaultValue Map<String, String> meta,
			@DefaultValue("8192") int maxConnections) {

		public Listener {
			service = StringUtils.hasText(service) ? service : null;
			localSocketPath = StringUtils.hasText(localSocketPath) ? localSocketPath : null;
			id = StringUtils.hasText(id) ? id : null;
			tags = List.copyOf(tags);
			meta = Map.copyOf(meta);
		}

		@Override
		public String toString() {
			return "Listener[service=" + this.service + ", address=" + this.address + ", port=" + this.port
					+ ", localPort=" + this.localPort + ", localSocketPath=" + this.localSocketPath + "]";
		}

	}

}
