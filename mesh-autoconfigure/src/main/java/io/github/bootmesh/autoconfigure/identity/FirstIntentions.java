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
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.AuthorizerStatus;

/**
 * The intentions that a start waits for, and what is wrong when they do not come.
 */
final class FirstIntentions {

	private static final Logger logger = LoggerFactory.getLogger(FirstIntentions.class);

	private final Authorizer authorizer;

	private final Watches watches;

	private final ServiceName service;

	FirstIntentions(Authorizer authorizer, Watches watches, ServiceName service) {
		this.authorizer = authorizer;
		this.watches = watches;
		this.service = service;
	}

	CompletionStage<?> ready() {
		return this.authorizer.ready();
	}

	/**
	 * They did not come in time.
	 * @throws FailureAnalyzedException if that is to end the start
	 */
	void missing(Duration timeout, boolean failFast) {
		AuthorizerStatus status = this.authorizer.status();
		if (status.usable()) {
			return;
		}
		String what = "No intentions within " + DurationText.of(timeout) + ": " + status.problem() + watchProblem();
		if (failFast) {
			throw new FailureAnalyzedException(what, action());
		}
		logger.warn("{}. The application starts not ready, and becomes ready when the intentions come", what);
	}

	private String watchProblem() {
		return this.watches.statuses()
			.stream()
			.filter((watch) -> watch.name().equals("intentions:" + this.service))
			.map(WatchStatus::problem)
			.filter(Objects::nonNull)
			.map((problem) -> " (" + problem + ")")
			.collect(Collectors.joining());
	}

	private String action() {
		return """
				Correct what the message names. The agent has to answer \
				/v1/connect/intentions/match?by=destination&name=%1$s, and the token needs 'intentions:read' on the \
				service. A service identity of '%1$s' grants it, and so does a policy with one of

				    service "%1$s" { policy = "read" }
				    service "%1$s" { policy = "deny" intentions = "read" }

				If Consul only needs more time, raise 'bootmesh.startup-timeout'. To start without intentions, \
				deny every call, and become ready when they come, set 'bootmesh.fail-fast=false'."""
			.formatted(this.service);
	}

}
