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

package io.github.bootmesh.sample.edge;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.sample.edge.Changes.Done;
import io.github.bootmesh.sample.edge.MeshView.Rule;
import io.github.bootmesh.sample.edge.MeshView.Rules;
import io.github.bootmesh.sample.member.Member;
import io.github.bootmesh.sample.member.Problem;

/**
 * The page's API.
 */
@RestController
@RequestMapping("/api")
final class MeshController {

	// People wait for the page; a Consul that hangs must not hold it up.
	private static final Duration PATIENCE = Duration.ofSeconds(3);

	private final Mesh mesh;

	private final CaRotation rotation;

	private final UninvitedCall uninvitedCall;

	private final CsrfToken csrfToken;

	private final Changes changes;

	private final Intentions intentions;

	private final Explanations explanations;

	private final MeshView.Consul consul;

	MeshController(Mesh mesh, CaRotation rotation, UninvitedCall uninvitedCall, CsrfToken csrfToken, Changes changes,
			Intentions intentions, Explanations explanations, ConsulConnectionDetails consul) {
		this.mesh = mesh;
		this.rotation = rotation;
		this.uninvitedCall = uninvitedCall;
		this.csrfToken = csrfToken;
		this.changes = changes;
		this.intentions = intentions;
		this.explanations = explanations;
		this.consul = new MeshView.Consul(consul.getUrl().toString(), consul.isDevelopment(), changes.allowed());
	}

	@GetMapping("/mesh")
	Mono<MeshView> mesh(ServerHttpRequest request) {
		return Mono
			.zip(this.mesh.services(Objects.requireNonNull(request.getLocalAddress())), this.mesh.call(),
					this.mesh.stream(), this.mesh.ledger(), rules())
			.map((parts) -> new MeshView(this.consul, parts.getT1(), parts.getT2(), parts.getT3(), parts.getT4(),
					parts.getT5(), null))
			.flatMap((view) -> this.explanations.of(view).map(view::failing).defaultIfEmpty(view));
	}

	private Mono<Rules> rules() {
		return this.intentions.all()
			.map(Rule::of)
			.collectList()
			.map((rules) -> new Rules(rules, null))
			.timeout(PATIENCE)
			.onErrorResume((ex) -> Mono.just(new Rules(List.of(), Problem.of(ex))));
	}

	@GetMapping("/csrf")
	Csrf csrf() {
		return new Csrf(CsrfToken.HEADER, this.csrfToken.value());
	}

	@PostMapping("/rotation")
	Mono<Done> rotate() {
		return this.changes.make(this.rotation.rotate(),
				"The CA has a new root. Each service trusts it at once and gets a new certificate "
						+ "soon; a real Consul takes up to 30 seconds for that.");
	}

	@PostMapping("/uninvited-call")
	Mono<UninvitedCall.Outcome> callWithoutCertificate() {
		return this.mesh.member("storefront")
			.map(Member::address)
			.flatMap(this.uninvitedCall::to)
			.onErrorMap(
					(ex) -> new ResponseStatusException(HttpStatus.BAD_GATEWAY, "storefront: " + Problem.of(ex), ex));
	}

	/**
	 * What a writing request must carry.
	 *
	 * @param header the name of the header
	 * @param token its value
	 */
	record Csrf(String header, String token) {

	}

}
