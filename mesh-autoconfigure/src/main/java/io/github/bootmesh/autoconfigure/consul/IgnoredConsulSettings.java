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

import java.util.stream.StreamSupport;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Says which settings of Consul's other clients are not read, as far as somebody could
 * rely on them for a safe connection, and what takes their place. Who uses what takes
 * their place is told nothing. Shows no value.
 */
final class IgnoredConsulSettings {

	private static final Logger logger = LoggerFactory.getLogger(IgnoredConsulSettings.class);

	private static final ConfigurationPropertyName SPRING_CLOUD_TLS = ConfigurationPropertyName
		.of("spring.cloud.consul.tls");

	private IgnoredConsulSettings() {
	}

	static void warn(Environment environment, ConsulProperties properties) {
		if (properties.ssl().bundle() == null) {
			warnOfTls(environment);
		}
		boolean authenticated = properties.token() != null || properties.tokenFile() != null;
		if (!authenticated && StringUtils.hasText(environment.getProperty("CONSUL_HTTP_AUTH"))) {
			logger.warn("CONSUL_HTTP_AUTH is not used: no user name and password are sent to Consul. "
					+ "Give an ACL token, with 'bootmesh.consul.token' or 'bootmesh.consul.token-file'");
		}
	}

	private static void warnOfTls(Environment environment) {
		String remedy = "Name the CA of the agent, and a certificate of this client, in an SSL bundle, "
				+ "and the bundle in 'bootmesh.consul.ssl.bundle'";
		if (isFalse(environment.getProperty("CONSUL_HTTP_SSL_VERIFY"))) {
			logger.warn("CONSUL_HTTP_SSL_VERIFY is not used: the certificate of the agent is always verified. {}",
					remedy);
		}
		if (StringUtils.hasText(environment.getProperty("CONSUL_CAPATH"))) {
			logger.warn("CONSUL_CAPATH is not used. {}", remedy);
		}
		if (isSet(environment, SPRING_CLOUD_TLS)) {
			logger.warn("'{}.*' is not used. {}", SPRING_CLOUD_TLS, remedy);
		}
	}

	// What Go's strconv.ParseBool takes for false.
	private static boolean isFalse(@Nullable String text) {
		return text != null && text.matches("0|f|F|false|FALSE|False");
	}

	private static boolean isSet(Environment environment, ConfigurationPropertyName name) {
		return StreamSupport.stream(ConfigurationPropertySources.get(environment).spliterator(), false)
			.anyMatch((source) -> source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT);
	}

}
