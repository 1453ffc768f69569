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

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;

/**
 * The name of this service in Consul: {@code bootmesh.service-name}, else
 * {@code spring.application.name}.
 *
 * @param value the name
 */
@Internal
public record ServiceName(String value) {

	private static final String OWN_PROPERTY = "bootmesh.service-name";

	private static final String APPLICATION_PROPERTY = "spring.application.name";

	/**
	 * Finds the name.
	 * @param properties the settings
	 * @param environment where the application's name is
	 * @return the name
	 * @throws FailureAnalyzedException if there is none
	 * @throws InvalidConfigurationPropertyValueException if Consul does not take it
	 */
	public static ServiceName of(MeshProperties properties, Environment environment) {
		String own = properties.serviceName();
		String name = (own != null) ? own : environment.getProperty(APPLICATION_PROPERTY);
		if (!StringUtils.hasText(name)) {
			throw new FailureAnalyzedException("This application has no service name to join the mesh with.",
					"Set '" + APPLICATION_PROPERTY + "', or '" + OWN_PROPERTY
							+ "' when the service has another name in Consul. "
							+ "To run without the mesh, set 'bootmesh.enabled=false'.");
		}
		if (!Destination.isName(name)) {
			throw new InvalidConfigurationPropertyValueException((own != null) ? OWN_PROPERTY : APPLICATION_PROPERTY,
					name, "A service name in Consul has letters, digits, '-', '_' and '.' only, "
							+ "and begins and ends with a letter, a digit or '_'.");
		}
		return new ServiceName(name);
	}

	@Override
	public String toString() {
		return this.value;
	}

}
