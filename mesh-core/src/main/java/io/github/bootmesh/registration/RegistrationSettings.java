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

import java.time.Duration;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * Times of a registration.
 *
 * @param ttl time without a word after which Consul takes the instance for dead; it is
 * renewed three times as often
 * @param deregisterAfter time in critical until Consul removes the instance
 * @param firstBackoff longest pause after a first failure; it doubles with each further
 * @param stopTimeout longest time that deregistering may take
 */
@Internal
public record RegistrationSettings(Duration ttl, Duration deregisterAfter, Duration firstBackoff,
		Duration stopTimeout) {

	/**
	 * A process that dies without a word gets no traffic after 30 s, and two renewals in
	 * a row may fail before one that lives is taken for dead. Ten minutes outlast the
	 * restart of an agent or a machine; Consul itself takes no less than one. Five
	 * seconds are a small part of what Boot grants a shutdown phase (30 s).
	 */
	public static final RegistrationSettings DEFAULTS = new RegistrationSettings(Duration.ofSeconds(30),
			Duration.ofMinutes(10), Duration.ofMillis(250), Duration.ofSeconds(5));

	/**
	 * The TTL check of an instance.
	 * @param id the instance's ID
	 * @return the check
	 */
	public ServiceDefinition.TtlCheck check(String id) {
		return new ServiceDefinition.TtlCheck("service:" + id, "Readiness of the application", this.ttl,
				this.deregisterAfter);
	}

}
