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

package io.github.bootmesh.autoconfigure.listener;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.SmartLifecycle;

import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.identity.AgentDiagnosis;
import io.github.bootmesh.consul.ConsulException;

/**
 * Holds the start of the application until the identities and the first intentions of all
 * listeners are there, or its time is over: one time for all.
 */
final class FirstAnswers implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(FirstAnswers.class);

	private final MeshListeners listeners;

	private final MeshProperties properties;

	private volatile boolean running;

	FirstAnswers(MeshListeners listeners, MeshProperties properties) {
		this.listeners = listeners;
		this.properties = properties;
	}

	@Override
	public void start() {
		long end = System.nanoTime() + this.properties.startupTimeout().toNanos();
		for (MeshListener listener : this.listeners.all()) {
			if (!await(listener.identity().ready(), end)) {
				missing(listener, "mesh identity", listener.identity().status().problem());
			}
			else if (!await(listener.authorizer().ready(), end)) {
				missing(listener, "intentions", listener.authorizer().status().problem());
			}
		}
		this.running = true;
	}

	private static boolean await(CompletionStage<?> stage, long end) {
		try {
			stage.toCompletableFuture().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (TimeoutException ex) {
			return false;
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("Closed while the application waited for its listeners", ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while waiting for the listeners", ex);
		}
	}

	private void missing(MeshListener listener, String what, @Nullable String problem) {
		Duration timeout = this.properties.startupTimeout();
		ListenerDeclaration declaration = listener.declaration();
		String text = "No " + what + " of the " + declaration + " within " + DurationText.of(timeout) + ": " + problem;
		if (!this.properties.failFast()) {
			logger.warn("{}. It accepts nothing until they come; everything else goes on", text);
			return;
		}
		// What a watch retries is an error here.
		ConsulException cause = new AgentDiagnosis(listener.consul(), declaration.service()).get();
		// Not as the cause, of which it would be said how to correct the application's
		// token.
		throw new FailureAnalyzedException((cause != null) ? text + " (" + cause.getMessage() + ")" : text, """
				Correct what the message names. The token of the listener ('%1$s', else that of the application) needs \
				'service:write' on '%2$s' and its sidecar, which a service identity grants:

				    consul acl token create -service-identity=%2$s

				If Consul only needs more time, raise 'bootmesh.startup-timeout'. To start with a listener that \
				accepts nothing until it has what it needs, set 'bootmesh.fail-fast=false'."""
			.formatted(declaration.setting("token"), declaration.service()));
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

	// What is paused keeps its connections.
	@Override
	public boolean isPauseable() {
		return false;
	}

}
