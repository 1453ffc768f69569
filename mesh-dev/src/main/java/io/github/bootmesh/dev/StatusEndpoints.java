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

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import reactor.core.publisher.Mono;

/**
 * What the agent says of itself.
 */
final class StatusEndpoints {

	private static final String LEADER = "127.0.0.1:8300";

	private final DevConsulSettings settings;

	private final String nodeId;

	private final Supplier<DefaultPolicy> defaultPolicy;

	StatusEndpoints(DevConsulSettings settings, String nodeId, Supplier<DefaultPolicy> defaultPolicy) {
		this.settings = settings;
		this.nodeId = nodeId;
		this.defaultPolicy = defaultPolicy;
	}

	void register(Router router) {
		router.on("GET", "/v1/status/leader", (request) -> Mono.just(Answer.json(LEADER)))
			.on("GET", "/v1/status/peers", (request) -> Mono.just(Answer.json(List.of(LEADER))))
			.on("GET", "/v1/agent/self", (request) -> Mono.just(Answer.json(self())));
	}

	private Map<String, Object> self() {
		DefaultPolicy policy = this.defaultPolicy.get();
		return Map.of("Config",
				Map.of("Datacenter", this.settings.datacenter(), "NodeName", DevConsul.NODE, "NodeID", this.nodeId,
						"Revision", "", "Server", true, "Version", this.settings.version().text()),
				"DebugConfig",
				Map.of("ACLDefaultPolicy", policy.toString(), "ACLsEnabled", policy == DefaultPolicy.DENY));
	}

}
