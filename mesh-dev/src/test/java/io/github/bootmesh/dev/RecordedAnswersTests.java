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

import java.io.File;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The development Consul answers as a real Consul 1.13.9 did that knew the same
 * intentions and denied by default: status, headers and body, but for the indices.
 */
class RecordedAnswersTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final File RECORDED = new File("src/test/resources/consul-1.13.9");

	private static final String API = """
			{"Kind":"service-intentions","Name":"api","Sources":[
			  {"Name":"web","Description":"web may read","Permissions":[
			    {"Action":"deny","HTTP":{"PathPrefix":"/admin"}},
			    {"Action":"allow","HTTP":{"PathExact":"/health","Methods":["get","HEAD"]}},
			    {"Action":"allow","HTTP":{"PathRegex":"/v[0-9]+/.*","Header":[{"Name":"x-tenant","Exact":"blue"},
			      {"Name":"x-debug","Present":true,"Invert":true}]}}]},
			  {"Name":"admin","Action":"allow"},
			  {"Name":"*","Action":"deny"}]}""";

	private final DevConsul consul = DevConsul
		.start(DevConsulSettings.DEFAULTS.withDefaultIntentionPolicy(DefaultPolicy.DENY));

	private final RawHttp http = new RawHttp(this.consul.url());

	static Stream<String> recorded() {
		return Arrays.stream(Objects.requireNonNull(RECORDED.list())).sorted();
	}

	@BeforeEach
	void write() {
		put(API);
		put("{\"Kind\":\"service-intentions\",\"Name\":\"*\",\"Sources\":[{\"Name\":\"admin\",\"Action\":\"allow\"}]}");
		put("{\"Kind\":\"service-intentions\",\"Name\":\"billing\",\"Sources\":[{\"Name\":\"api\",\"Action\":\"allow\"}]}");
	}

	private void put(String entry) {
		assertThat(this.http.put("/v1/config", entry).text()).isEqualTo("true");
	}

	@AfterEach
	void stop() {
		this.consul.close();
	}

	@ParameterizedTest
	@MethodSource("recorded")
	void answersAsRecorded(String file) {
		JsonNode expected = JSON.readTree(new File(RECORDED, file));
		JsonNode request = expected.get("request");
		Reply reply = this.http.call(request.get("method").asString(), request.get("path").asString(),
				request.path("body").isMissingNode() ? "" : request.get("body").toString());
		assertThat(reply.status()).isEqualTo(expected.get("status").asInt());
		expected.get("headers").properties().forEach((header) -> {
			if (header.getKey().equals("X-Consul-Index")) {
				assertThat(reply.index()).isPositive();
			}
			else {
				assertThat(reply.header(header.getKey())).as(header.getKey()).isEqualTo(header.getValue().asString());
			}
		});
		assertThat(Stream.of("X-Consul-Index", "X-Cache", "X-Consul-Query-Backend", "X-Consul-Effective-Consistency")
			.filter((name) -> reply.header(name) != null)).allMatch(expected.get("headers")::has);
		JsonNode body = expected.get("body");
		if (body.isString()) {
			assertThat(reply.text()).isEqualTo(body.asString().strip());
		}
		else {
			assertThat(withoutIndices(reply.json())).hasToString(withoutIndices(body).toString());
		}
	}

	private static JsonNode withoutIndices(JsonNode node) {
		node.findParents("CreateIndex").forEach((parent) -> {
			assertThat(parent.get("CreateIndex").asLong()).isPositive();
			((ObjectNode) parent).remove("CreateIndex");
			((ObjectNode) parent).remove("ModifyIndex");
		});
		return node;
	}

}
