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

package io.github.bootmesh.sample;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * The services that were started together, and are stopped together: the caller before
 * the called.
 */
final class RunningServices implements AutoCloseable {

	private final Deque<ConfigurableApplicationContext> contexts = new ArrayDeque<>();

	private RunningServices() {
	}

	/**
	 * Starts the services one after the other.
	 * @param services what to start
	 * @param args the arguments of each
	 * @return the running services
	 */
	static RunningServices start(List<SampleService> services, String... args) {
		RunningServices running = new RunningServices();
		try {
			for (SampleService service : services) {
				running.contexts.push(run(service, args));
			}
			return running;
		}
		catch (RuntimeException ex) {
			running.close();
			throw ex;
		}
	}

	private static ConfigurableApplicationContext run(SampleService service, String... args) {
		SpringApplication application = new SpringApplication(service.application());
		application.setMainApplicationClass(service.application());
		application.setAdditionalProfiles(service.label());
		application.setBannerMode(Banner.Mode.OFF);
		// Closed by close(), in order; Boot's own hook knows no order among contexts.
		application.setRegisterShutdownHook(false);
		application.setDefaultProperties(Map.of("bootmesh.dev.enabled", !namesConsul(args)));
		return application.run(args);
	}

	// A Consul that is named turns the development Consul off.
	private static boolean namesConsul(String... args) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(args));
		return environment.containsProperty("bootmesh.consul.url") || environment.containsProperty("CONSUL_HTTP_ADDR");
	}

	/**
	 * The context of a service.
	 * @param service the service
	 * @return its context
	 */
	ConfigurableApplicationContext context(SampleService service) {
		return this.contexts.stream()
			.filter((context) -> context.getEnvironment().matchesProfiles(service.label()))
			.findFirst()
			.orElseThrow();
	}

	@Override
	public void close() {
		while (!this.contexts.isEmpty()) {
			this.contexts.pop().close();
		}
	}

}
