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

package io.github.bootmesh.autoconfigure.server;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.Decision.Outcome;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.RequestFacts;

/**
 * Decides on each request by the intentions that are current at its headers, whoever
 * handles it later. Thread-safe; never throws.
 */
@Internal
public final class RequestGate {

	private static final Logger logger = LoggerFactory.getLogger(RequestGate.class);

	private static final Decision NO_PEER = new Decision(Outcome.DENIED, "no verified peer");

	private static final Decision HOSTS = new Decision(Outcome.AMBIGUOUS, "more than one Host");

	private static final Decision FAILED = new Decision(Outcome.DENIED, "the decision failed");

	private final Authorizer authorizer;

	private final Decisions decisions;

	/**
	 * Creates the gate.
	 * @param authorizer knows the intentions
	 * @param decisions counts what is decided
	 */
	public RequestGate(Authorizer authorizer, Decisions decisions) {
		this.authorizer = authorizer;
		this.decisions = decisions;
	}

	/**
	 * Decides on a request, counts the decision and tells of a refusal in the debug log.
	 * @param peer the verified peer, {@code null} if there is none
	 * @param request the request
	 * @return the decision
	 */
	public Decision decide(@Nullable MeshPeer peer, RequestFacts request) {
		Decision decision = byIntentions(peer, request);
		if (peer != null) {
			this.decisions.count(Decisions.Layer.REQUEST, peer.id(), decision);
		}
		if (!decision.allowed() && logger.isDebugEnabled()) {
			logger.debug("Refused a {} of {} ({}): {}{}", request.method(), peer, decision.outcome(), decision.rule(),
					(peer != null && decision.outcome() == Outcome.DENIED)
							? "\n" + this.authorizer.explain(peer.id(), request) : "");
		}
		return decision;
	}

	/**
	 * Whether a request that was decided on before is allowed now.
	 */
	boolean stillAllows(@Nullable MeshPeer peer, RequestFacts request) {
		Decision decision = byIntentions(peer, request);
		if (!decision.allowed()) {
			logger.debug("No longer allows a {} of {} that is in flight ({}): {}", request.method(), peer,
					decision.outcome(), decision.rule());
		}
		return decision.allowed();
	}

	private Decision byIntentions(@Nullable MeshPeer peer, RequestFacts request) {
		if (peer == null) {
			return NO_PEER;
		}
		try {
			// RFC 9112, section 3.2: 400. Which of them a rule means, nobody could tell.
			return (request.headers("host").size() > 1) ? HOSTS : this.authorizer.request(peer.id(), request);
		}
		catch (RuntimeException | StackOverflowError ex) {
			logger.error("Could not decide on a request of {}, denying it", peer, ex);
			return FAILED;
		}
	}

}
