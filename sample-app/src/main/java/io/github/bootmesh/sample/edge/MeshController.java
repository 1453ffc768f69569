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
import io.github.bootmesh.sample.member.Member;
import io.github.bootmesh.sample.member.Problem;

/**
 * The page's API.
 */
@RestController
@RequestMapping("/api")
final class MeshController {

	private final Mesh mesh;

	private final CaRotation rotation;

	private final UninvitedCall uninvitedCall;

	private final CsrfToken csrfToken;

	private final MeshView.Consul consul;

	MeshController(Mesh mesh, CaRotation rotation, UninvitedCall uninvitedCall, CsrfToken csrfToken,
			ConsulConnectionDetails consul, EdgeProperties properties) {
		this.mesh = mesh;
		this.rotation = rotation;
		this.uninvitedCall = uninvitedCall;
		this.csrfToken = csrfToken;
		this.consul = new MeshView.Consul(consul.getUrl().toString(), consul.isDevelopment(),
				consul.isDevelopment() || properties.allowChanges());
	}

	@GetMapping("/mesh")
	Mono<MeshView> mesh(ServerHttpRequest request) {
		return this.mesh.services(Objects.requireNonNull(request.getLocalAddress()))
			.zipWith(this.mesh.call(), (services, call) -> new MeshView(this.consul, services, call));
	}

	@GetMapping("/csrf")
	Csrf csrf() {
		return new Csrf(CsrfToken.HEADER, this.csrfToken.value());
	}

	@PostMapping("/rotation")
	Mono<Done> rotate() {
		if (!this.consul.changesAllowed()) {
			return Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN,
					"This is a real Consul; start the sample with --sample.allow-changes=true to rotate its CA"));
		}
		return this.rotation.rotate()
			.onErrorMap((ex) -> notDone("Consul", ex))
			.thenReturn(new Done("The CA has a new root. Each service trusts it at once and gets a new certificate "
					+ "soon; a real Consul takes up to 30 seconds for that."));
	}

	@PostMapping("/uninvited-call")
	Mono<UninvitedCall.Outcome> callWithoutCertificate() {
		return this.mesh.member("storefront")
			.map(Member::address)
			.flatMap(this.uninvitedCall::to)
			.onErrorMap((ex) -> notDone("storefront", ex));
	}

	private static Throwable notDone(String who, Throwable failure) {
		return (failure instanceof ResponseStatusException) ? failure
				: new ResponseStatusException(HttpStatus.BAD_GATEWAY, who + ": " + Problem.of(failure), failure);
	}

	/**
	 * What a writing request must carry.
	 *
	 * @param header the name of the header
	 * @param token its value
	 */
	record Csrf(String header, String token) {

	}

	/**
	 * What was done.
	 *
	 * @param message the words for it
	 */
	record Done(String message) {

	}

}
