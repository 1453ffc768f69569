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

import java.net.URI;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;

/**
 * Connection settings as one place gives them. What it does not give is {@code null}.
 *
 * @param url the URL of the agent
 * @param token gives the ACL token
 * @param sslBundle the TLS settings
 * @param serverName the name that the agent's certificate is checked against
 * @param datacenter the datacenter
 * @param namespace the namespace
 * @param partition the partition
 */
record ConsulSettings(@Nullable URI url, @Nullable Supplier<@Nullable String> token, @Nullable SslBundle sslBundle,
		@Nullable String serverName, @Nullable String datacenter, @Nullable String namespace,
		@Nullable String partition) {

	/**
	 * These settings, each that is missing taken from the other place.
	 * @param other the place to ask next
	 * @return the settings of both
	 */
	ConsulSettings orElse(ConsulSettings other) {
		return new ConsulSettings(either(this.url, other.url), either(this.token, other.token),
				either(this.sslBundle, other.sslBundle), either(this.serverName, other.serverName),
				either(this.datacenter, other.datacenter), either(this.namespace, other.namespace),
				either(this.partition, other.partition));
	}

	private static <T> @Nullable T either(@Nullable T first, @Nullable T second) {
		return (first != null) ? first : second;
	}

}
