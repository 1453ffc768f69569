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

package io.github.bootmesh.autoconfigure.actuate;

/**
 * The names of the meters and their tags.
 */
final class MeshMeters {

	/**
	 * Time until the leaf certificate expires.
	 */
	static final String IDENTITY_EXPIRY = "bootmesh.identity.expiry";

	/**
	 * Number of the current identity generation.
	 */
	static final String IDENTITY_GENERATION = "bootmesh.identity.generation";

	/**
	 * Open mesh connections.
	 */
	static final String CONNECTIONS = "bootmesh.connections";

	/**
	 * Refused connections and peers.
	 */
	static final String REFUSALS = "bootmesh.refusals";

	/**
	 * Connections that were closed because their peer may not call any more.
	 */
	static final String REVOKED = "bootmesh.connections.revoked";

	/**
	 * Decisions on connections and requests.
	 */
	static final String DECISIONS = "bootmesh.intentions.decisions";

	/**
	 * Requests of callers that do without TLS.
	 */
	static final String PLAINTEXT = "bootmesh.plaintext.requests";

	/**
	 * Watches on Consul.
	 */
	static final String WATCHES = "bootmesh.watches";

	/**
	 * Open connections of an upstream's local listener.
	 */
	static final String UPSTREAM_CONNECTIONS = "bootmesh.upstream.connections";

	/**
	 * Bytes that came through an upstream's local listener.
	 */
	static final String UPSTREAM_BYTES = "bootmesh.upstream.bytes";

	/**
	 * Connections of an upstream's local listener that were reset.
	 */
	static final String UPSTREAM_FAILURES = "bootmesh.upstream.failures";

	/**
	 * Time until the leaf certificate of a listener's service expires.
	 */
	static final String LISTENER_IDENTITY_EXPIRY = "bootmesh.listener.identity.expiry";

	/**
	 * Open connections of a listener's service.
	 */
	static final String LISTENER_CONNECTIONS = "bootmesh.listener.connections";

	/**
	 * Connections that a listener's service had accepted and closed because their peer
	 * may not call any more.
	 */
	static final String LISTENER_REVOKED = "bootmesh.listener.connections.revoked";

	/**
	 * Bytes that came through the public listener of a service.
	 */
	static final String LISTENER_BYTES = "bootmesh.listener.bytes";

	/**
	 * Connections of the public listener of a service that were reset.
	 */
	static final String LISTENER_FAILURES = "bootmesh.listener.failures";

	/**
	 * Connections and peers that a listener's service has refused.
	 */
	static final String LISTENER_REFUSALS = "bootmesh.listener.refusals";

	/**
	 * Decisions on connections of a listener's service.
	 */
	static final String LISTENER_DECISIONS = "bootmesh.listener.decisions";

	/**
	 * Tag of listeners: the service behind one.
	 */
	static final String SERVICE = "service";

	/**
	 * Tag of upstreams: the name that one was declared with.
	 */
	static final String UPSTREAM = "upstream";

	/**
	 * Tag of connections: {@code inbound} or {@code outbound}; of an upstream's or
	 * listener's bytes {@code received} from those who connected to it, or {@code sent}
	 * to them.
	 */
	static final String DIRECTION = "direction";

	/**
	 * Tag of decisions: a service that an intention names, or {@code other}.
	 */
	static final String SOURCE = "source";

	/**
	 * Tag of decisions: {@code connection} or {@code request}.
	 */
	static final String LAYER = "layer";

	/**
	 * Tag of decisions: {@code allowed}, {@code denied} or {@code ambiguous}; of requests
	 * without TLS {@code allowed} or {@code refused}.
	 */
	static final String OUTCOME = "outcome";

	/**
	 * Tag of refusals and of an upstream's or listener's failures.
	 */
	static final String REASON = "reason";

	/**
	 * Tag of watches: {@code starting}, {@code current} or {@code stale}.
	 */
	static final String STATE = "state";

	private MeshMeters() {
	}

}
