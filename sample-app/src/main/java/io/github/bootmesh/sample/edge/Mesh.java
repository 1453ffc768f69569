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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import io.github.bootmesh.sample.edge.MeshView.Call;
import io.github.bootmesh.sample.edge.MeshView.Ledger;
import io.github.bootmesh.sample.edge.MeshView.Service;
import io.github.bootmesh.sample.member.Bookkeeping;
import io.github.bootmesh.sample.member.Hop;
import io.github.bootmesh.sample.member.Listener;
import io.github.bootmesh.sample.member.Member;
import io.github.bootmesh.sample.member.Problem;
import io.github.bootmesh.sample.member.Self;
import io.github.bootmesh.sample.member.StreamState;

/**
 * The mesh as the edge sees it: by calling into it. A service that is not there yet, or
 * no longer, is a part of the picture and no error.
 */
@Component
final class Mesh {

	// People wait for the page; a service that hangs must not hold it up.
	private static final Duration PATIENCE = Duration.ofSeconds(3);

	private static final List<String> OTHERS = List.of("storefront", "inventory", "ledger");

	private final Self self;

	private final Explanations explanations;

	private final EdgeProperties.Ledger ledger;

	private final WebClient client;

	Mesh(Self self, Explanations explanations, EdgeProperties properties, WebClient.Builder client) {
		this.self = self;
		this.explanations = explanations;
		this.ledger = properties.ledger();
		this.client = client.build();
	}

	/**
	 * Each service with what it tells about itself.
	 * @param address the address that the edge was asked on
	 * @return the services, the edge first
	 */
	Mono<List<Service>> services(InetSocketAddress address) {
		Service edge = new Service("edge", this.self.describe(address), null);
		return Flux.fromIterable(OTHERS).flatMapSequential(this::service).startWith(edge).collectList();
	}

	private Mono<Service> service(String name) {
		return member(name).map((member) -> new Service(name, member, null))
			.onErrorResume((ex) -> Mono.just(new Service(name, null, Problem.of(ex))));
	}

	/**
	 * What a service tells about itself.
	 * @param name the service
	 * @return its description, or the error why there is none
	 */
	Mono<Member> member(String name) {
		return this.client.get()
			.uri((name.equals("ledger") ? this.ledger.management() : "mesh://" + name) + "/member")
			.retrieve()
			.bodyToMono(Member.class)
			.timeout(PATIENCE)
			.doOnNext(this.explanations::remember);
	}

	/**
	 * Sends a call through all services.
	 * @return the way it took
	 */
	Mono<Call> call() {
		Hop here = this.self.hop(null, "For a person with a browser");
		return this.client.get()
			.uri("mesh://storefront/offer")
			.retrieve()
			.bodyToMono(Hop.class)
			.timeout(PATIENCE)
			.map(here::calling)
			.onErrorResume((ex) -> Mono.just(here.failing(ex)))
			.elapsed()
			.map((timed) -> new Call(timed.getT1(), complete(timed.getT2()), timed.getT2()));
	}

	/**
	 * How the stream does that the inventory sends to the storefront.
	 * @return what the storefront says of it
	 */
	Mono<StreamState> stream() {
		return this.client.get()
			.uri("mesh://storefront/stream")
			.retrieve()
			.bodyToMono(StreamState.class)
			.timeout(PATIENCE)
			.onErrorResume((ex) -> Mono.just(new StreamState(false, null, Problem.of(ex))));
	}

	/**
	 * How the storefront gets on with the ledger, and both ends of the way between them.
	 * @return what each of the two says of it
	 */
	Mono<Ledger> ledger() {
		Mono<Bookkeeping> storefront = this.client.get()
			.uri("mesh://storefront/bookkeeping")
			.retrieve()
			.bodyToMono(Bookkeeping.class)
			.timeout(PATIENCE)
			.onErrorResume((ex) -> Mono.just(new Bookkeeping(false, null, 0, Problem.of(ex), null)));
		return storefront.zipWith(publicListener())
			.map((both) -> new Ledger(both.getT1(), both.getT2().orElse(null), "127.0.0.1:" + this.ledger.port()));
	}

	// That the ledger does not answer stands in the list of services.
	private Mono<Optional<Listener>> publicListener() {
		return this.client.get()
			.uri(this.ledger.management() + "/actuator/mesh")
			.retrieve()
			.bodyToMono(LedgerMesh.class)
			.timeout(PATIENCE)
			.map((mesh) -> Optional.ofNullable(mesh.publicListener()))
			.onErrorReturn(Optional.empty());
	}

	private static boolean complete(Hop hop) {
		return (hop.next() != null) ? complete(hop.next()) : hop.problem() == null;
	}

	private record LedgerMesh(@Nullable Listener publicListener) {

	}

}
