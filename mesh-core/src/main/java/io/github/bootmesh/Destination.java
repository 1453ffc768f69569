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

package io.github.bootmesh;

import java.util.Objects;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What is dialled in the mesh: a service or a prepared query of Consul. Which instances
 * stand behind it, and which identities they may show, is discovered. Immutable, usable
 * as a key.
 *
 * @param kind whether the name is a service's or a prepared query's
 * @param name the name in Consul
 * @param datacenter the datacenter, or {@code null} for that of the agent
 * @param namespace the namespace (Consul Enterprise), or {@code null} for the default one
 * @param partition the admin partition (Consul Enterprise), or {@code null} for the
 * default one
 */
public record Destination(Kind kind, String name, @Nullable String datacenter, @Nullable String namespace,
		@Nullable String partition) {

	// What Consul takes for a name, DNS label or historical; no character that could
	// change a request line.
	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_])?");

	public Destination {
		Objects.requireNonNull(kind, "kind");
		requireName(name, "name");
		if (datacenter != null) {
			requireName(datacenter, "datacenter");
		}
		if (namespace != null) {
			requireName(namespace, "namespace");
		}
		if (partition != null) {
			requireName(partition, "partition");
		}
	}

	/**
	 * A service in the agent's datacenter.
	 * @param name the service name
	 * @return the destination
	 * @throws IllegalArgumentException if the name is not one that Consul takes
	 */
	public static Destination service(String name) {
		return new Destination(Kind.SERVICE, name, null, null, null);
	}

	/**
	 * A prepared query, by name or ID.
	 * @param name the query
	 * @return the destination
	 * @throws IllegalArgumentException if the name is not one that Consul takes
	 */
	public static Destination preparedQuery(String name) {
		return new Destination(Kind.PREPARED_QUERY, name, null, null, null);
	}

	/**
	 * The same destination in the given datacenter.
	 * @param datacenter the datacenter
	 * @return the destination there
	 */
	public Destination inDatacenter(String datacenter) {
		return new Destination(this.kind, this.name, datacenter, this.namespace, this.partition);
	}

	/**
	 * Whether the text is a name that Consul takes for a service, a query, a datacenter,
	 * a namespace or a partition.
	 * @param text the text
	 * @return {@code true} if it is a name
	 */
	public static boolean isName(String text) {
		return NAME.matcher(text).matches();
	}

	private static void requireName(String text, String what) {
		if (!isName(text)) {
			String shown = text.substring(0, Math.min(text.length(), 128)).replaceAll("[^\\x20-\\x7e]", "?");
			throw new IllegalArgumentException("Not a name that Consul takes (" + what + "): '" + shown + "'");
		}
	}

	@Override
	public String toString() {
		StringBuilder text = new StringBuilder();
		if (this.kind == Kind.PREPARED_QUERY) {
			text.append("query:");
		}
		if (this.partition != null) {
			text.append(this.partition).append('/');
		}
		if (this.namespace != null) {
			text.append(this.namespace).append('/');
		}
		text.append(this.name);
		if (this.datacenter != null) {
			text.append('@').append(this.datacenter);
		}
		return text.toString();
	}

	/**
	 * What a destination's name names.
	 */
	public enum Kind {

		/**
		 * A service.
		 */
		SERVICE,

		/**
		 * A prepared query.
		 */
		PREPARED_QUERY

	}

}
