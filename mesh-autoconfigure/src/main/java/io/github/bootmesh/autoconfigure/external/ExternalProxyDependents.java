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

package io.github.bootmesh.autoconfigure.external;

import java.util.Arrays;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ObjectUtils;
import org.springframework.util.StringUtils;

import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamAutoConfiguration;

/**
 * Has the proxy listen before the beans are made that depend on the upstreams, whoever
 * says that they do.
 */
final class ExternalProxyDependents implements BeanFactoryPostProcessor {

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		Arrays.stream(beanFactory.getBeanDefinitionNames())
			.map(beanFactory::getBeanDefinition)
			.filter((definition) -> ObjectUtils.containsElement(definition.getDependsOn(),
					MeshUpstreamAutoConfiguration.BEAN_NAME))
			.forEach(ExternalProxyDependents::addProxy);
	}

	private static void addProxy(BeanDefinition definition) {
		definition.setDependsOn(
				StringUtils.addStringToArray(definition.getDependsOn(), MeshExternalAutoConfiguration.BEAN_NAME));
	}

}
