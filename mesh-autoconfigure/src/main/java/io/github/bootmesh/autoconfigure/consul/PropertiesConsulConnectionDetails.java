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
import java.nio.file.Path;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.env.Environment;

/**
 * The connection as it is configured. Each setting comes from the first place that gives
 * it: {@code bootmesh.consul.*}, {@code spring.cloud.consul.*}, the {@code CONSUL_*}
 * variables.
 */
final class PropertiesConsulConnectionDetails implements ConsulConnectionDetails {

	private static final URI DEFAULT_URL = URI.create("http://localhost:8500");

	private final ConsulSettings settings;

	PropertiesConsulConnectionDetails(ConsulProperties properties, Environment environment, SslBundles bundles) {
		this.settings = own(properties, bundles).orElse(SpringCloudConsulSettings.read(environment))
			.orElse(ConsulVariables.read(environment));
		IgnoredConsulSettings.warn(environment, properties);
	}

	private static ConsulSettings own(ConsulProperties properties, SslBundles bundles) {
		String url = properties.url();
		String bundle = properties.ssl().bundle();
		return new ConsulSettings((url != null) ? URI.create(url) : null, token(properties),
				(bundle != null) ? bundles.getBundle(bundle) : null, properties.serverName(), properties.datacenter(),
				properties.namespace(), properties.partition());
	}

	private static @Nullable Supplier<@Nullable String> token(ConsulProperties properties) {
		String token = properties.token();
		if (token != null) {
			return () -> token;
		}
		Path file = properties.tokenFile();
		return (file != null) ? TokenFiles.read("bootmesh.consul.token-file", file) : null;
	}

	@Override
	public URI getUrl() {
		URI url = this.settings.url();
		return (url != null) ? url : DEFAULT_URL;
	}

	// What gives the token: the client knows how to treat a file.
	Supplier<@Nullable String> token() {
		Supplier<@Nullable String> token = this.settings.token();
		return (token != null) ? token : () -> null;
	}

	@Override
	public @Nullable String getToken() {
		return token().get();
	}

	@Override
	public @Nullable SslBundle getSslBundle() {
		return this.settings.sslBundle();
	}

	@Override
	public @Nullable String getServerName() {
		return this.settings.serverName();
	}

	@Override
	public @Nullable String getDatacenter() {
		return this.settings.datacenter();
	}

	@Override
	public @Nullable String getNamespace() {
		return this.settings.namespace();
	}

	@Override
	public @Nullable String getPartition() {
		return this.settings.partition();
	}

}
