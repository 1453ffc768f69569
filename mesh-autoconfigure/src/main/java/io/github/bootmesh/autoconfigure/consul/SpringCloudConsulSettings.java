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

import java.net.URI;
import java.util.Objects;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Reads the connection settings that were made for Spring Cloud Consul. Only those that
 * somebody set count: its defaults would hide {@code CONSUL_HTTP_ADDR}.
 */
final class SpringCloudConsulSettings {

	private static final String PREFIX = "spring.cloud.consul.";

	private SpringCloudConsulSettings() {
	}

	static ConsulSettings read(Environment environment) {
		return new ConsulSettings(url(environment), token(environment), null, null, null, null, null);
	}

	private static @Nullable URI url(Environment environment) {
		String scheme = property(environment, "scheme");
		String host = property(environment, "host");
		String port = property(environment, "port");
		if (scheme == null && host == null && port == null) {
			return null;
		}
		String path = Objects.requireNonNullElse(property(environment, "path"), "");
		String url = Objects.requireNonNullElse(scheme, "http") + "://" + Objects.requireNonNullElse(host, "localhost")
				+ ":" + Objects.requireNonNullElse(port, "8500")
				+ ((path.isEmpty() || path.startsWith("/")) ? path : "/" + path);
		return ConsulUrl.parse(PREFIX + "host", url);
	}

	private static @Nullable Supplier<@Nullable String> token(Environment environment) {
		for (String name : new String[] { "discovery.acl-token", "config.acl-token", "token" }) {
			String token = property(environment, name);
			if (token != null) {
				return () -> token;
			}
		}
		return null;
	}

	private static @Nullable String property(Environment environment, String name) {
		String value = environment.getProperty(PREFIX + name);
		return StringUtils.hasText(value) ? value : null;
	}

}
