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

package io.github.bootmesh.autoconfigure.server;

import java.time.Clock;

import jakarta.servlet.ServletContext;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWarDeployment;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.TlsSettings;

/**
 * Auto-configuration of the embedded server as a mesh server: its main port accepts
 * mutual TLS from verified peers of the mesh and nothing else.
 */
@AutoConfiguration
@ConditionalOnMeshEnabled
@EnableConfigurationProperties(InboundProperties.class)
public final class MeshServerAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	TlsSettings meshTlsSettings(InboundProperties properties) {
		return properties.tlsSettings();
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ConfigurableWebServerFactory.class)
	@ConditionalOnNativeInbound
	static class NativeConfiguration {

		@Bean
		MeshWebServerFactoryCustomizer meshWebServerFactoryCustomizer(ObjectProvider<ServerAdapter> adapters) {
			return new MeshWebServerFactoryCustomizer(adapters.orderedStream().toList());
		}

		@Bean
		PlaintextCallers meshPlaintextCallers(InboundProperties properties, MeshTls tls) {
			return new PlaintextCallers(properties, tls.connections(), Clock.systemUTC());
		}

		@Bean
		RequestGate meshRequestGate(Authorizer authorizer, Decisions decisions, PlaintextCallers plaintext) {
			return new RequestGate(authorizer, decisions, plaintext);
		}

		@Bean
		ForwardedClientCertificate meshForwardedClientCertificate(InboundProperties properties, MeshIdentity identity) {
			return new ForwardedClientCertificate(properties.forwardedClientCert(), properties.gateways(),
					identity::spiffeId);
		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnClass(NettyReactiveWebServerFactory.class)
		static class NettyConfiguration {

			@Bean
			NettyServerAdapter meshNettyServerAdapter(MeshTls tls, TlsSettings settings, PlaintextCallers plaintext,
					RequestGate gate, ForwardedClientCertificate forwarded, ApplicationContext context) {
				return new NettyServerAdapter(tls, settings, plaintext, gate, forwarded, context);
			}

		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnClass(ManagementPortType.class)
		static class ManagementConfiguration {

			@Bean
			SharedManagementPortWarning meshSharedManagementPortWarning(Environment environment) {
				return new SharedManagementPortWarning(environment,
						"that of the mesh, where a kubelet, Prometheus or a "
								+ "Consul HTTP check has no certificate to show and is refused");
			}

		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnWarDeployment
		static class WarConfiguration {

			@Bean
			WarDeploymentRefusal meshWarDeploymentRefusal(ServletContext servletContext) {
				return new WarDeploymentRefusal(servletContext);
			}

		}

	}

}
