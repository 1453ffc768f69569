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

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What a test does to intentions, and what an agent then answers.
 */
class DevIntentionsTests {

	private static final String PERMISSIONS = "[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"/orders\"}}]";

	private DevConsul consul = DevConsul.start();

	@AfterEach
	void stop() {
		this.consul.close();
	}

	private void restart(ConsulVersion version) {
		this.consul.close();
		this.consul = DevConsul.start(DevConsulSettings.DEFAULTS.withVersion(version));
	}

	private boolean allowed(String source) {
		boolean allowed = get("check?source=" + source + "&destination=api").get("Allowed").asBoolean();
		assertThat(authorize(source).json().get("Authorized").asBoolean()).isEqualTo(allowed);
		return allowed;
	}

	private JsonNode get(String path) {
		return new RawHttp(this.consul.url()).get("/v1/connect/intentions/" + path).json();
	}

	private Reply authorize(String source) {
		return new RawHttp(this.consul.url()).post("/v1/agent/connect/authorize",
				"{\"Target\":\"api\",\"ClientCertURI\":\"spiffe://any.consul/ns/default/dc/dc1/svc/" + source + "\"}");
	}

	@ParameterizedTest
	@EnumSource
	void whatIsWrittenLastHolds(ConsulVersion version) {
		restart(version);
		assertThat(allowed("web")).isTrue();
		this.consul.intentions().deny("web", "api").deny("*", "api");
		assertThat(allowed("web")).isFalse();
		this.consul.intentions().allow("web", "api");
		assertThat(allowed("web")).isTrue();
		assertThat(allowed("other")).isFalse();
		this.consul.intentions().remove("web", "api").remove("nobody", "api");
		assertThat(allowed("web")).isFalse();
		this.consul.intentions().clear();
		assertThat(allowed("web")).isTrue();
	}

	@Test
	void anIntentionWithPermissionsLetsNoConnectionIn() {
		this.consul.intentions().allow("*", "api").permissions("web", "api", PERMISSIONS);
		assertThat(allowed("web")).isFalse();
		assertThat(authorize("web").string("/Reason"))
			.isEqualTo("Matched L7 intention: default/web => default/api (Precedence: 9, Permissions: 1)");
	}

	@Test
	void refusesPermissionsThatConsulWouldNotTake() {
		DevIntentions intentions = this.consul.intentions();
		assertThatIllegalArgumentException()
			.isThrownBy(() -> intentions.permissions("web", "api", "[{\"Action\":\"allow\",\"HTTP\":{}}]"))
			.withMessage("Sources[0].Permissions[0].HTTP should not be empty");
		assertThatIllegalArgumentException().isThrownBy(() -> intentions.permissions("web", "api", "[{\"Zork\":1}]"))
			.withMessageContaining("Zork");
		assertThatIllegalArgumentException().isThrownBy(() -> intentions.allow("we*", "api"));
		restart(ConsulVersion.V1_8);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.consul.intentions().permissions("web", "api", PERMISSIONS))
			.withMessageContaining("1.8.7 has no permissions");
	}

	@ParameterizedTest
	@EnumSource
	void theDefaultPolicyDecidesWhereNoIntentionDoes(ConsulVersion version) {
		restart(version);
		this.consul.intentions().allow("web", "api").defaultPolicy(DefaultPolicy.DENY);
		assertThat(allowed("web")).isTrue();
		assertThat(allowed("other")).isFalse();
		Reply reply = authorize("other");
		assertThat(reply.string("/Reason")).isEqualTo("Default behavior configured by ACLs");
		assertThat(reply.header("X-Consul-Default-Acl-Policy"))
			.isEqualTo((version == ConsulVersion.V1_8) ? null : "deny");
		Reply self = new RawHttp(this.consul.url()).get("/v1/agent/self");
		assertThat(self.string("/DebugConfig/ACLDefaultPolicy")).isEqualTo("deny");
		assertThat(self.string("/Config/Version")).isEqualTo(version.text());
	}

	@Test
	void bringsBackWhatItRemembers() {
		this.consul.intentions().deny("web", "api");
		Runnable before = this.consul.intentions().remember();
		this.consul.intentions().clear().permissions("web", "api", PERMISSIONS).defaultPolicy(DefaultPolicy.DENY);
		before.run();
		assertThat(get("exact?source=web&destination=api").get("Action").asString()).isEqualTo("deny");
		assertThat(allowed("other")).isTrue();
	}

}
