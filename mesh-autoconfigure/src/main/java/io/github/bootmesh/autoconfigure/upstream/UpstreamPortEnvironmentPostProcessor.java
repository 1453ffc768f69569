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

package io.github.bootmesh.autoconfigure.upstream;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.bootstrap.BootstrapContextClosedEvent;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Chooses a port for each upstream that takes any, and publishes it before a bean or a
 * condition is looked at: URLs in the configuration can then name it.
 */
final class UpstreamPortEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	// Spring Cloud reads the configuration again in an environment that has this, and
	// would
	// take the new ports for the application's.
	private static final String REFRESH = "refreshArgs";

	private final ConfigurableBootstrapContext bootstrap;

	UpstreamPortEnvironmentPostProcessor(ConfigurableBootstrapContext bootstrap) {
		this.bootstrap = bootstrap;
	}

	// After configuration files are read.
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (environment.getPropertySources().contains(REFRESH)
				|| !environment.getProperty("bootmesh.enabled", Boolean.class, true)) {
			return;
		}
		ReservedPorts reserved = new ReservedPorts();
		Map<String, Object> published = new LinkedHashMap<>();
		MeshUpstreamProperties
			.merged(Binder.get(environment)
				.bind("bootmesh.upstreams", Bindable.mapOf(String.class, MeshUpstreamProperties.Upstream.class))
				.orElse(Map.of()))
			.forEach((name, properties) -> {
				UpstreamDeclaration upstream = new UpstreamDeclaration(name, properties);
				if (upstream.takesAnyPort()) {
					published.put(MeshUpstreams.portProperty(name),
							reserved.reserve(name, upstream.bind().getAddress()));
				}
			});
		if (!published.isEmpty()) {
			environment.getPropertySources().addFirst(new MapPropertySource("bootmeshUpstreamPorts", published));
			this.bootstrap.addCloseListener((event) -> register(reserved, event));
		}
	}

	private static void register(ReservedPorts reserved, BootstrapContextClosedEvent event) {
		event.getApplicationContext().getBeanFactory().registerSingleton("meshReservedPorts", reserved);
		if (event.getApplicationContext().getBeanFactory() instanceof DefaultSingletonBeanRegistry registry) {
			// Of a start that fails before they are taken.
			registry.registerDisposableBean("meshReservedPorts", reserved::close);
		}
	}

}
