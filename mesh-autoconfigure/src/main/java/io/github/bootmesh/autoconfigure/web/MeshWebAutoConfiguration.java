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

import java.util.EnumSet;
import java.util.List;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webflux.autoconfigure.WebFluxProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.autoconfigure.server.ConditionalOnNativeInbound;
import io.github.bootmesh.autoconfigure.server.ForwardedClientCertificate;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.RequestGate;
import io.github.bootmesh.tls.MeshTls;

/**
 * Auto-configuration of what Spring's web stacks know of the caller: {@link MeshPeer} as
 * an argument and an attribute, and the decisions that only they can make.
 */
@AutoConfiguration(after = MeshServerAutoConfiguration.class)
@ConditionalOnMeshEnabled
@ConditionalOnWebApplication
public final class MeshWebAutoConfiguration {

	/**
	 * The argument, also where nothing comes through the mesh: a handler may say that it
	 * can do without.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.REACTIVE)
	@ConditionalOnClass(WebFluxConfigurer.class)
	static class ReactiveArguments {

		@Bean
		WebFluxConfigurer meshPeerWebFluxConfigurer() {
			return new WebFluxConfigurer() {

				@Override
				public void configureArgumentResolvers(ArgumentResolverConfigurer configurer) {
					configurer
						.addCustomResolver(new ReactiveMeshPeerResolver(ReactiveAdapterRegistry.getSharedInstance()));
				}

			};
		}

	}

	/**
	 * The argument in MVC.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass(WebMvcConfigurer.class)
	static class ServletArguments {

		@Bean
		WebMvcConfigurer meshPeerWebMvcConfigurer() {
			return new WebMvcConfigurer() {

				@Override
				public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
					resolvers.add(new ServletMeshPeerResolver());
				}

			};
		}

	}

	/**
	 * The decisions on what came through the mesh.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnNativeInbound
	static class Decisions {

		@Bean
		RequestJudge meshRequestJudge(RequestGate gate, ObjectProvider<MeshAuthorizer> own,
				InboundProperties properties) {
			return new RequestJudge(gate, own.orderedStream().toList(), properties.authorizerTimeout());
		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnWebApplication(type = Type.REACTIVE)
		@ConditionalOnClass({ WebFluxProperties.class, NettyRouteProvider.class })
		static class ReactiveFilters {

			@Bean
			ReactivePeerFilter meshPeerWebFilter(RequestJudge judge) {
				return new ReactivePeerFilter(judge);
			}

			@Bean
			ReactiveRoutingFilter meshRoutingWebFilter(RequestJudge judge, ObjectProvider<WebFluxProperties> webFlux,
					ApplicationContext context) {
				WebFluxProperties properties = webFlux.getIfAvailable();
				String basePath = (properties != null) ? properties.getBasePath() : null;
				return new ReactiveRoutingFilter(judge, (basePath != null) ? basePath : "",
						PathCase.ofWebFlux(context));
			}

			@Bean
			static FilterBypass meshFilterBypass(ConfigurableListableBeanFactory beans) {
				return new FilterBypass(beans);
			}

		}

		/**
		 * The filters of an embedded server; a mock environment has no peers.
		 */
		@Configuration(proxyBeanMethods = false)
		@ConditionalOnWebApplication(type = Type.SERVLET)
		@ConditionalOnClass({ Filter.class, WebServerApplicationContext.class })
		static class ServletFilters {

			@Bean
			FilterRegistrationBean<ServletPeerFilter> meshPeerFilter(MeshTls tls, RequestJudge judge,
					ForwardedClientCertificate forwarded, ApplicationContext context) {
				FilterRegistrationBean<ServletPeerFilter> registration = new FilterRegistrationBean<>(
						new ServletPeerFilter(tls, judge, forwarded));
				// Before everything that may want to know the peer, Spring Security
				// included.
				registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
				registration
					.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR));
				registration.setEnabled(context instanceof WebServerApplicationContext);
				return registration;
			}

			@Bean
			FilterRegistrationBean<ServletRoutingFilter> meshRoutingFilter(RequestJudge judge,
					ApplicationContext context) {
				FilterRegistrationBean<ServletRoutingFilter> registration = new FilterRegistrationBean<>(
						new ServletRoutingFilter(judge, PathCase.ofServlets(context)));
				registration.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD));
				registration.setEnabled(context instanceof WebServerApplicationContext);
				return registration;
			}

		}

	}

}
