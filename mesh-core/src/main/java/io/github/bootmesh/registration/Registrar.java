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

package io.github.bootmesh.registration;

import java.time.Clock;

import reactor.core.publisher.Mono;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * Keeps this instance registered and its TTL check true to its readiness, on one ordered
 * lane. Thread-safe.
 */
@Internal
public final class Registrar implements AutoCloseable {

	public Registrar(ConsulClient consul, ServiceDefinition definition, Clock clock) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Registers, critical at first, and keeps the registration from then on. Completes
	 * when Consul has it; fails with {@link RegistrationConflictException} when the ID is
	 * held by another address.
	 */
	public Mono<Void> start() {
		throw new UnsupportedOperationException("not built yet");
	}

	// Sets what the check follows. The output holds no secret.
	public void readiness(boolean ready, String output) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Deregisters and stops; nothing is sent afterwards. Bounded in time; never fails.
	 */
	public Mono<Void> stop() {
		throw new UnsupportedOperationException("not built yet");
	}

	public RegistrationStatus status() {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
	}

}
