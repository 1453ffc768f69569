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

/**
 * Where the Consul agent is. A bean of this type beats every property.
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
	 * Whether the agent is a development Consul whose CA must not be trusted otherwise.
	 * @return {@code true} for a development Consul
	 */
	default boolean isDevelopment() {
		return false;
	}

}
