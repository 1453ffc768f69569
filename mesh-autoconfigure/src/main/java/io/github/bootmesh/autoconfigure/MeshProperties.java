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

package io.github.bootmesh.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

/**
 * Settings of the mesh membership as a whole.
 *
 * @param enabled Whether this application is a member of the mesh.
 * @param serviceName Name of this service in Consul, by default the application's name.
 * @param startupTimeout How long a start waits for the identity and the first intentions.
 * @param failFast Whether a start without identity or intentions fails at the end of
 * 'bootmesh.startup-timeout', instead of going on not ready.
 */
@ConfigurationProperties("bootmesh")
public record MeshProperties(@DefaultValue("true") boolean enabled, @Nullable String serviceName,
		@DefaultValue("30s") Duration startupTimeout, @DefaultValue("true") boolean failFast) {

	public MeshProperties {
		serviceName = StringUtils.hasText(serviceName) ? serviceName : null;
		if (startupTimeout.isNegative() || startupTimeout.isZero()) {
			throw new InvalidConfigurationPropertyValueException("bootmesh.startup-timeout", startupTimeout,
					"It must be longer than zero.");
		}
	}

}
