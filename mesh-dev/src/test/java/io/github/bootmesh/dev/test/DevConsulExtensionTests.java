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

package io.github.bootmesh.dev.test;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

import io.github.bootmesh.dev.DefaultPolicy;
import io.github.bootmesh.dev.DevConsul;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test without Spring gets a development Consul as a parameter.
 */
@ExtendWith(DevConsulExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DevConsulExtensionTests {

	private static DevConsul first;

	@BeforeAll
	static void remember(DevConsul consul) {
		first = consul;
		consul.intentions().deny("web", "api");
	}

	private static int status(DevConsul consul) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(consul.url().resolve("/v1/status/leader")).build(),
					HttpResponse.BodyHandlers.discarding())
			.statusCode();
	}

	private static String get(DevConsul consul, String path) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(consul.url().resolve(path)).build(), HttpResponse.BodyHandlers.ofString())
			.body();
	}

	@Test
	@Order(1)
	void allTestsOfAClassShareIt(DevConsul consul) throws Exception {
		assertThat(consul).isSameAs(first);
		consul.faults().on("/**").status(500, "no");
		assertThat(status(consul)).isEqualTo(500);
		consul.intentions().deny("edge", "web").remove("web", "api").defaultPolicy(DefaultPolicy.DENY);
	}

	@Test
	@Order(2)
	void faultsEndWithTheTest(DevConsul consul) throws Exception {
		assertThat(consul).isSameAs(first);
		assertThat(status(consul)).isEqualTo(200);
	}

	@Test
	@Order(3)
	void intentionsAreAsTheyWereBeforeTheTest(DevConsul consul) throws Exception {
		assertThat(consul.intentions().defaultPolicy()).isEqualTo(DefaultPolicy.ALLOW);
		assertThat(get(consul, "/v1/connect/intentions")).contains("\"web\"", "\"api\"").doesNotContain("\"edge\"");
	}

}
