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

import java.net.URI;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * How the agent is reached. Shows no token.
 *
 * @param url {@code http}, {@code https} or {@code unix} URL
 * @param token the ACL token, read for each request (a file behind it may change); gives
 * {@code null} for the anonymous one
 * @param ssl TLS settings for {@code https}, or {@code null} for the JVM's
 * @param serverName the name that the agent's certificate is checked against, or
 * {@code null} for the URL's host
 * @param datacenter the datacenter to ask, or {@code null} for the agent's own
 * @param namespace the namespace (Consul Enterprise), or {@code null}
 * @param partition the admin partition (Consul Enterprise), or {@code null}
 * @param allowPlaintext whether {@code http} may be used to an address that is not
 * loopback
 */
@Internal
public record ConsulConnection(URI url, Supplier<@Nullable String> token, @Nullable SSLContext ssl,
		@Nullable String serverName, @Nullable String datacenter, @Nullable String namespace,
		@Nullable String partition, boolean allowPlaintext) {

	@Override
	public String toString() {
		return "ConsulConnection[" + this.url + "]";
	}

}
