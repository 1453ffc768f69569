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

package io.github.bootmesh.autoconfigure.consul;

import java.util.Locale;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.autoconfigure.ConditionalOnMeshEnabled;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulLimits;
import io.github.bootmesh.consul.WatchSettings;
import io.github.bootmesh.consul.Watches;

/**
 * Auto-configuration of the connection to the Consul agent.
 */
@AutoConfiguration(after = SslAutoConfiguration.class)
@ConditionalOnMeshEnabled
@EnableConfigurationProperties(ConsulProperties.class)
public final class MeshConsulAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ConsulConnectionDetails meshConsulConnectionDetails(ConsulProperties properties, Environment environment,
			ObjectProvider<SslBundles> bundles) {
		return new PropertiesConsulConnectionDetails(properties, environment,
				bundles.getIfAvailable(DefaultSslBundleRegistry::new));
	}

	@Bean
	@ConditionalOnMissingBean(name = "bootmeshLoopResources")
	MeshEventLoops bootmeshEventLoops() {
		return new MeshEventLoops();
	}

	// Its owner disposes of it and waits for the end.
	@Bean(destroyMethod = "")
	@ConditionalOnMissingBean(name = "bootmeshLoopResources")
	LoopResources bootmeshLoopResources(MeshEventLoops loops) {
		return loops.loops();
	}

	@Bean
	@ConditionalOnMissingBean
	ConsulClient meshConsulClient(ConsulConnectionDetails details, ConsulProperties properties,
			@Qualifier("bootmeshLoopResources") LoopResources loops) {
		SslBundle ssl = details.getSslBundle();
		Supplier<@Nullable String> token = (details instanceof PropertiesConsulConnectionDetails configured)
				? configured.token() : details::getToken;
		try {
			return new ConsulClient(new ConsulConnection(details.getUrl(), token,
					(ssl != null) ? ssl.createSslContext() : null, details.getServerName(), details.getDatacenter(),
					details.getNamespace(), details.getPartition(), properties.allowPlaintext()), loops,
					properties.limits());
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException(String.valueOf(ex.getMessage()),
					"Correct the connection to Consul: 'bootmesh.consul.*', else what is set of "
							+ "'spring.cloud.consul.*', else the CONSUL_* variables. An https URL whose CA is not one "
							+ "of the JVM's needs 'bootmesh.consul.ssl.bundle'. Where the network itself is trusted, "
							+ "'bootmesh.consul.allow-plaintext=true' allows plain http.",
					ex);
		}
	}

	@Bean
	@ConditionalOnMissingBean
	Watches meshConsulWatches(ConsulProperties properties, ObjectProvider<FurtherWatches> further) {
		ConsulLimits limits = properties.limits();
		FurtherWatches reserved = further.getIfAvailable();
		return new Watches(WatchSettings.DEFAULTS, (reserved != null) ? reserved.in(limits) : limits);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SanitizingFunction.class)
	static class SanitizingConfiguration {

		// Whoever shows values in /env and /configprops still does not show a token.
		@Bean
		SanitizingFunction meshConsulTokenSanitizingFunction() {
			return SanitizingFunction.sanitizeValue().ifKeyMatches(SanitizingConfiguration::holdsConsulToken);
		}

		private static boolean holdsConsulToken(String key) {
			String name = key.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
			boolean consul = name.contains("consul") || name.contains("bootmeshinboundlisteners");
			return consul && (name.endsWith("token") || name.endsWith("httpauth"));
		}

	}

}
