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
import io.github.bootmesh.autoconfigure.server.InboundProperties.MutualTlsMode;
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

	private static final Decision FAILED = new Decision(Outcome.DENIED, "the decision failed");

	private final Authorizer authorizer;

	private final Decisions decisions;

	private final PlaintextCallers plaintext;

	/**
	 * Creates the gate.
	 * @param authorizer knows the intentions
	 * @param decisions counts what is decided on peers
	 * @param plaintext counts what is decided on those who do without TLS
	 */
	public RequestGate(Authorizer authorizer, Decisions decisions, PlaintextCallers plaintext) {
		this.authorizer = authorizer;
		this.decisions = decisions;
		this.plaintext = plaintext;
	}

	/**
	 * Decides on a request, counts the decision and tells of a refusal in the debug log.
	 * @param caller who sent it, {@code null} if nobody was verified
	 * @param request the request
	 * @return the decision
	 */
	public Decision decide(@Nullable Caller caller, RequestFacts request) {
		Decision decision = byIntentions(caller, request);
		record(caller, request, decision);
		return decision;
	}

	/**
	 * Decides on what a request that was allowed is routed as. That it goes on being
	 * allowed is not counted again.
	 * @param caller who sent it, {@code null} if nobody was verified
	 * @param routed the request as it is routed
	 * @return the decision
	 */
	public Decision decideRouted(@Nullable Caller caller, RequestFacts routed) {
		Decision decision = byIntentions(caller, routed);
		if (!decision.allowed()) {
			record(caller, routed, decision);
		}
		return decision;
	}

	private void record(@Nullable Caller caller, RequestFacts request, Decision decision) {
		MeshPeer peer = (caller != null) ? caller.peer() : null;
		if (peer != null) {
			this.decisions.count(Decisions.Layer.REQUEST, peer.id(), decision);
		}
		else if (caller != null && caller.address() != null) {
			this.plaintext.count(caller.address(), decision.allowed());
		}
		if (!decision.allowed() && logger.isDebugEnabled()) {
			logger.debug("Refused a {} of {} ({}): {}{}", request.method(), caller, decision.outcome(), decision.rule(),
					(peer != null) ? explanation(peer, request, decision) : "");
		}
	}

	private String explanation(MeshPeer peer, RequestFacts request, Decision decision) {
		// What is ambiguous, and what failed, says all there is to say.
		boolean byRules = decision.outcome() == Outcome.DENIED && decision != FAILED;
		return byRules ? "\n" + this.authorizer.explain(peer.id(), request).textFor(decision) : "";
	}

	/**
	 * Whether a request that was decided on before is allowed now.
	 */
	boolean stillAllows(@Nullable Caller caller, RequestFacts request) {
		Decision decision = byIntentions(caller, request);
		if (!decision.allowed()) {
			logger.debug("No longer allows a {} of {} that is in flight ({}): {}", request.method(), caller,
					decision.outcome(), decision.rule());
		}
		return decision.allowed();
	}

	private Decision byIntentions(@Nullable Caller caller, RequestFacts request) {
		if (caller == null) {
			return NO_PEER;
		}
		try {
			return bySet(caller, request);
		}
		catch (RuntimeException | StackOverflowError ex) {
			logger.error("Could not decide on a request of {}, denying it", caller, ex);
			return FAILED;
		}
	}

	private Decision bySet(Caller caller, RequestFacts request) {
		if (caller.peer() != null) {
			return this.authorizer.request(caller.peer().id(), request);
		}
		return (this.plaintext.mode() == MutualTlsMode.PERMISSIVE) ? this.authorizer.anonymousRequest(request)
				: NO_PEER;
	}

}
