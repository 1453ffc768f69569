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

package io.github.bootmesh.autoconfigure.identity;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.SmartLifecycle;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.identity.IdentityStatus;
import io.github.bootmesh.identity.MeshIdentity;

/**
 * Holds the start of the application until the identity and, where calls are taken, the
 * first intentions are there, or its time is over. It only waits: fetching has begun when
 * the beans were initialised and goes on whatever happens here.
 */
final class MeshIdentityLifecycle implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(MeshIdentityLifecycle.class);

	private final MeshIdentity identity;

	private final boolean required;

	private final MeshProperties properties;

	private final Supplier<@Nullable ConsulException> diagnosis;

	private final @Nullable FirstIntentions intentions;

	private volatile boolean running;

	MeshIdentityLifecycle(MeshIdentity identity, boolean required, MeshProperties properties,
			Supplier<@Nullable ConsulException> diagnosis, @Nullable FirstIntentions intentions) {
		this.identity = identity;
		this.required = required;
		this.properties = properties;
		this.diagnosis = diagnosis;
		this.intentions = intentions;
	}

	@Override
	public void start() {
		if (this.required) {
			awaitAll();
		}
		this.running = true;
	}

	private void awaitAll() {
		Duration timeout = this.properties.startupTimeout();
		long end = System.nanoTime() + timeout.toNanos();
		if (!await(this.identity.ready(), end, "mesh identity")) {
			noIdentity(timeout);
		}
		// Without an identity there are no intentions either, and it was said why.
		if (this.intentions != null && this.identity.status().usable()
				&& !await(this.intentions.ready(), end, "intentions")) {
			this.intentions.missing(timeout, this.properties.failFast());
		}
	}

	private static boolean await(CompletionStage<?> stage, long end, String what) {
		try {
			stage.toCompletableFuture().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (TimeoutException ex) {
			return false;
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("Closed while the application waited for the " + what, ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while waiting for the " + what, ex);
		}
	}

	private void noIdentity(Duration timeout) {
		IdentityStatus status = this.identity.status();
		if (status.usable()) {
			return;
		}
		String what = "No mesh identity within " + DurationText.of(timeout) + ": " + status.problem();
		if (!this.properties.failFast()) {
			logger.warn("{}. The application starts not ready, and becomes ready when the identity comes", what);
			return;
		}
		ConsulException cause = this.diagnosis.get();
		if (cause != null) {
			throw new MeshIdentityUnavailableException(what, cause);
		}
		throw new FailureAnalyzedException(what,
				"Correct what the message names. If Consul only needs more time, raise 'bootmesh.startup-timeout'. "
						+ "To start without an identity and become ready when it comes, set 'bootmesh.fail-fast=false'.");
	}

	@Override
	public void stop() {
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MeshPhases.IDENTITY;
	}

	// A paused application keeps its connections, so it keeps its identity too.
	@Override
	public boolean isPauseable() {
		return false;
	}

}
