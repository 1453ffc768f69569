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

package io.github.bootmesh.dev;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * How a development Consul is set up.
 *
 * @param port the port on loopback, 0 for a free one
 * @param datacenter the datacenter
 * @param trustDomain the trust domain, {@code <uuid>.consul}, or {@code null} for a new
 * one
 * @param leafTtl how long leaf certificates are valid
 * @param leafRenewalDelay the longest time from a rotation of the root to the renewal of
 * a leaf
 * @param leastDeregistration the shortest time in critical after which an instance is
 * deregistered, whatever it asks for
 * @param version the version whose behaviour it has
 * @param defaultIntentionPolicy what holds where no intention decides
 */
public record DevConsulSettings(int port, String datacenter, @Nullable String trustDomain, Duration leafTtl,
		Duration leafRenewalDelay, Duration leastDeregistration, ConsulVersion version,
		DefaultPolicy defaultIntentionPolicy) {

	/**
	 * A free port, and what Consul has, but for the renewal of leaves: half a second
	 * instead of its 30, since nobody wants to wait at a desk.
	 */
	public static final DevConsulSettings DEFAULTS = new DevConsulSettings(0, "dc1", null, Duration.ofDays(3),
			Duration.ofMillis(500), Duration.ofMinutes(1), ConsulVersion.V1_13, DefaultPolicy.ALLOW);

	/**
	 * The same on another port.
	 * @param value the port, 0 for a free one
	 * @return the settings
	 */
	public DevConsulSettings withPort(int value) {
		return new DevConsulSettings(value, this.datacenter, this.trustDomain, this.leafTtl, this.leafRenewalDelay,
				this.leastDeregistration, this.version, this.defaultIntentionPolicy);
	}

	/**
	 * The same in another datacenter.
	 * @param value the datacenter
	 * @return the settings
	 */
	public DevConsulSettings withDatacenter(String value) {
		return new DevConsulSettings(this.port, value, this.trustDomain, this.leafTtl, this.leafRenewalDelay,
				this.leastDeregistration, this.version, this.defaultIntentionPolicy);
	}

	/**
	 * The same with another trust domain.
	 * @param value the trust domain, {@code <uuid>.consul}
	 * @return the settings
	 */
	public DevConsulSettings withTrustDomain(String value) {
		return new DevConsulSettings(this.port, this.datacenter, value, this.leafTtl, this.leafRenewalDelay,
				this.leastDeregistration, this.version, this.defaultIntentionPolicy);
	}

	/**
	 * The same with another lifetime of leaves.
	 * @param value the lifetime, which may be seconds
	 * @return the settings
	 */
	public DevConsulSettings withLeafTtl(Duration value) {
		return new DevConsulSettings(this.port, this.datacenter, this.trustDomain, value, this.leafRenewalDelay,
				this.leastDeregistration, this.version, this.defaultIntentionPolicy);
	}

	/**
	 * The same with another delay of renewals after a rotation of the root.
	 * @param value the longest delay, zero for at once
	 * @return the settings
	 */
	public DevConsulSettings withLeafRenewalDelay(Duration value) {
		return new DevConsulSettings(this.port, this.datacenter, this.trustDomain, this.leafTtl, value,
				this.leastDeregistration, this.version, this.defaultIntentionPolicy);
	}

	/**
	 * The same with another shortest time until an instance is deregistered.
	 * @param value the time in critical
	 * @return the settings
	 */
	public DevConsulSettings withLeastDeregistration(Duration value) {
		return new DevConsulSettings(this.port, this.datacenter, this.trustDomain, this.leafTtl, this.leafRenewalDelay,
				value, this.version, this.defaultIntentionPolicy);
	}

	/**
	 * The same with the behaviour of another version.
	 * @param value the version
	 * @return the settings
	 */
	public DevConsulSettings withVersion(ConsulVersion value) {
		return new DevConsulSettings(this.port, this.datacenter, this.trustDomain, this.leafTtl, this.leafRenewalDelay,
				this.leastDeregistration, value, this.defaultIntentionPolicy);
	}

	/**
	 * The same with another default policy.
	 * @param value what holds where no intention decides
	 * @return the settings
	 */
	public DevConsulSettings withDefaultIntentionPolicy(DefaultPolicy value) {
		return new DevConsulSettings(this.port, this.datacenter, this.trustDomain, this.leafTtl, this.leafRenewalDelay,
				this.leastDeregistration, this.version, value);
	}

}
