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

package io.github.bootmesh.identity;

import java.time.Clock;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import reactor.core.Disposable;

import io.github.bootmesh.MeshIdentityUnavailableException;

/**
 * The identity of this service while it runs: judges what the source delivers, holds the
 * current generation and tells listeners of each new one. Thread-safe.
 */
public final class MeshIdentity implements AutoCloseable {

	public MeshIdentity(IdentitySource source, IdentityExpectation expectation, Clock clock) {
		throw new UnsupportedOperationException("not built yet");
	}

	// Starts fetching, on the source's own threads; returns at once. Idempotent.
	public void start() {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * The current generation.
	 * @return the generation, valid now
	 * @throws MeshIdentityUnavailableException if there is none or it has expired
	 */
	public IdentityGeneration current() {
		throw new UnsupportedOperationException("not built yet");
	}

	// Completes with the first usable generation.
	public CompletionStage<IdentityGeneration> ready() {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Calls the listener with the current generation, if there is one, and with each
	 * later one, one after the other.
	 */
	public Disposable onGeneration(Consumer<IdentityGeneration> listener) {
		throw new UnsupportedOperationException("not built yet");
	}

	// Calls the listener when usability changes (first identity, expiry, recovery).
	public Disposable onUsable(Consumer<Boolean> listener) {
		throw new UnsupportedOperationException("not built yet");
	}

	public IdentityStatus status() {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
	}

}
