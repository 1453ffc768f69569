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

package io.github.bootmesh.consul;

import java.net.URI;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ConsulConnectionTests {

	private static ConsulConnection to(String url, boolean allowPlaintext) {
		return new ConsulConnection(URI.create(url), () -> "secret-token", null, null, null, null, null,
				allowPlaintext);
	}

	private static ConsulConnection in(@Nullable String datacenter, @Nullable String namespace,
			@Nullable String partition) {
		return new ConsulConnection(URI.create("http://localhost:8500"), () -> null, null, null, datacenter, namespace,
				partition, false);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://localhost:8500", "http://127.0.0.1:8500", "http://127.8.9.10", "http://[::1]:8500",
			"http://LOCALHOST:8500/", "https://consul.example.com:8501", "https://10.0.0.1/consul",
			"unix:///var/run/consul.sock" })
	void takesWhatKeepsTheKeyPrivate(String url) {
		assertThat(to(url, false).url()).hasToString(url);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://consul.example.com:8500", "http://10.0.0.1:8500", "http://[2001:db8::1]:8500",
			"http://localhost.example.com", "http://0.0.0.0:8500", "http://127.0.0.1.example.com" })
	void refusesPlainHttpToAnotherHostUnlessAllowed(String url) {
		assertThatIllegalArgumentException().isThrownBy(() -> to(url, false))
			.withMessageContainingAll(URI.create(url).getHost(), "https://", "allow-plaintext");
		assertThat(to(url, true).url()).hasToString(url);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ftp://localhost", "localhost:8500", "/var/run/consul.sock", "http:localhost",
			"http:///v1", "unix://run/consul.sock", "unix:///", "http://my_host:8500" })
	void refusesAnotherUrlAndSaysWhatItTakes(String url) {
		assertThatIllegalArgumentException().isThrownBy(() -> to(url, true)).withMessageContaining(url);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://user:hunter2@localhost:8500", "http://localhost:8500?token=hunter2",
			"http://localhost:8500#hunter2" })
	void refusesSecretsInTheUrlWithoutShowingThem(String url) {
		assertThatIllegalArgumentException().isThrownBy(() -> to(url, true))
			.withMessageContaining("token file")
			.withMessageNotContaining("hunter2");
	}

	@Test
	void refusesAScopeThatIsNoName() {
		assertThatIllegalArgumentException().isThrownBy(() -> in("dc 1", null, null)).withMessageContaining("dc 1");
		assertThatIllegalArgumentException().isThrownBy(() -> in(null, "a/b", null)).withMessageContaining("a/b");
		assertThatIllegalArgumentException().isThrownBy(() -> in(null, null, "")).withMessageContaining("partition");
	}

	@Test
	void showsNoToken() {
		assertThat(to("http://localhost:8500", false)).asString().doesNotContain("secret").contains("localhost:8500");
	}

}
