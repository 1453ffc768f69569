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

package io.github.bootmesh.dev.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.dev.DefaultPolicy;
import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.DevConsulSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * One development Consul for the processes of a machine.
 */
class SharedDevConsulTests {

	private static String trustDomain(URI url) throws Exception {
		String roots = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(url.resolve("/v1/connect/ca/roots")).build(),
					HttpResponse.BodyHandlers.ofString())
			.body();
		return roots.replaceAll("(?s).*\"TrustDomain\":\"([^\"]*)\".*", "$1");
	}

	@Test
	void whoComesLaterJoinsAndTakesOverWhenTheHostIsGone() throws Exception {
		// A Consul that this class did not start stands for the one of another process.
		DevConsul host = DevConsul.start(DevConsulSettings.DEFAULTS.withDefaultIntentionPolicy(DefaultPolicy.DENY));
		int port = host.url().getPort();
		SharedDevConsul joined = SharedDevConsul.acquire(port, false, null);
		try {
			assertThat(joined.isHostedHere()).isFalse();
			assertThat(joined.url()).isEqualTo(host.url());
			host.close();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(joined::isHostedHere);
			assertThat(trustDomain(joined.url())).endsWith(".consul");
			assertThat(defaultPolicy(joined.url())).isEqualTo("deny");
		}
		finally {
			joined.release();
			host.close();
		}
		// The port is free again.
		DevConsul.start(DevConsulSettings.DEFAULTS.withPort(port)).close();
	}

	@Test
	void whoAsksForAnotherDefaultPolicyThanTheHostHasIsRefused() {
		try (DevConsul host = DevConsul.start()) {
			assertThatThrownBy(() -> SharedDevConsul.acquire(host.url().getPort(), false, DefaultPolicy.DENY))
				.isInstanceOf(DevConsulRefusedException.class)
				.hasMessageContaining("'allow'");
		}
	}

	private static String defaultPolicy(URI url) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(url.resolve("/v1/status/leader")).build(),
					HttpResponse.BodyHandlers.ofString())
			.headers()
			.firstValue("X-Consul-Default-Acl-Policy")
			.orElseThrow();
	}

	@Test
	void everyHostOfAPortHasTheSameTrustDomain() throws Exception {
		DevConsul free = DevConsul.start();
		int port = free.url().getPort();
		free.close();
		SharedDevConsul first = SharedDevConsul.acquire(port, false, null);
		String before = trustDomain(first.url());
		first.release();
		SharedDevConsul second = SharedDevConsul.acquire(port, false, null);
		assertThat(trustDomain(second.url())).isEqualTo(before);
		second.release();
	}

}
