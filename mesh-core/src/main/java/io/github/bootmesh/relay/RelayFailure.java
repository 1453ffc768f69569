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

package io.github.bootmesh.relay;

import java.util.Locale;

/**
 * Why an accepted connection was reset: the closed set of reasons that failures are
 * counted by.
 */
public enum RelayFailure {

	/**
	 * Consul lists nobody who could be dialled.
	 */
	NO_HEALTHY_INSTANCE,

	/**
	 * Consul could not be asked, and nothing is known from earlier.
	 */
	DISCOVERY_UNAVAILABLE,

	/**
	 * This service had no usable identity.
	 */
	NO_IDENTITY,

	/**
	 * No instance could be connected, or none showed the identity that it must.
	 */
	NOT_CONNECTED,

	/**
	 * The connect timeout was over.
	 */
	CONNECT_TIMEOUT,

	/**
	 * The peer ended the connection before its first byte: most likely its intentions
	 * refuse us.
	 */
	POSSIBLY_REFUSED,

	/**
	 * Consul says that the destination is another service by now.
	 */
	IDENTITY_CHANGED,

	/**
	 * As many connections as allowed are open.
	 */
	TOO_MANY_CONNECTIONS,

	/**
	 * As many connections as allowed wait for their other side.
	 */
	TOO_MANY_PENDING;

	/**
	 * The reason as it is counted and logged, such as {@code no-healthy-instance}.
	 * @return the key
	 */
	public String key() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
