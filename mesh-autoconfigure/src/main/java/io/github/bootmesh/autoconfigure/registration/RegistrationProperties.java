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
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

import io.github.bootmesh.registration.InstanceId;
import io.github.bootmesh.registration.RegistrationSettings;

/**
 * Settings of the registration in Consul.
 *
 * @param enabled Whether this instance is registered; by default it is when it accepts
 * mesh connections.
 * @param id ID of this instance, unique on the agent; by default one of this process,
 * made of service, port and a random text.
 * @param address Address that others dial; by default the one that the server, the public
 * listener of mode sidecar or the proxy of mode external is bound to, else the one of
 * this machine on the way to the agent.
 * @param port Port that others dial; by default that of the web server, of the public
 * listener of mode sidecar or of the proxy of mode external.
 * @param tags Tags of this instance.
 * @param meta Metadata of this instance.
 * @param weights Weights of this instance in load balancing.
 * @param check Health check of this instance.
 * @param deregisterAfter Time that an instance may stay critical until Consul removes it.
 * @param drainDelay Time between deregistration and the end of accepting connections, in
 * which callers learn to go elsewhere.
 */
@ConfigurationProperties("bootmesh.registration")
public record RegistrationProperties(@Nullable Boolean enabled, @Nullable String id, @Nullable String address,
		@Nullable Integer port, @DefaultValue List<String> tags, @DefaultValue Map<String, String> meta,
		@Nullable Weights weights, @DefaultValue Check check, @DefaultValue("10m") Duration deregisterAfter,
		@DefaultValue("2s") Duration drainDelay) {

	private static final String PREFIX = "bootmesh.registration.";

	// Consul silently raises anything shorter (agent/structs/check_definition.go).
	private static final Duration SHORTEST_DEREGISTER_AFTER = Duration.ofMinutes(1);

	public RegistrationProperties {
		id = StringUtils.hasText(id) ? id : null;
		address = StringUtils.hasText(address) ? address : null;
		tags = List.copyOf(tags);
		meta = Map.copyOf(meta);
		require(port == null || (port > 0 && port < 65536), "port", port, "It must be a port from 1 to 65535.");
		require(id == null || InstanceId.isValid(id), "id", id, "An ID has letters, digits, '-', '_' and '.' only.");
		require(address == null || !isWildcard(address), "address", address,
				"Others cannot dial it. Give the address under which they reach this instance.");
		require(deregisterAfter.compareTo(SHORTEST_DEREGISTER_AFTER) >= 0, "deregister-after", deregisterAfter,
				"Consul takes nothing shorter than one minute.");
		require(!drainDelay.isNegative(), "drain-delay", drainDelay, "It must not be negative.");
	}

	RegistrationSettings settings() {
		return new RegistrationSettings(this.check.ttl(), this.deregisterAfter,
				RegistrationSettings.DEFAULTS.firstBackoff(), RegistrationSettings.DEFAULTS.stopTimeout());
	}

	/**
	 * The same for another instance of this host.
	 * @param id its ID, or {@code null} for one of this process
	 * @param address the address that others dial, or {@code null} to find it
	 * @param tags its tags
	 * @param meta its metadata
	 */
	RegistrationProperties ofFurther(@Nullable String id, @Nullable String address, List<String> tags,
			Map<String, String> meta) {
		return new RegistrationProperties(this.enabled, id, address, null, tags, meta, null, this.check,
				this.deregisterAfter, this.drainDelay);
	}

	private static boolean isWildcard(String address) {
		return address.equals("0.0.0.0") || address.equals("::") || address.equals("[::]");
	}

	private static void require(boolean met, String name, @Nullable Object value, String reason) {
		if (!met) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + name, value, reason);
		}
	}

	/**
	 * Weights of an instance in load balancing.
	 *
	 * @param passing Weight while the check passes.
	 * @param warning Weight while the check warns.
	 */
	public record Weights(@DefaultValue("1") int passing, @DefaultValue("1") int warning) {

		public Weights {
			require(passing > 0 && passing < 65536, "weights.passing", passing, "It must be from 1 to 65535.");
			require(warning >= 0 && warning < 65536, "weights.warning", warning, "It must be from 0 to 65535.");
		}

	}

	/**
	 * Health check of an instance.
	 *
	 * @param ttl Time after which the check turns critical when the instance does not
	 * renew it.
	 * @param interval How often the readiness is looked at.
	 */
	public record Check(@DefaultValue("30s") Duration ttl, @DefaultValue("10s") Duration interval) {

		public Check {
			require(ttl.compareTo(Duration.ofSeconds(1)) >= 0, "check.ttl", ttl, "It must be one second or longer.");
			require(!interval.isNegative() && !interval.isZero() && interval.compareTo(ttl) < 0, "check.interval",
					interval, "It must be longer than zero and shorter than 'bootmesh.registration.check.ttl'.");
		}

	}

}
