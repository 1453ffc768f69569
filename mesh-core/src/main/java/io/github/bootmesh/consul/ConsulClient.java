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

package io.github.bootmesh.consul;

import java.util.List;

import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;

/**
 * The Consul HTTP API, as far as a mesh member needs it. Thread-safe; nothing is sent
 * before subscription; every error is a {@link ConsulException}.
 */
@Internal
public final class ConsulClient implements AutoCloseable {

	public ConsulClient(ConsulConnection connection, LoopResources loops) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<ConsulAnswer<CaRoots>> caRoots(ConsulQuery query) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<ConsulAnswer<Leaf>> leaf(String service, ConsulQuery query) {
		throw new UnsupportedOperationException("not built yet");
	}

	// Instances of a service that speak mTLS, all statuses, at /v1/health/connect.
	public Mono<ConsulAnswer<List<ServiceEntry>>> connectInstances(Destination service, ConsulQuery query) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<ConsulAnswer<QueryResult>> executeQuery(Destination preparedQuery, ConsulQuery query) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<ConsulAnswer<AgentService>> agentService(String id, ConsulQuery query) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Status of the instance's checks as the agent aggregates them
	 * (/v1/agent/health/service/id/:id).
	 */
	public Mono<CheckStatus> agentHealth(String id) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<Void> register(ServiceDefinition definition) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<Void> deregister(String id) {
		throw new UnsupportedOperationException("not built yet");
	}

	public Mono<Void> updateCheck(String checkId, CheckStatus status, String output) {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
	}

}
