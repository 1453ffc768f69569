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

package io.github.bootmesh.autoconfigure.web;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.MeshRequest;
import io.github.bootmesh.autoconfigure.server.Caller;
import io.github.bootmesh.autoconfigure.server.RequestGate;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.Decision.Outcome;
import io.github.bootmesh.intention.RequestFacts;

/**
 * Decides on requests by the intentions, and by what the application has to say beside
 * them.
 */
final class RequestJudge {

	private static final Logger logger = LoggerFactory.getLogger(RequestJudge.class);

	private static final Mono<Decision> ALLOWED = Mono
		.just(new Decision(Outcome.ALLOWED, "every MeshAuthorizer agrees"));

	private static final Mono<Decision> NOBODY = Mono
		.just(new Decision(Outcome.DENIED, "a MeshAuthorizer cannot be asked about nobody"));

	private final RequestGate gate;

	private final List<Own> own;

	private final Duration timeout;

	/**
	 * Creates the judge.
	 * @param gate decides by the intentions
	 * @param own what the application has to say, in order
	 * @param timeout time that each of them has
	 */
	RequestJudge(RequestGate gate, List<MeshAuthorizer> own, Duration timeout) {
		this.gate = gate;
		this.own = own.stream().map(Own::new).toList();
		this.timeout = timeout;
	}

	/** Decides by the intentions, then by the application. */
	Mono<Decision> decide(Caller caller, RequestFacts request) {
		return andOwn(this.gate.decide(caller, request), caller, request);
	}

	/** Decides once more on what a request that was allowed is routed as. */
	Mono<Decision> decideRouted(Caller caller, RoutedRequest routed) {
		return andOwn(this.gate.decideRouted(caller, routed), caller, routed);
	}

	private Mono<Decision> andOwn(Decision decision, Caller caller, RequestFacts request) {
		return decision.allowed() ? decideOwn(caller, request) : Mono.just(decision);
	}

	/** Decides by the application, which is asked about peers only. */
	Mono<Decision> decideOwn(Caller caller, MeshRequest request) {
		if (this.own.isEmpty()) {
			return ALLOWED;
		}
		MeshPeer peer = caller.peer();
		if (peer == null) {
			return NOBODY;
		}
		return Flux.fromIterable(this.own)
			.concatMap((own) -> ask(own, peer, request))
			.filter((decision) -> !decision.allowed())
			.next()
			.doOnNext((refusal) -> logger.debug("Refused a {} of {}: {}", request.method(), peer, refusal.rule()))
			.switchIfEmpty(ALLOWED);
	}

	private Mono<Decision> ask(Own own, MeshPeer peer, MeshRequest request) {
		return Mono.defer(() -> own.authorizer().authorize(peer, request))
			.timeout(this.timeout)
			.doOnSuccess((answer) -> own.answered())
			.defaultIfEmpty(false)
			.onErrorResume((ex) -> {
				own.failed(ex);
				return Mono.just(false);
			})
			.map((allowed) -> own.decision(allowed));
	}

	/**
	 * One authorizer of the application, and whether it failed when it was asked last.
	 */
	private record Own(MeshAuthorizer authorizer, AtomicBoolean failing) {

		Own(MeshAuthorizer authorizer) {
			this(authorizer, new AtomicBoolean());
		}

		Decision decision(boolean allowed) {
			return new Decision(allowed ? Outcome.ALLOWED : Outcome.DENIED, this.authorizer.getClass().getName());
		}

		void answered() {
			if (this.failing.compareAndSet(true, false)) {
				logger.info("{} answers again", this.authorizer.getClass().getName());
			}
		}

		void failed(Throwable ex) {
			if (this.failing.compareAndSet(false, true)) {
				logger.warn("{} failed, which refuses requests until it answers again",
						this.authorizer.getClass().getName(), ex);
			}
		}

	}

}
