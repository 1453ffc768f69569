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

import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.web.reactive.BindingContext;
import org.springframework.web.reactive.result.method.HandlerMethodArgumentResolverSupport;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshPeer;

/**
 * Resolves arguments of the type {@link MeshPeer} in WebFlux, also as an {@link Optional}
 * or as a publisher, to the peer that the connection was verified for.
 */
final class ReactiveMeshPeerResolver extends HandlerMethodArgumentResolverSupport {

	ReactiveMeshPeerResolver(ReactiveAdapterRegistry adapters) {
		super(adapters);
	}

	@Override
	public boolean supportsParameter(MethodParameter parameter) {
		return parameter.nestedIfOptional().getNestedParameterType() == MeshPeer.class
				|| checkParameterType(parameter, MeshPeer.class::equals);
	}

	@Override
	public Mono<Object> resolveArgument(MethodParameter parameter, BindingContext bindings,
			ServerWebExchange exchange) {
		MeshPeer known = exchange.getAttribute(MeshPeer.class.getName());
		Mono<MeshPeer> peer = Mono.justOrEmpty(known);
		ReactiveAdapter adapter = adapter(parameter);
		if (adapter != null) {
			return Mono.just(adapter.fromPublisher(peer));
		}
		if (parameter.getParameterType() == Optional.class) {
			return peer.map(Optional::of).defaultIfEmpty(Optional.empty()).cast(Object.class);
		}
		return (parameter.isOptional() ? peer : peer.switchIfEmpty(Mono.error(NoMeshPeer::new))).cast(Object.class);
	}

	private @Nullable ReactiveAdapter adapter(MethodParameter parameter) {
		return getAdapterRegistry().getAdapter(parameter.getParameterType());
	}

}
