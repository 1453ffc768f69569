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

import java.util.Map;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.util.ClassUtils;

/**
 * Lets only one of the two register this instance when Spring Cloud Consul is there too:
 * Bootmesh, unless Spring Cloud Consul was told to.
 */
final class SpringCloudRegistrationEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	private static final String OTHER = "org.springframework.cloud.consul.serviceregistry.ConsulAutoServiceRegistration";

	private static final String THEIRS = "spring.cloud.consul.discovery.register";

	private static final String OURS = "bootmesh.registration.enabled";

	private static final String[] SWITCHES_OF_THE_OTHER = { "spring.cloud.consul.enabled",
			"spring.cloud.consul.service-registry.enabled", "spring.cloud.service-registry.enabled",
			"spring.cloud.service-registry.auto-registration.enabled",
			"spring.cloud.consul.service-registry.auto-registration.enabled" };

	private final Log logger;

	SpringCloudRegistrationEnvironmentPostProcessor(DeferredLogFactory logFactory) {
		this.logger = logFactory.getLog(SpringCloudRegistrationEnvironmentPostProcessor.class);
	}

	// After configuration files are read.
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		decide(environment, ClassUtils.isPresent(OTHER, application.getClassLoader()));
	}

	void decide(ConfigurableEnvironment environment, boolean otherPresent) {
		if (!otherPresent || !wantOurs(environment) || !canTheirs(environment)) {
			return;
		}
		if (!environment.getProperty(THEIRS, Boolean.class, false)) {
			switchOff(environment, THEIRS);
			this.logger.info("Bootmesh registers this instance in Consul, so Spring Cloud Consul does not (" + THEIRS
					+ "=false)");
			return;
		}
		if (environment.containsProperty(OURS)) {
			throw new FailureAnalyzedException(
					"Both '" + OURS + "' and '" + THEIRS + "' are set: this instance would be registered twice.",
					"Remove '" + THEIRS + "' to let Bootmesh register it as a member of the mesh, " + "or set '" + OURS
							+ "=false'.");
		}
		switchOff(environment, OURS);
		this.logger.warn("Spring Cloud Consul registers this instance, because '" + THEIRS
				+ "' is set, so Bootmesh does not: members of the mesh will not find it. Remove that setting to let "
				+ "Bootmesh register it");
	}

	private static boolean wantOurs(ConfigurableEnvironment environment) {
		boolean server = environment.getProperty("bootmesh.server.enabled", Boolean.class, true)
				&& !"none".equalsIgnoreCase(environment.getProperty("bootmesh.inbound.mode"));
		boolean accepts = server || environment.containsProperty("bootmesh.registration.port");
		return accepts && environment.getProperty("bootmesh.enabled", Boolean.class, true)
				&& environment.getProperty(OURS, Boolean.class, true);
	}

	private static boolean canTheirs(ConfigurableEnvironment environment) {
		return (!environment.containsProperty(THEIRS) || environment.getProperty(THEIRS, Boolean.class, true))
				&& Stream.of(SWITCHES_OF_THE_OTHER)
					.allMatch((name) -> environment.getProperty(name, Boolean.class, true));
	}

	// Below everything that a user can set.
	private static void switchOff(ConfigurableEnvironment environment, String property) {
		environment.getPropertySources()
			.addLast(new MapPropertySource("bootmeshRegistration", Map.of(property, "false")));
	}

}
