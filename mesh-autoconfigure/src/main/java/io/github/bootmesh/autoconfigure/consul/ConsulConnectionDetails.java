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

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.ssl.SslBundle;

/**
 * Where the Consul agent is and how it is spoken to. A bean of this type beats every
 * property.
 */
public interface ConsulConnectionDetails extends ConnectionDetails {

	/**
	 * URL of the agent: {@code http}, {@code https} or {@code unix}.
	 * @return the URL
	 */
	URI getUrl();

	/**
	 * The ACL token, asked for at each request.
	 * @return the token or {@code null} for the anonymous one
	 */
	default @Nullable String getToken() {
		return null;
	}

	/**
	 * TLS settings for an {@code https} agent.
	 * @return the bundle or {@code null} for the JVM's own settings
	 */
	default @Nullable SslBundle getSslBundle() {
		return null;
	}

	/**
	 * The name that the agent's certificate is checked against.
	 * @return the name or {@code null} for the URL's host
	 */
	default @Nullable String getServerName() {
		return null;
	}

	/**
	 * The datacenter to ask.
	 * @return the datacenter or {@code null} for the agent's own
	 */
	default @Nullable String getDatacenter() {
		return null;
	}

	/**
	 * The namespace of this service (Consul Enterprise).
	 * @return the namespace or {@code null} for the token's own
	 */
	default @Nullable String getNamespace() {
		return null;
	}

	/**
	 * The admin partition of this service (Consul Enterprise).
	 * @return the partition or {@code null} for the agent's own
	 */
	default @Nullable String getPartition() {
		return null;
	}

	/**
	 * Whether the agent is a development Consul whose CA must not be trusted otherwise.
	 * @return {@code true} for a development Consul
	 */
	default boolean isDevelopment() {
		return false;
	}

}
