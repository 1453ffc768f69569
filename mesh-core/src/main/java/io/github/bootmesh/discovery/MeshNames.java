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

package io.github.bootmesh.discovery;

import java.net.IDN;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Destination;

/**
 * Which URLs lead into the mesh: {@code mesh://<service>[.<dc>]} and Consul's own names
 * {@code <service>.service[.<dc>].consul}, {@code <service>.connect[.<dc>].consul},
 * {@code <name>.query[.<dc>].consul}. Host names are compared without case; the port is
 * ignored. Other names that Consul's DNS has for services, those with a tag or a
 * namespace and virtual ones, are refused: they lead to instances of the mesh, but a tag
 * is not part of an identity. For the same reason a service whose name holds a dot has no
 * URL.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3986#section-3.2">RFC 3986, section
 * 3.2</a>
 */
public final class MeshNames {

	/**
	 * The scheme whose every URL leads into the mesh.
	 */
	public static final String SCHEME = "mesh";

	private static final String TLD = "consul";

	private static final Set<String> SERVICE_LABELS = Set.of("service", "connect", "query", "virtual", "ingress");

	private MeshNames() {
	}

	/**
	 * Reads the destination of a URL.
	 * @param scheme the scheme, such as {@code http} or {@code mesh}
	 * @param authority the raw authority, such as {@code order_service:80}; not
	 * {@code URI.getHost()}, which is {@code null} for that one
	 * @return the destination, or empty for a URL that leads elsewhere
	 * @throws IllegalArgumentException for a URL that leads into the mesh but cannot be
	 * understood, such as one with user info
	 */
	public static Optional<Destination> destination(String scheme, String authority) {
		boolean meshScheme = SCHEME.equalsIgnoreCase(scheme);
		// Whatever stands before the last @ is user info, however many there are.
		int at = authority.lastIndexOf('@');
		String hostAndPort = authority.substring(at + 1);
		int colon = hostAndPort.startsWith("[") ? -1 : hostAndPort.indexOf(':');
		String raw = lower((colon < 0) ? hostAndPort : hostAndPort.substring(0, colon));
		String host = asResolved(raw);
		String[] labels = host.split("\\.", -1);
		Destination.Kind kind = kind(labels);
		if (kind == null && !meshScheme) {
			require(!isOtherServiceName(labels), host, "only <service>.service[.<datacenter>].consul, "
					+ "<service>.connect[.<datacenter>].consul and <name>.query[.<datacenter>].consul can be");
			return Optional.empty();
		}
		// The user info is not repeated: it may be a password.
		require(at < 0, host, "user info is not for the mesh");
		require(host.equals(raw) || raw.equals(host + "."), host, "its name is not written plainly");
		require(colon < 0 || hostAndPort.substring(colon + 1).chars().allMatch((c) -> c >= '0' && c <= '9'), host,
				"its port is not a number");
		if (kind != null) {
			return Optional.of(destination(kind, labels[0], (labels.length == 4) ? labels[2] : null));
		}
		require(labels.length <= 2, host, "a mesh URL is mesh://<service>[.<datacenter>]");
		return Optional.of(destination(Destination.Kind.SERVICE, labels[0], (labels.length == 2) ? labels[1] : null));
	}

	private static Destination destination(Destination.Kind kind, String name, @Nullable String datacenter) {
		return new Destination(kind, name, datacenter, null, null);
	}

	private static Destination.@Nullable Kind kind(String[] labels) {
		if (labels.length < 3 || labels.length > 4 || !labels[labels.length - 1].equals(TLD)) {
			return null;
		}
		return switch (labels[1]) {
			case "service", "connect" -> Destination.Kind.SERVICE;
			case "query" -> Destination.Kind.PREPARED_QUERY;
			default -> null;
		};
	}

	private static boolean isOtherServiceName(String[] labels) {
		return labels.length > 2 && labels[labels.length - 1].equals(TLD)
				&& Arrays.stream(labels, 1, labels.length - 1).anyMatch(SERVICE_LABELS::contains);
	}

	// The name that a client would look up after all its decoding. Only so can a name
	// that is ours in disguise be told from one that is not.
	private static String asResolved(String host) {
		String name = host;
		try {
			if (name.indexOf('%') >= 0 && !name.startsWith("[")) {
				name = lower(URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8));
			}
			if (name.chars().anyMatch((c) -> c > 0x7f)) {
				name = lower(IDN.toASCII(name, IDN.ALLOW_UNASSIGNED));
			}
		}
		catch (IllegalArgumentException ex) {
			return host;
		}
		return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
	}

	private static String lower(String text) {
		return text.toLowerCase(Locale.ROOT);
	}

	private static void require(boolean good, String host, String otherwise) {
		if (!good) {
			throw new IllegalArgumentException("Cannot dial '" + host + "' in the mesh: " + otherwise);
		}
	}

}
