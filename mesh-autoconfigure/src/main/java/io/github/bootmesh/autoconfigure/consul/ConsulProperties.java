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

package io.github.bootmesh.autoconfigure.consul;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.MutuallyExclusiveConfigurationPropertiesException;
import org.springframework.util.StringUtils;

import io.github.bootmesh.consul.ConsulLimits;

/**
 * Settings of the connection to the Consul agent. Shows no token.
 *
 * @param url URL of the agent: http, https or unix.
 * @param token ACL token.
 * @param tokenFile File that holds the ACL token and is read again when it changes.
 * @param ssl TLS settings of an https connection.
 * @param serverName Name that the agent's certificate is checked against, by default the
 * host of the URL.
 * @param datacenter Datacenter to ask, by default the agent's own.
 * @param namespace Namespace of this service (Consul Enterprise).
 * @param partition Admin partition of this service (Consul Enterprise).
 * @param allowPlaintext Whether plain http may be used to an agent that is not on
 * loopback, although private keys travel on it.
 * @param maxConnections Connections to the agent at most, from 11 to 200. Destinations
 * for which none is left are asked for at intervals. An agent takes 200 from one address,
 * from all processes there together.
 */
@ConfigurationProperties("bootmesh.consul")
public record ConsulProperties(@Nullable String url, @Nullable String token, @Nullable Path tokenFile,
		@DefaultValue Ssl ssl, @Nullable String serverName, @Nullable String datacenter, @Nullable String namespace,
		@Nullable String partition, @DefaultValue("false") boolean allowPlaintext,
		@DefaultValue("32") int maxConnections) {

	// What Consul's agent lets one address have (http_max_conns_per_client).
	private static final int AGENT_CONNECTIONS = 200;

	public ConsulProperties {
		url = textOrNull(url);
		token = textOrNull(token);
		serverName = textOrNull(serverName);
		datacenter = textOrNull(datacenter);
		namespace = textOrNull(namespace);
		partition = textOrNull(partition);
		if (url != null) {
			ConsulUrl.parse("bootmesh.consul.url", url);
		}
		requireOne(token, tokenFile);
		if (maxConnections < ConsulLimits.FEWEST_CONNECTIONS || maxConnections > AGENT_CONNECTIONS) {
			throw new InvalidConfigurationPropertyValueException("bootmesh.consul.max-connections", maxConnections,
					"It must be from " + ConsulLimits.FEWEST_CONNECTIONS + " to " + AGENT_CONNECTIONS + ".");
		}
	}

	ConsulLimits limits() {
		return ConsulLimits.DEFAULTS.withConnections(this.maxConnections);
	}

	private static @Nullable String textOrNull(@Nullable String text) {
		return StringUtils.hasText(text) ? text : null;
	}

	private static void requireOne(@Nullable String token, @Nullable Path tokenFile) {
		MutuallyExclusiveConfigurationPropertiesException.throwIfMultipleNonNullValuesIn((entries) -> {
			entries.put("bootmesh.consul.token", token);
			entries.put("bootmesh.consul.token-file", tokenFile);
		});
	}

	@Override
	public String toString() {
		return "ConsulProperties[url=" + this.url + ", datacenter=" + this.datacenter + ", namespace=" + this.namespace
				+ ", partition=" + this.partition + "]";
	}

	/**
	 * TLS settings of the connection.
	 *
	 * @param bundle Name of the SSL bundle to use.
	 */
	public record Ssl(@Nullable String bundle) {

		public Ssl {
			bundle = textOrNull(bundle);
		}

	}

}
