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

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.dev.DevConsul;

/**
 * Auto-configuration of a development Consul: the {@link DevConsul} bean of the context
 * if there is one, as in tests, else the one that the applications of this machine share,
 * if {@code bootmesh.dev.enabled} asks for it.
 */
@AutoConfiguration(beforeName = "io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration")
@ConditionalOnClass(ConsulConnectionDetails.class)
@ConditionalOnBooleanProperty(name = "bootmesh.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(ConsulConnectionDetails.class)
@EnableConfigurationProperties(DevConsulProperties.class)
public final class DevConsulAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(DevConsul.class)
	static class OwnConfiguration {

		@Bean
		ConsulConnectionDetails devConsulConnectionDetails(DevConsul consul) {
			return DevConsulConnectionDetails.of(consul);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty("bootmesh.dev.enabled")
	@ConditionalOnMissingBean(DevConsul.class)
	static class SharedConfiguration {

		@Bean(destroyMethod = "release")
		SharedDevConsul sharedDevConsul(ApplicationContext context, DevConsulProperties properties) {
			ProductionGuard.check(context.getEnvironment());
			return SharedDevConsul.acquire(properties.port(), DevTools.restarts(context.getClassLoader()),
					properties.defaultIntentionPolicy());
		}

		@Bean
		ConsulConnectionDetails devConsulConnectionDetails(SharedDevConsul consul) {
			return DevConsulConnectionDetails.of(consul);
		}

	}

}
