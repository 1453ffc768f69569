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

package io.github.bootmesh.autoconfigure.consul;

import java.time.Duration;

import reactor.netty.resources.LoopResources;

/**
 * The event loops on which Consul is spoken to: the application's own are not there yet
 * when singletons are made, and may be busy when a watch has news.
 */
final class MeshEventLoops implements AutoCloseable {

	// One could do; the second answers a TTL check while the first reads a large answer.
	private static final int THREADS = 2;

	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

	private final LoopResources loops = LoopResources.create("bootmesh", THREADS, true);

	LoopResources loops() {
		return this.loops;
	}

	// Waits, so that no thread outlives the application context.
	@Override
	public void close() {
		this.loops.disposeLater(Duration.ZERO, CLOSE_TIMEOUT).block(CLOSE_TIMEOUT);
	}

}
