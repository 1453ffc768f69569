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

package io.github.bootmesh.discovery;

import java.time.Clock;
import java.util.List;
import java.util.Set;

import reactor.core.publisher.Mono;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;

/**
 * The endpoints of every destination that was asked for, kept fresh by a watch each.
 * Thread-safe.
 */
public final class Endpoints implements AutoCloseable {

	public Endpoints(ConsulClient consul, Watches watches, DiscoverySettings settings, Clock clock) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Chooses an endpoint, at once when the destination is known, else as soon as Consul
	 * has answered.
	 * @param destination what is dialled
	 * @param tried endpoints that failed for this exchange already, not to be chosen
	 * again
	 * @return the selection; errors are NoHealthyInstanceException and
	 * DiscoveryUnavailableException
	 */
	public Mono<Selection> choose(Destination destination, Set<Endpoint> tried) {
		throw new UnsupportedOperationException("not built yet");
	}

	// What is known of each destination now, ordered by name.
	public List<DestinationStatus> statuses() {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
	}

}
