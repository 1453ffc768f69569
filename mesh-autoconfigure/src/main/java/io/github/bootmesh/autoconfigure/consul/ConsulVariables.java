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
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Reads the environment variables that every HashiCorp client of Consul reads, with the
 * meaning that Consul's own client gives them (api/api.go): the token file beats the
 * token, and a plain address never takes back that TLS was asked for.
 */
final class ConsulVariables {

	private ConsulVariables() {
	}

	static ConsulSettings read(Environment environment) {
		return new ConsulSettings(url(environment), token(environment), ssl(environment),
				variable(environment, "CONSUL_TLS_SERVER_NAME"), null, variable(environment, "CONSUL_NAMESPACE"),
				variable(environment, "CONSUL_PARTITION"));
	}

	private static @Nullable URI url(Environment environment) {
		String address = variable(environment, "CONSUL_HTTP_ADDR");
		if (address == null) {
			return null;
		}
		String[] parts = address.split("://", 2);
		boolean tls = isTrue(variable(environment, "CONSUL_HTTP_SSL"));
		if (parts.length == 2 && !(tls && parts[0].equals("http"))) {
			return ConsulUrl.parse("CONSUL_HTTP_ADDR", address);
		}
		return ConsulUrl.parse("CONSUL_HTTP_ADDR", (tls ? "https://" : "http://") + parts[parts.length - 1]);
	}

	// What Go's strconv.ParseBool takes for true.
	private static boolean isTrue(@Nullable String text) {
		return text != null && text.matches("1|t|T|true|TRUE|True");
	}

	private static @Nullable Supplier<@Nullable String> token(Environment environment) {
		String file = variable(environment, "CONSUL_HTTP_TOKEN_FILE");
		if (file != null) {
			return TokenFiles.read("CONSUL_HTTP_TOKEN_FILE", Path.of(file));
		}
		String token = variable(environment, "CONSUL_HTTP_TOKEN");
		return (token != null) ? () -> token : null;
	}

	private static @Nullable SslBundle ssl(Environment environment) {
		PemSslStoreDetails trusted = pem(variable(environment, "CONSUL_CACERT"));
		PemSslStoreDetails own = pem(variable(environment, "CONSUL_CLIENT_CERT"));
		if (own != null) {
			own = own.withPrivateKey(location(variable(environment, "CONSUL_CLIENT_KEY")));
		}
		return (trusted != null || own != null) ? SslBundle.of(new PemSslStoreBundle(own, trusted)) : null;
	}

	private static @Nullable PemSslStoreDetails pem(@Nullable String path) {
		return (path != null) ? PemSslStoreDetails.forCertificate(location(path)) : null;
	}

	private static @Nullable String location(@Nullable String path) {
		return (path != null) ? "file:" + path : null;
	}

	private static @Nullable String variable(Environment environment, String name) {
		String value = environment.getProperty(name);
		return StringUtils.hasText(value) ? value : null;
	}

}
