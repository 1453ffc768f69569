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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * How a read is to be answered: at once, from the agent's cache, or when something has
 * changed after an index or a content hash.
 *
 * @param index the index to block on, 0 to answer at once
 * @param hash the content hash to block on, or {@code null}
 * @param waitTime how long Consul may hold the answer, zero when it does not block
 * @param cached whether the agent may answer from its cache ({@code ?cached})
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul
 * blocking queries</a>
 */
@Internal
public record ConsulQuery(long index, @Nullable String hash, Duration waitTime, boolean cached) {

	/**
	 * Answered at once.
	 */
	public static final ConsulQuery NOW = new ConsulQuery(0, null, Duration.ZERO, false);

	/**
	 * Answered at once, from the agent's cache if it has the answer.
	 */
	public static final ConsulQuery CACHED = new ConsulQuery(0, null, Duration.ZERO, true);

	/**
	 * Answered when the index has moved on, or after the wait.
	 * @param index the last index seen, at least 1
	 * @param wait how long Consul may hold the answer
	 * @return the query
	 */
	public static ConsulQuery after(long index, Duration wait) {
		return new ConsulQuery(index, null, wait, false);
	}

	/**
	 * Answered when the content has another hash, or after the wait.
	 * @param hash the last hash seen
	 * @param wait how long Consul may hold the answer
	 * @return the query
	 */
	public static ConsulQuery afterHash(String hash, Duration wait) {
		return new ConsulQuery(0, hash, wait, false);
	}

	/**
	 * Whether Consul holds the answer back.
	 * @return {@code true} for a blocking query
	 */
	public boolean blocks() {
		return !this.waitTime.isZero();
	}

}
