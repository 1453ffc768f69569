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

package io.github.bootmesh.dev.test;

import java.util.stream.Stream;

import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.support.TestPropertySourceUtils;

import io.github.bootmesh.dev.DefaultPolicy;
import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.DevConsulSettings;

/**
 * Registers a {@link DevConsul} on a free port, unless the mesh is off or the test itself
 * names a Consul. Lazy and a fallback: nothing starts when nobody needs it, and a bean of
 * the test's own wins. All are equal, so that contexts are cached as before.
 */
record DevConsulContextCustomizer() implements ContextCustomizer {

	private static final String URL = "bootmesh.consul.url";

	// The name that Spring gives to what @DynamicPropertySource adds.
	private static final String DYNAMIC_PROPERTIES = "Dynamic Test Properties";

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
		// Not now: the customizer that adds dynamic properties may come after this one.
		context.addBeanFactoryPostProcessor((BeanDefinitionRegistryPostProcessor) (registry) -> {
			boolean enabled = context.getEnvironment().getProperty("bootmesh.enabled", Boolean.class, true);
			if (enabled && !namesConsul(context, configuration)) {
				register(registry, context.getEnvironment());
			}
		});
	}

	private static void register(BeanDefinitionRegistry registry, Environment environment) {
		RootBeanDefinition consul = new RootBeanDefinition(DevConsul.class, () -> start(environment));
		consul.setLazyInit(true);
		consul.setFallback(true);
		consul.setDestroyMethodName("close");
		registry.registerBeanDefinition("bootmeshDevConsul", consul);
	}

	private static DevConsul start(Environment environment) {
		return DevConsul.start(Binder.get(environment)
			.bind("bootmesh.dev.default-intention-policy", DefaultPolicy.class)
			.map(DevConsulSettings.DEFAULTS::withDefaultIntentionPolicy)
			.orElse(DevConsulSettings.DEFAULTS));
	}

	// The URL in the application's own files is the one of production: it does not count.
	private static boolean namesConsul(ConfigurableApplicationContext context, MergedContextConfiguration test) {
		MutablePropertySources all = context.getEnvironment().getPropertySources();
		Stream<PropertySource<?>> added = Stream
			.of(DYNAMIC_PROPERTIES, CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME)
			.flatMap((name) -> Stream.ofNullable(all.get(name)));
		return Stream.concat(declared(context, test).stream(), added)
			.anyMatch((source) -> source.containsProperty(URL));
	}

	private static MutablePropertySources declared(ConfigurableApplicationContext context,
			MergedContextConfiguration test) {
		ConfigurableEnvironment environment = new StandardEnvironment();
		TestPropertySourceUtils.addPropertySourcesToEnvironment(environment, context,
				test.getPropertySourceDescriptors());
		TestPropertySourceUtils.addInlinedPropertiesToEnvironment(environment, test.getPropertySourceProperties());
		MutablePropertySources sources = environment.getPropertySources();
		sources.remove(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
		sources.remove(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
		return sources;
	}

}
