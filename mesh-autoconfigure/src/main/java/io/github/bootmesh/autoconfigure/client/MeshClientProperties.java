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

package io.github.bootmesh.autoconfigure.client;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.Destination;

/**
 * Settings of HTTP clients that reach the mesh.
 *
 * @param enabled Whether HTTP clients reach mesh names over mTLS.
 * @param exclude Host patterns, such as '*.service.dc2.consul', of mesh names that are
 * left alone and dialled as any other host.
 * @param allowedDestinations Names of services, and 'query:NAME' for prepared queries,
 * that this application may call, in any case; all when empty.
 * @param connectTimeout Time in which one try must have connected, and again in which its
 * TLS handshake must be done.
 * @param tries Instances tried at most until one can be connected.
 * @param anyTrustDomain Whether an instance may show its identity in another trust domain
 * than ours, as long as one of our CA certificates has signed it; only for the time of a
 * trust-domain migration.
 */
@ConfigurationProperties("bootmesh.client")
public record MeshClientProperties(@DefaultValue("true") boolean enabled, @DefaultValue List<String> exclude,
		@DefaultValue Set<String> allowedDestinations, @DefaultValue("5s") Duration connectTimeout,
		@DefaultValue("3") int tries, @DefaultValue("false") boolean anyTrustDomain) {

	static final String QUERY_PREFIX = "query:";

	public MeshClientProperties {
		exclude = List.copyOf(exclude);
		// As in URLs, where the case of a name says nothing.
		allowedDestinations = allowedDestinations.stream()
			.map((name) -> name.toLowerCase(Locale.ROOT))
			.collect(Collectors.toUnmodifiableSet());
		for (String name : allowedDestinations) {
			require(Destination.isName(name.startsWith(QUERY_PREFIX) ? name.substring(QUERY_PREFIX.length()) : name),
					"allowed-destinations", name, "It is neither a service's name nor 'query:' and a query's name.");
		}
		require(connectTimeout.toMillis() > 0 && connectTimeout.toMillis() <= Integer.MAX_VALUE, "connect-timeout",
				connectTimeout, "It must be at least 1ms and at most 24d.");
		require(tries >= 1 && tries <= 10, "tries", tries, "It must be from 1 to 10.");
	}

	private static void require(boolean good, String name, Object value, String reason) {
		if (!good) {
			throw new InvalidConfigurationPropertyValueException("bootmesh.client." + name, value, reason);
		}
	}

}
