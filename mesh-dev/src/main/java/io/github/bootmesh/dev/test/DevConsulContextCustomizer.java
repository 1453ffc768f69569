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

import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

import io.github.bootmesh.dev.DevConsul;

/**
 * Registers a {@link DevConsul} on a free port, unless the mesh is off or the test names
 * a Consul. Lazy and a fallback: nothing starts when nobody needs it, and a bean of the
 * test's own wins. All are equal, so that contexts are cached as before.
 */
record DevConsulContextCustomizer() implements ContextCustomizer {

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
		Environment environment = context.getEnvironment();
		boolean enabled = environment.getProperty("bootmesh.enabled", Boolean.class, true);
		if (enabled && !environment.containsProperty("bootmesh.consul.url")
				&& context.getBeanFactory() instanceof BeanDefinitionRegistry registry) {
			RootBeanDefinition consul = new RootBeanDefinition(DevConsul.class, DevConsul::start);
			consul.setLazyInit(true);
			consul.setFallback(true);
			consul.setDestroyMethodName("close");
			registry.registerBeanDefinition("bootmeshDevConsul", consul);
		}
	}

}
