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

package io.github.bootmesh.autoconfigure.sidecar;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.relay.PublicListener;

/**
 * Waits, once the web server has stopped, for the connections of the mesh to end, and
 * resets those that do not.
 */
final class PublicListenerDrain implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(PublicListenerDrain.class);

	private final Supplier<@Nullable PublicListener> opened;

	private final Duration timeout;

	private volatile boolean running;

	PublicListenerDrain(Supplier<@Nullable PublicListener> opened, Duration timeout) {
		this.opened = opened;
		this.timeout = timeout;
	}

	@Override
	public void start() {
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		PublicListener listener = this.opened.get();
		if (listener == null) {
			return;
		}
		try {
			listener.drained().toCompletableFuture().get(this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			logger.warn("{} mesh connections of '{}' are still open after {} and are reset",
					listener.status().connections(), listener.service(), DurationText.of(this.timeout));
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("The connections of the mesh cannot be awaited", ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		listener.close();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MeshPhases.PUBLIC_LISTENER_DRAIN;
	}

	// What is paused goes on.
	@Override
	public boolean isPauseable() {
		return false;
	}

}
