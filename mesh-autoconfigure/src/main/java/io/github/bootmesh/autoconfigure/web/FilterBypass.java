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

package io.github.bootmesh.autoconfigure.web;

import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.http.server.reactive.HttpHandler;

import io.github.bootmesh.MeshAuthorizer;

/**
 * Stops the start where requests would reach the application without a
 * {@link MeshAuthorizer} having been asked: it is asked by a filter, and handlers that
 * are not behind Spring's filters would go without. By intentions these are decided all
 * the same.
 */
final class FilterBypass implements SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beans;

	FilterBypass(ConfigurableListableBeanFactory beans) {
		this.beans = beans;
	}

	@Override
	public void afterSingletonsInstantiated() {
		List<String> authorizers = names(MeshAuthorizer.class).toList();
		List<String> bypasses = Stream
			.concat(names(NettyRouteProvider.class), names(HttpHandler.class).filter((name) -> !isMadeByBoot(name)))
			.toList();
		if (!authorizers.isEmpty() && !bypasses.isEmpty()) {
			throw new FilterBypassException(authorizers, bypasses);
		}
	}

	private Stream<String> names(Class<?> type) {
		return Stream.of(this.beans.getBeanNamesForType(type));
	}

	private boolean isMadeByBoot(String name) {
		Method factory = (this.beans.containsBeanDefinition(name)
				&& this.beans.getMergedBeanDefinition(name) instanceof RootBeanDefinition definition)
						? definition.getResolvedFactoryMethod() : null;
		return factory != null && factory.getDeclaringClass().getName().startsWith("org.springframework.boot.");
	}

}
