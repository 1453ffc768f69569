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

package io.github.bootmesh.autoconfigure.client;

import java.util.function.Supplier;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;

/**
 * Decorates the builders that every HTTP client of Boot is made with, whoever defined
 * them, once they are finished. A customizer could not: those after it expect the
 * original type.
 */
final class HttpClientBuilderPostProcessor implements BeanPostProcessor {

	private final Supplier<MeshHttpClient> mesh;

	private final Supplier<MeshRoutes> routes;

	HttpClientBuilderPostProcessor(Supplier<MeshHttpClient> mesh, Supplier<MeshRoutes> routes) {
		this.mesh = mesh;
		this.routes = routes;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof ClientHttpConnectorBuilder<?> builder) {
			return new MeshConnectorBuilder(builder, this.mesh);
		}
		if (bean instanceof ClientHttpRequestFactoryBuilder<?> builder) {
			return new RefusingRequestFactoryBuilder(builder, this.routes);
		}
		return bean;
	}

}
