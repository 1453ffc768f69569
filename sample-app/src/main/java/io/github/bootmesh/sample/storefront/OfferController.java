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

package io.github.bootmesh.sample.storefront;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.sample.member.Hop;
import io.github.bootmesh.sample.member.Self;

/**
 * Makes an offer from what the inventory says.
 */
@RestController
final class OfferController {

	private final Self self;

	private final WebClient client;

	OfferController(Self self, WebClient.Builder client) {
		this.self = self;
		this.client = client.build();
	}

	@GetMapping("/offer")
	Mono<Hop> offer(@RequestAttribute("io.github.bootmesh.MeshPeer") MeshPeer caller) {
		Hop here = this.self.hop(caller, "A lamp for 49.00");
		return this.client.get()
			.uri("http://inventory.service.consul/stock")
			.retrieve()
			.bodyToMono(Hop.class)
			.map(here::calling)
			.onErrorResume((ex) -> Mono.just(here.failing(ex)));
	}

}
