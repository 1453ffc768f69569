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

package io.github.bootmesh.dev.autoconfigure;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Refuses the development Consul wherever there are signs of production or of another
 * Consul.
 */
final class ProductionGuard {

	private static final String TURN_OFF = "Remove 'bootmesh.dev.enabled=true' here; the development Consul is for a "
			+ "developer's machine only.";

	private ProductionGuard() {
	}

	static void check(Environment environment) {
		String other = otherConsul(environment);
		if (other != null) {
			throw new DevConsulRefusedException(
					"'bootmesh.dev.enabled' asks for the development Consul, but '" + other
							+ "' says how a real one is reached.",
					"Remove either 'bootmesh.dev.enabled=true' or '" + other + "'.");
		}
		CloudPlatform platform = CloudPlatform.getActive(environment);
		if (platform != null && platform != CloudPlatform.NONE) {
			throw new DevConsulRefusedException(
					"'bootmesh.dev.enabled' asks for the development Consul on the platform " + platform + ".",
					TURN_OFF);
		}
		Arrays.stream(profiles(environment))
			.filter((profile) -> profile.toLowerCase(Locale.ROOT).startsWith("prod"))
			.findFirst()
			.ifPresent((profile) -> {
				throw new DevConsulRefusedException(
						"'bootmesh.dev.enabled' asks for the development Consul under the profile '" + profile + "'.",
						TURN_OFF);
			});
	}

	private static String[] profiles(Environment environment) {
		String[] active = environment.getActiveProfiles();
		return (active.length > 0) ? active : environment.getDefaultProfiles();
	}

	private static @Nullable String otherConsul(Environment environment) {
		Map<String, String> settings = Binder.get(environment)
			.bind("bootmesh.consul", Bindable.mapOf(String.class, String.class))
			.orElse(Map.of());
		if (!settings.isEmpty()) {
			return "bootmesh.consul." + settings.keySet().iterator().next();
		}
		for (String name : new String[] { "CONSUL_HTTP_ADDR", "spring.cloud.consul.host" }) {
			if (environment.containsProperty(name)) {
				return name;
			}
		}
		return null;
	}

}
