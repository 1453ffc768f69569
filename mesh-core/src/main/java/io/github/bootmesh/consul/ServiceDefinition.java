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

package io.github.bootmesh.consul;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * A mesh-native service as it is registered ({@code /v1/agent/service/register}). Only
 * fields that every supported Consul knows; old agents refuse unknown ones.
 *
 * @param id the ID, unique on the agent
 * @param name the service
 * @param address where mesh clients dial it
 * @param port the port that they dial
 * @param tags the tags
 * @param meta the metadata
 * @param weights the weights, or {@code null} for Consul's own
 * @param connectNative whether the instance itself speaks mTLS
 * @param check the TTL check
 */
@Internal
public record ServiceDefinition(String id, String name, String address, int port, List<String> tags,
		Map<String, String> meta, ServiceEntry.@Nullable Weights weights, boolean connectNative, TtlCheck check) {

	/**
	 * What is sent: nothing that is not set, since agents refuse fields that they do not
	 * know, even null ones.
	 * @param status the status that the check begins with
	 * @return the JSON object
	 */
	Map<String, Object> wire(CheckStatus status) {
		Map<String, Object> wire = new LinkedHashMap<>();
		wire.put("ID", this.id);
		wire.put("Name", this.name);
		wire.put("Address", this.address);
		wire.put("Port", this.port);
		if (!this.tags.isEmpty()) {
			wire.put("Tags", this.tags);
		}
		if (!this.meta.isEmpty()) {
			wire.put("Meta", this.meta);
		}
		if (this.weights != null) {
			wire.put("Weights", Map.of("Passing", this.weights.passing(), "Warning", this.weights.warning()));
		}
		if (this.connectNative) {
			wire.put("Connect", Map.of("Native", true));
		}
		wire.put("Check", this.check.wire(status));
		return wire;
	}

	/**
	 * A check that turns critical when it is not renewed in time.
	 *
	 * @param checkId the ID
	 * @param name the name for people
	 * @param ttl time until it turns critical by itself
	 * @param deregisterAfter time in critical until Consul removes the instance, or
	 * {@code null} for never
	 */
	@Internal
	public record TtlCheck(String checkId, String name, Duration ttl, @Nullable Duration deregisterAfter) {

		Map<String, Object> wire(CheckStatus status) {
			Map<String, Object> wire = new LinkedHashMap<>();
			wire.put("CheckID", this.checkId);
			wire.put("Name", this.name);
			wire.put("TTL", GoDuration.of(this.ttl));
			// A TTL check begins critical by itself.
			if (status != CheckStatus.CRITICAL) {
				wire.put("Status", status.name().toLowerCase(Locale.ROOT));
			}
			if (this.deregisterAfter != null) {
				wire.put("DeregisterCriticalServiceAfter", GoDuration.of(this.deregisterAfter));
			}
			return wire;
		}

	}

}
