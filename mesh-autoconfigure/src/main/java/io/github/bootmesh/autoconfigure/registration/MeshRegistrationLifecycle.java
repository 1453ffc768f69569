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

package io.github.bootmesh.autoconfigure.registration;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.MeshPhases;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.registration.Registrar;
import io.github.bootmesh.registration.RegistrationStatus;

/**
 * Registers this instance once its port is known, lets its check follow the readiness,
 * and takes it out of Consul before the web server stops.
 */
@Internal
public final class MeshRegistrationLifecycle
		implements SmartLifecycle, ApplicationListener<AvailabilityChangeEvent<?>>, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(MeshRegistrationLifecycle.class);

	private final Supplier<@Nullable ServiceDefinition> definition;

	private final Function<ServiceDefinition, Registrar> registrars;

	private final ReadinessFeed readiness;

	private final MeshIdentity identity;

	private final MeshProperties mesh;

	private final Duration drainDelay;

	private volatile @Nullable Registrar registrar;

	private volatile Disposable feeding = Disposables.disposed();

	private volatile boolean running;

	private volatile boolean stopped;

	MeshRegistrationLifecycle(Supplier<@Nullable ServiceDefinition> definition,
			Function<ServiceDefinition, Registrar> registrars, ReadinessFeed readiness, MeshIdentity identity,
			MeshProperties mesh, Duration drainDelay) {
		this.definition = definition;
		this.registrars = registrars;
		this.readiness = readiness;
		this.identity = identity;
		this.mesh = mesh;
		this.drainDelay = drainDelay;
	}

	/**
	 * What is known of the registration.
	 * @return the status, or {@code null} when there is nothing to register
	 */
	public @Nullable RegistrationStatus status() {
		Registrar current = this.registrar;
		return (current != null) ? current.status() : null;
	}

	/**
	 * Registers now, critical, for somebody who needs the registration before this
	 * instance is made. It becomes ready when this lifecycle starts.
	 */
	public void registerAhead() {
		register(true);
	}

	@Override
	public void start() {
		// It may have been registered ahead, or stopped and started again.
		if (this.registrar == null || this.stopped) {
			this.stopped = false;
			// Where Consul was not there for the identity it is not waited for twice.
			register(this.identity.status().usable());
		}
		Registrar current = this.registrar;
		if (current != null) {
			Disposable usability = this.identity.onUsable((usable) -> this.readiness.changed());
			this.feeding = Disposables.composite(usability,
					this.readiness.start((report) -> current.readiness(report.ready(), report.reason())));
		}
		this.running = true;
	}

	private void register(boolean awaited) {
		ServiceDefinition wanted = this.definition.get();
		if (wanted == null) {
			return;
		}
		Registrar started = this.registrars.apply(wanted);
		this.registrar = started;
		CompletableFuture<Void> registered = started.start().toFuture();
		try {
			if (awaited) {
				await(registered, started);
			}
			else {
				registered.whenComplete((done, ex) -> logFailure(wanted, ex));
			}
		}
		catch (RuntimeException ex) {
			started.close();
			throw ex;
		}
	}

	private void await(CompletableFuture<Void> registered, Registrar started) {
		try {
			registered.get(this.mesh.startupTimeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			notInTime(started.status());
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new CompletionException(ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while registering in Consul", ex);
		}
	}

	private void notInTime(RegistrationStatus status) {
		String what = "Not registered in Consul as '" + status.id() + "' within "
				+ DurationText.of(this.mesh.startupTimeout())
				+ ((status.problem() != null) ? ": " + status.problem() : "");
		if (!this.mesh.failFast()) {
			logger.warn("{}. It is tried again and again", what);
			return;
		}
		throw new FailureAnalyzedException(what,
				"Check the agent, and that the token has 'service:write' on '" + status.service()
						+ "' (and, behind a public listener or a proxy, on '" + status.service()
						+ "-sidecar-proxy'). If Consul only needs more time, raise 'bootmesh.startup-timeout', "
						+ "or set 'bootmesh.fail-fast=false' to start unregistered.");
	}

	private static void logFailure(ServiceDefinition wanted, @Nullable Throwable ex) {
		if (ex != null) {
			logger.error("'{}' of service '{}' is not registered in Consul: {}", wanted.id(), wanted.name(),
					ex.getMessage());
		}
	}

	@Override
	public void onApplicationEvent(AvailabilityChangeEvent<?> event) {
		this.readiness.changed();
	}

	@Override
	public void stop(Runnable callback) {
		this.running = false;
		this.stopped = true;
		this.feeding.dispose();
		Registrar stopping = this.registrar;
		if (stopping == null) {
			callback.run();
			return;
		}
		boolean known = stopping.status().registered();
		stopping.stop().then(known ? Mono.delay(this.drainDelay) : Mono.empty()).doFinally((signal) -> {
			stopping.close();
			callback.run();
		}).subscribe();
	}

	@Override
	public void stop() {
		stop(() -> {
		});
	}

	/**
	 * Deregisters what a start has registered that failed; nothing is stopped then.
	 */
	@Override
	public void destroy() {
		Registrar current = this.registrar;
		if (current != null && !this.stopped) {
			this.feeding.dispose();
			current.stop().block();
			current.close();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MeshPhases.REGISTRATION;
	}

	// A paused application still answers, so it stays registered.
	@Override
	public boolean isPauseable() {
		return false;
	}

}
