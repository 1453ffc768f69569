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

package io.github.bootmesh.dev;

import java.util.LinkedHashMap;
import java.util.Map;

import reactor.core.publisher.Mono;

/**
 * The discovery chain of a service: the default one, as a development Consul has no
 * config entry that makes another.
 */
final class DiscoveryChainEndpoint {

	private final Store store;

	private final String datacenter;

	private final boolean partitions;

	DiscoveryChainEndpoint(Store store, DevConsulSettings settings) {
		this.store = store;
		this.datacenter = settings.datacenter();
		this.partitions = settings.version() != ConsulVersion.V1_8;
	}

	void register(Router router) {
		router.on("GET", "/v1/discovery-chain/", this::chain);
	}

	private Mono<Answer> chain(Request request) {
		String service = request.name();
		if (service.isEmpty()) {
			throw RefusedException.badRequest("Missing chain name");
		}
		Answer answer = Answer.json(Map.of("Chain", chain(service)));
		return Mono
			.just((this.partitions ? answer.blockingQuery(1) : answer.index(1).fromServer(true)).consistency(request));
	}

	private Map<String, Object> chain(String service) {
		String target = service + (this.partitions ? ".default.default." : ".default.") + this.datacenter;
		String resolver = "resolver:" + target;
		Map<String, Object> chain = placed(new LinkedHashMap<>(Map.of("ServiceName", service)));
		if (this.partitions) {
			chain.put("Default", true);
		}
		chain.put("Protocol", "tcp");
		chain.put("StartNode", resolver);
		chain.put("Nodes", Map.of(resolver, Map.of("Type", "resolver", "Name", target, "Resolver",
				Map.of("ConnectTimeout", "5s", "Default", true, "Target", target))));
		chain.put("Targets", Map.of(target, target(service, target)));
		return chain;
	}

	private Map<String, Object> target(String service, String id) {
		String name = service + ".default." + this.datacenter + ".internal."
				+ this.store.current().authority().trustDomain();
		Map<String, Object> target = new LinkedHashMap<>();
		if (this.partitions) {
			target.put("ConnectTimeout", "5s");
		}
		target.put("ID", id);
		target.put("Service", service);
		placed(target);
		target.put("MeshGateway", Map.of());
		target.put("Subset", Map.of());
		target.put("SNI", name);
		target.put("Name", name);
		return target;
	}

	private Map<String, Object> placed(Map<String, Object> what) {
		what.put("Namespace", "default");
		if (this.partitions) {
			what.put("Partition", "default");
		}
		what.put("Datacenter", this.datacenter);
		return what;
	}

}
