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

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

import io.github.bootmesh.SpiffeId;

/**
 * A destination that somebody follows, whether it is used or not: its first use finds it
 * known. Thread-safe.
 */
public final class FollowedDestination implements Disposable {

	private final WatchedDestination watched;

	private final Disposable follower;

	FollowedDestination(WatchedDestination watched, Disposable follower) {
		this.watched = watched;
		this.follower = follower;
	}

	/**
	 * Whether the destination still stands for whom it stood for when this identity was
	 * verified. It does as long as Consul has not said otherwise: no instance, no query
	 * or no answer says nothing of who it is. Only the service is compared: a prepared
	 * query may fail over to another datacenter, and an answer without instances tells
	 * neither namespace nor partition.
	 * @param shown the verified identity of an instance that was chosen
	 * @return {@code false} if no instance may show it any more
	 */
	public boolean standsFor(SpiffeId shown) {
		String service = this.watched.service();
		return service == null || service.equalsIgnoreCase(shown.service());
	}

	/**
	 * The service that the destination stands for.
	 * @return its name as Consul was asked for it, or {@code null} before the first
	 * answer
	 */
	public @Nullable String service() {
		return this.watched.service();
	}

	/**
	 * Follows it no more. Unless others do, it is forgotten like any other that is not
	 * used.
	 */
	@Override
	public void dispose() {
		this.follower.dispose();
	}

	@Override
	public boolean isDisposed() {
		return this.follower.isDisposed();
	}

}
