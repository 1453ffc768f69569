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

package io.github.bootmesh.tls;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshPeer;

/**
 * Decides whether a verified peer that dialled this service may keep its connection:
 * after each handshake, full or resumed, and again whenever what it decides by has
 * changed (see {@link MeshTls#admissionChanged()}). Must answer from memory.
 */
@Internal
@FunctionalInterface
public interface PeerAdmission {

	/**
	 * Admits every verified peer of the mesh.
	 */
	PeerAdmission EVERY_VERIFIED_PEER = (peer) -> null;

	/**
	 * Admits nobody.
	 */
	PeerAdmission NOBODY = (peer) -> "this application accepts nothing from the mesh";

	/**
	 * Decides on a peer.
	 * @param peer the peer, its chain, dates and trust domain verified
	 * @return {@code null} to admit it, else why it is refused, for the log
	 */
	@Nullable String refusal(MeshPeer peer);

}
