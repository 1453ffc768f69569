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
 * @param ttl time without a word after which Consul takes the instance for dead
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

	// Callers go on for 15 s with instances that Consul suddenly does not list
	// (DiscoverySettings). One that an agent has forgotten must be back by then.
	private static final Duration LONGEST_RENEWAL = Duration.ofSeconds(10);

	/**
	 * How soon after a round that went well the next one follows: three times in a TTL,
	 * and soon enough to notice a lost registration before callers do.
	 * @param ttl the check's TTL
	 * @return the time between two rounds
	 */
	static Duration renewal(Duration ttl) {
		Duration third = ttl.dividedBy(3);
		return (third.compareTo(LONGEST_RENEWAL) < 0) ? third : LONGEST_RENEWAL;
	}

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
