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

package io.github.bootmesh.dev;

import java.net.URI;

import org.junit.jupiter.api.Test;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a Consul 1.8.7 that denies by default answers where no intention decides. The same
 * tests run against a real one and against the development Consul.
 */
abstract class DefaultDenyContract {

	abstract URI url();

	abstract String token();

	@Test
	void deniesAndSaysWhy() {
		RawHttp http = new RawHttp(url());
		Reply decision = http.post("/v1/agent/connect/authorize?token=" + token(),
				"{\"Target\":\"api\",\"ClientCertURI\":\"spiffe://any.consul/ns/default/dc/dc1/svc/web\"}");
		assertThat(decision.text())
			.isEqualToIgnoringWhitespace("{\"Authorized\":false,\"Reason\":\"Default behavior configured by ACLs\"}");
		assertThat(http.get("/v1/connect/intentions/check?source=web&destination=api&token=" + token()).text())
			.isEqualToIgnoringWhitespace("{\"Allowed\":false}");
		Reply self = http.get("/v1/agent/self?token=" + token());
		assertThat(self.string("/DebugConfig/ACLDefaultPolicy")).isEqualTo("deny");
		assertThat(self.json().at("/DebugConfig/ACLsEnabled").asBoolean()).isTrue();
		assertThat(self.header("X-Consul-Default-Acl-Policy")).isNull();
	}

}
