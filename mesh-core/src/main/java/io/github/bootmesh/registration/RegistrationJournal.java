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
import java.time.Instant;
import java.util.Locale;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.consul.CheckStatus;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * What is known of a registration and what people are told of it: one log line for each
 * change. Written by one thread at a time, read by any.
 */
final class RegistrationJournal {

	private static final Logger logger = LoggerFactory.getLogger(Registrar.class);

	private final ServiceDefinition definition;

	private final Clock clock;

	private volatile RegistrationStatus status;

	private @Nullable Class<?> problem;

	RegistrationJournal(ServiceDefinition definition, Clock clock) {
		this.definition = definition;
		this.clock = clock;
		this.status = status(false, null, null, null);
	}

	RegistrationStatus status() {
		return this.status;
	}

	boolean hasSucceeded() {
		return this.status.lastSuccess() != null;
	}

	void registering() {
		RegistrationStatus before = this.status;
		if (before.registered()) {
			logger.warn("Consul has lost the registration of {}, registering it again", this.definition.id());
			this.status = status(false, before.check(), before.lastSuccess(), null);
		}
	}

	void succeeded(CheckStatus check) {
		RegistrationStatus before = this.status;
		this.problem = null;
		if (before.problem() != null) {
			logger.info("Consul takes the registration of {} again", this.definition.id());
		}
		if (!before.registered()) {
			logger.info("Registered {} of service {} at {}:{}", this.definition.id(), this.definition.name(),
					this.definition.address(), this.definition.meshPort());
		}
		if (before.check() != check) {
			logger.info("The check of {} is {}", this.definition.id(), check.name().toLowerCase(Locale.ROOT));
		}
		this.status = status(true, check, this.clock.instant(), null);
	}

	void failed(Throwable ex) {
		String text = failure(ex);
		if (this.problem != ex.getClass()) {
			logger.warn("Consul does not take the registration of {}, trying on: {}", this.definition.id(), text);
		}
		this.problem = ex.getClass();
	}

	/**
	 * As {@link #failed}, where the exception itself is what people are told.
	 */
	void gaveUp(Throwable ex) {
		failure(ex);
	}

	private String failure(Throwable ex) {
		RegistrationStatus before = this.status;
		String text = (ex.getMessage() != null) ? ex.getMessage() : ex.getClass().getName();
		boolean held = before.registered() && !(ex instanceof RegistrationConflictException);
		this.status = status(held, before.check(), before.lastSuccess(), text);
		return text;
	}

	void removed() {
		this.status = status(false, this.status.check(), this.status.lastSuccess(), null);
	}

	void notRemoved() {
		logger.warn("Could not deregister {}, it is left to its TTL", this.definition.id());
	}

	private RegistrationStatus status(boolean registered, @Nullable CheckStatus check, @Nullable Instant lastSuccess,
			@Nullable String failure) {
		return new RegistrationStatus(this.definition.id(), this.definition.name(), this.definition.address(),
				this.definition.meshPort(), registered, check, lastSuccess, failure);
	}

}
