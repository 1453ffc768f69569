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

package io.github.bootmesh.autoconfigure.intention;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.Explanation;
import io.github.bootmesh.tls.PeerAdmission;

/**
 * Admits the peers that may connect by the intentions that are current, to a connection
 * whose requests are decided on too or to an opaque one. Counts each decision and tells
 * of a refusal in the debug log.
 */
final class IntentionAdmission implements PeerAdmission {

	private static final Logger logger = LoggerFactory.getLogger(IntentionAdmission.class);

	private final Authorizer authorizer;

	private final Decisions decisions;

	private final boolean opaque;

	IntentionAdmission(Authorizer authorizer, Decisions decisions, boolean opaque) {
		this.authorizer = authorizer;
		this.decisions = decisions;
		this.opaque = opaque;
	}

	@Override
	public @Nullable String refusal(MeshPeer peer) {
		Decision decision = this.opaque ? this.authorizer.opaqueConnection(peer.id())
				: this.authorizer.connection(peer.id());
		this.decisions.count(Decisions.Layer.CONNECTION, peer.id(), decision);
		if (decision.allowed()) {
			return null;
		}
		if (logger.isDebugEnabled()) {
			Explanation explanation = this.opaque ? this.authorizer.explainOpaqueConnection(peer.id())
					: this.authorizer.explainConnection(peer.id());
			logger.debug("Refused a connection of {}: {}\n{}", peer.id(), decision.rule(),
					explanation.textFor(decision));
		}
		return decision.rule();
	}

}
