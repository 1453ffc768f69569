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

package io.github.bootmesh.intention;

import java.time.Clock;

import reactor.core.Disposable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;

/**
 * Decides by the current set of intentions, from memory. Until the first set has arrived,
 * everything is denied. Thread-safe.
 */
@Internal
public final class Authorizer implements AutoCloseable {

	/**
	 * An authorizer that asks from {@link #start()} on.
	 * @param source where the intentions come from
	 * @param settings how old they may be
	 * @param clock the clock that tells how old they are
	 */
	public Authorizer(IntentionSource source, AuthorizerSettings settings, Clock clock) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Starts asking and returns at once. A second call does nothing.
	 */
	public void start() {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Decides on a connection whose requests are decided on too (L4).
	 * @param source who dialled
	 * @return the decision; a source that has permissions may connect
	 */
	public Decision connection(SpiffeId source) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Decides on a request (L4 and L7).
	 * @param source who asks
	 * @param request what it asks for
	 * @return the decision
	 */
	public Decision request(SpiffeId source, RequestFacts request) {
		throw new UnsupportedOperationException("not built yet");
	}

	/**
	 * Calls the listener after each change of what is decided. A listener does not block.
	 * @param listener the listener
	 * @return ends the calls
	 */
	public Disposable onChange(Runnable listener) {
		throw new UnsupportedOperationException("not built yet");
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException("not built yet");
	}

}
