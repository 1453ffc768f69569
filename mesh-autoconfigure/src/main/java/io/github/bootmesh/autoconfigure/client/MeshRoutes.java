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

import java.net.URI;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import org.springframework.util.PatternMatchUtils;

import io.github.bootmesh.Destination;
import io.github.bootmesh.DestinationNotAllowedException;
import io.github.bootmesh.discovery.MeshNames;

/**
 * Which URLs an application's HTTP clients dial in the mesh, and whether they may.
 */
final class MeshRoutes {

	private final String[] exclude;

	private final Set<String> allowed;

	MeshRoutes(MeshClientProperties properties) {
		this.exclude = properties.exclude().toArray(String[]::new);
		this.allowed = properties.allowedDestinations();
	}

	/**
	 * The destination of a URL.
	 * @param uri the URL
	 * @return the destination, or empty for a URL that is left alone
	 * @throws DestinationNotAllowedException if it is not one that may be called
	 * @throws IllegalArgumentException if it leads into the mesh but cannot be understood
	 */
	Optional<Destination> destination(URI uri) {
		// Not URI.getHost(): it is null for a name with an underscore.
		String authority = Objects.requireNonNullElse(uri.getRawAuthority(), "");
		String scheme = Objects.requireNonNullElse(uri.getScheme(), "");
		boolean meshScheme = MeshNames.SCHEME.equalsIgnoreCase(scheme);
		if (!meshScheme && PatternMatchUtils.simpleMatchIgnoreCase(this.exclude, host(authority))) {
			return Optional.empty();
		}
		Optional<Destination> destination = MeshNames.destination(scheme, authority);
		destination.ifPresent(this::requireAllowed);
		return destination;
	}

	/**
	 * Whether a URL leads into the mesh, be it allowed, understood or not.
	 */
	boolean leadsIntoMesh(URI uri) {
		try {
			return destination(uri).isPresent();
		}
		catch (DestinationNotAllowedException | IllegalArgumentException ex) {
			return true;
		}
	}

	private void requireAllowed(Destination destination) {
		String name = (destination.kind() == Destination.Kind.PREPARED_QUERY)
				? MeshClientProperties.QUERY_PREFIX + destination.name() : destination.name();
		if (!this.allowed.isEmpty() && !this.allowed.contains(name)) {
			throw new DestinationNotAllowedException("This application may not call '" + destination
					+ "': bootmesh.client.allowed-destinations does not name '" + name + "'");
		}
	}

	private static String host(String authority) {
		String host = authority.substring(authority.lastIndexOf('@') + 1);
		int colon = host.indexOf(':');
		host = (colon < 0) ? host : host.substring(0, colon);
		return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
	}

}
