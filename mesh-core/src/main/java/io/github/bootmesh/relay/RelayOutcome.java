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

/**
 * How a relayed connection ended.
 */
enum RelayOutcome {

	/**
	 * Both directions came to their end.
	 */
	COMPLETE,

	/**
	 * One side was reset, and so was the other.
	 */
	RESET,

	/**
	 * A TLS peer went away without saying that it was done.
	 */
	TRUNCATED,

	/**
	 * The dialled peer ended the connection before its first byte: most likely its
	 * intentions refuse us.
	 */
	POSSIBLY_REFUSED,

	/**
	 * A TLS 1.2 peer did not answer the end of what was sent to it.
	 */
	SILENT,

	/**
	 * The peer is admitted or trusted no more.
	 */
	REVOKED,

	/**
	 * Consul says that the destination is somebody else than the peer.
	 */
	IDENTITY_CHANGED,

	/**
	 * Nothing came from either side for as long as a connection may be idle.
	 */
	IDLE,

	/**
	 * It had lived as long as a connection may, and paused.
	 */
	OLD

}
