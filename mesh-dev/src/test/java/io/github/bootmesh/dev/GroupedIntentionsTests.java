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

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Intentions as Consul keeps them since 1.9. The texts are those of its source.
 */
class GroupedIntentionsTests {

	private static final String INTENTIONS = "/v1/connect/intentions";

	private static final String ENTRY = "/v1/config/service-intentions/api";

	private static final String MATCH = INTENTIONS + "/match?by=destination&name=api";

	private final DevConsul consul = DevConsul.start();

	private final RawHttp http = new RawHttp(this.consul.url());

	@AfterEach
	void stop() {
		this.consul.close();
	}

	private static String exact(String source) {
		return INTENTIONS + "/exact?source=" + source + "&destination=api";
	}

	private Reply putExact(String source, String body) {
		return this.http.put(exact(source), body.replace('\'', '"'));
	}

	private Reply putEntry(String body) {
		return this.http.put("/v1/config", body.replace('\'', '"'));
	}

	private void allow(String source) {
		assertThat(putExact(source, "{'Action':'allow'}").text()).isEqualTo("true");
	}

	private static void assertText(Reply reply, int status, String text) {
		assertThat(reply.status()).as(reply.toString()).isEqualTo(status);
		assertThat(reply.header("Content-Type")).isEqualTo("text/plain; charset=utf-8");
		assertThat(reply.text().replaceAll("\\s+", " ")).isEqualTo(text);
	}

	@Test
	void anIntentionThatIsWrittenForAPairTakesThePlaceOfTheOneBefore() {
		allow("web");
		putExact("web", "{'Permissions':[{'Action':'allow','HTTP':{'Methods':['get']}}],'Description':'reads'}");
		Reply read = this.http.get(exact("web"));
		assertThat(read.fields("")).containsExactly("Description", "SourceNS", "SourceName", "DestinationNS",
				"DestinationName", "SourceType", "Permissions", "Precedence", "CreateIndex", "ModifyIndex");
		assertThat(read.string("/Permissions/0/HTTP/Methods/0")).isEqualTo("GET");
		assertThat(read.json().get("ModifyIndex").asLong()).isGreaterThan(read.json().get("CreateIndex").asLong());
		assertThat(this.http.get(INTENTIONS).json()).hasSize(1);
	}

	@Test
	void theIntentionsOfADestinationAreOneEntry() {
		allow("*");
		allow("web");
		Reply entry = this.http.get(ENTRY);
		assertThat(entry.fields("")).containsExactly("Kind", "Name", "Sources", "CreateIndex", "ModifyIndex");
		assertThat(entry.string("/Sources/0/Name")).isEqualTo("web");
		assertThat(entry.string("/Sources/1/Name")).isEqualTo("*");
		JsonNode any = this.http.get(exact("*")).json();
		assertThat(any.get("ModifyIndex")).isEqualTo(this.http.get(exact("web")).json().get("ModifyIndex"));
		putEntry("{'Kind':'service-intentions','Name':'api','Meta':{'owner':'me'},"
				+ "'Sources':[{'Name':'db','Action':'deny'}]}");
		assertText(this.http.get(exact("web")), 404, "Intention not found");
		assertThat(this.http.get(exact("db")).string("/Meta/owner")).isEqualTo("me");
		assertThat(this.http.get(ENTRY).json().get("CreateIndex")).isEqualTo(entry.json().get("CreateIndex"));
		assertThat(this.http.get("/v1/config/service-intentions").json()).hasSize(1);
		assertThat(this.http.call("DELETE", ENTRY).text()).isEqualTo("{}");
		assertThat(this.http.call("DELETE", ENTRY).text()).isEqualTo("{}");
		assertThat(this.http.get(INTENTIONS).json()).isEmpty();
	}

	@Test
	void anEntryEndsWithItsLastIntention() {
		allow("web");
		assertThat(this.http.call("DELETE", exact("web")).text()).isEqualTo("true");
		assertText(this.http.get(ENTRY), 404, "Config entry not found for \"service-intentions\" / \"api\"");
		long index = this.http.get(INTENTIONS).index();
		assertThat(this.http.call("DELETE", exact("web")).text()).isEqualTo("true");
		assertThat(this.http.get(INTENTIONS).index()).isEqualTo(index);
	}

	@Test
	void whoWaitsForAMatchIsToldWithTheIndexOfTheMatch() throws Exception {
		Reply before = this.http.get(MATCH);
		assertThat(before.json().get("api").isNull()).isTrue();
		CompletableFuture<Reply> next = this.http.getLater(MATCH + "&wait=30s&index=" + before.index());
		allow("web");
		Reply after = next.get(10, TimeUnit.SECONDS);
		assertThat(after.index()).isGreaterThan(before.index());
		assertThat(after.string("/api/0/SourceName")).isEqualTo("web");
		Reply same = this.http.get(MATCH + "&wait=10ms&index=" + after.index());
		assertThat(same.index()).isEqualTo(after.index());
	}

	@Test
	void aMatchIsCachedByWhatIsAskedFor() {
		assertThat(this.http.get(MATCH + "&cached").header("X-Cache")).isEqualTo("MISS");
		assertThat(this.http.get(MATCH + "&cached&index=1&wait=10ms").header("X-Cache")).isEqualTo("MISS");
		assertThat(this.http.get(MATCH + "&cached").header("X-Cache")).isEqualTo("HIT");
		assertThat(this.http.get(MATCH + "&name=web&cached").header("X-Cache")).isEqualTo("MISS");
	}

	@Test
	void intentionsWithAnIdAreStillWritten() {
		String id = this.http
			.post(INTENTIONS, "{\"SourceName\":\"web\",\"DestinationName\":\"api\",\"Action\":\"allow\"}")
			.string("/ID");
		assertThat(this.http.get(INTENTIONS + "/" + id).fields("")).containsExactly("ID", "SourceNS", "SourceName",
				"DestinationNS", "DestinationName", "SourceType", "Action", "Precedence", "CreatedAt", "UpdatedAt",
				"Hash", "CreateIndex", "ModifyIndex");
		this.http.put(INTENTIONS + "/" + id,
				"{\"SourceName\":\"web\",\"DestinationName\":\"api\",\"Action\":\"deny\"}");
		assertThat(this.http.get(exact("web")).string("/Action")).isEqualTo("deny");
		assertThat(this.http.get(ENTRY).string("/Sources/0/LegacyID")).isEqualTo(id);
		assertText(
				this.http.put(INTENTIONS + "/" + id,
						"{\"SourceName\":\"web\",\"DestinationName\":\"db\",\"Action\":\"deny\"}"),
				500, "Cannot modify Destination partition/namespace/name for an intention once it exists.");
		assertThat(this.http.call("DELETE", INTENTIONS + "/" + id).text()).isEqualTo("true");
		assertThat(this.http.get(INTENTIONS).json()).isEmpty();
	}

	@Test
	void onesWithAnIdAndOnesWithoutAreNotInOneEntry() {
		allow("web");
		assertText(
				this.http.post(INTENTIONS, "{\"SourceName\":\"db\",\"DestinationName\":\"api\",\"Action\":\"allow\"}"),
				500, "Sources[0].LegacyCreateTime must be set");
		assertThat(this.http.get(INTENTIONS).json()).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"{'Action':'zork'} | Sources[0].Action must be set to 'allow' or 'deny'",
			"{} | Sources[0].Action must be set to 'allow' or 'deny'",
			"{'Action':'allow','Permissions':[{'Action':'deny','HTTP':{'PathPrefix':'/'}}]} | Sources[0].Action must be omitted if Permissions are specified",
			"{'Permissions':[{'HTTP':{'PathPrefix':'/'}}]} | Sources[0].Permissions[0].Action must be set to 'allow' or 'deny'",
			"{'Permissions':[{'Action':'deny'}]} | Sources[0].Permissions[0].HTTP is required",
			"{'Permissions':[{'Action':'deny','HTTP':{}}]} | Sources[0].Permissions[0].HTTP should not be empty",
			"{'Permissions':[{'Action':'deny','HTTP':{'PathExact':'x'}}]} | Sources[0].Permissions[0].HTTP.PathExact doesn't start with '/': \"x\"",
			"{'Permissions':[{'Action':'deny','HTTP':{'PathPrefix':'x'}}]} | Sources[0].Permissions[0].HTTP.PathPrefix doesn't start with '/': \"x\"",
			"{'Permissions':[{'Action':'deny','HTTP':{'PathExact':'/x','PathRegex':'/x'}}]} | Sources[0].Permissions[0].HTTP should only contain at most one of PathExact, PathPrefix, or PathRegex",
			"{'Permissions':[{'Action':'deny','HTTP':{'Methods':['GET','get']}}]} | Sources[0].Permissions[0].HTTP.Methods contains \"GET\" more than once",
			"{'Permissions':[{'Action':'deny','HTTP':{'Methods':['ZORK']}}]} | Sources[0].Permissions[0].HTTP.Methods contains an invalid method \"ZORK\"",
			"{'Permissions':[{'Action':'deny','HTTP':{'Header':[{'Exact':'x'}]}}]} | Sources[0].Permissions[0].HTTP.Header[0] missing required Name field",
			"{'Permissions':[{'Action':'deny','HTTP':{'Header':[{'Name':'x'}]}}]} | Sources[0].Permissions[0].HTTP.Header[0] should only contain one of Present, Exact, Prefix, Suffix, Contains, or Regex",
			"{'Permissions':[{'Action':'deny','HTTP':{'Header':[{'Name':'x','Exact':'x','Regex':'x'}]}}]} | Sources[0].Permissions[0].HTTP.Header[0] should only contain one of Present, Exact, Prefix, Suffix, Contains, or Regex",
			"{'Permissions':[{'Action':'deny','HTTP':{'Header':[{'Name':'x','Present':true,'IgnoreCase':true}]}}]} | Sources[0].Permissions[0].HTTP.Header[0] should set one of Exact, Prefix, Suffix, or Contains when using IgnoreCase",
			"{'Action':'allow','SourceType':'zork'} | Sources[0].Type must be set to 'consul'",
			"{'Action':'allow','Meta':{'a':'b'}} | Meta must not be specified" })
	void refusesAnIntention(String body, String text) {
		assertText(putExact("web", body), 500, text);
		assertThat(this.http.get(INTENTIONS).json()).isEmpty();
	}

	@Test
	void refusesWhatIsNoPair() {
		assertText(putExact("we*", "{'Action':'allow'}"), 500,
				"Sources[0].Name: wildcard character '*' cannot be used with partial values");
		assertText(putExact("other/web", "{'Action':'allow'}"), 400,
				"Invalid SourceNS(other): Namespaces is a Consul Enterprise feature");
		assertText(putExact("", "{'Action':'allow'}"), 500, "required query parameter 'source' not set");
		assertText(this.http.get(INTENTIONS + "/exact?source=web"), 500,
				"required query parameter 'destination' not set");
		assertText(putExact("web", ""), 400, "Request decode failed: EOF");
		assertText(putExact("web", "{'Zork':1}"), 400, "Request decode failed: json: unknown field \"Zork\"");
		assertText(
				this.http.put(INTENTIONS + "/exact?source=web&destination=*",
						"{\"Permissions\":[{\"Action\":\"deny\",\"HTTP\":{\"PathPrefix\":\"/\"}}]}"),
				500, "Sources[0].Permissions cannot be specified on intentions with wildcarded destinations");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"{'Name':'api'} | 400 | Request decoding failed: Payload does not contain a kind/Kind key at the top level",
			"{'Kind':'zork'} | 400 | Request decoding failed: invalid config entry kind: zork",
			"{'Kind':'mesh'} | 400 | A development Consul keeps no config entries but service-intentions",
			"{'Kind':'service-intentions','Name':'api'} | 500 | At least one source is required",
			"{'Kind':'service-intentions','Sources':[{'Name':'a','Action':'deny'}]} | 500 | Name is required",
			"{'Kind':'service-intentions','Name':'a*','Sources':[{'Name':'a','Action':'deny'}]} | 500 | Name: wildcard character '*' cannot be used with partial values",
			"{'Kind':'service-intentions','Name':'api','Sources':[{'Action':'deny'}]} | 500 | Sources[0].Name is required",
			"{'Kind':'service-intentions','Name':'api','Sources':[{'Name':'a','Action':'deny'},{'Name':'a','Action':'allow'}]} | 500 | Sources[1] defines \"a\" more than once",
			"{'Kind':'service-intentions','Name':'api','Zork':1} | 400 | Request decoding failed: 1 error occurred: * invalid config key \"Zork\"" })
	void refusesAnEntry(String body, int status, String text) {
		assertText(putEntry(body), status, text);
	}

	@Test
	void refusesCompareAndSetRatherThanToPretend() {
		assertText(this.http.put("/v1/config?cas=1", "{}"), 400, "A development Consul does not do ?cas");
		assertText(this.http.call("DELETE", ENTRY + "?cas=1"), 400, "A development Consul does not do ?cas");
	}

	@Test
	void takesWhatAlsoNewerConsulsKnow() {
		this.consul.intentions()
			.permissions("web", "api",
					"[{\"Action\":\"allow\",\"HTTP\":{\"Header\":[{\"Name\":\"x\",\"Contains\":\"y\",\"IgnoreCase\":true}]}}]");
		assertThat(this.http.get(exact("web")).json().at("/Permissions/0/HTTP/Header/0"))
			.hasToString("{\"Name\":\"x\",\"Contains\":\"y\",\"IgnoreCase\":true}");
	}

	@Test
	void namesTheIdInItsReason() {
		String id = this.http.post(INTENTIONS, "{\"SourceName\":\"*\",\"DestinationName\":\"api\",\"Action\":\"deny\"}")
			.string("/ID");
		assertThat(this.http
			.post("/v1/agent/connect/authorize",
					"{\"Target\":\"api\",\"ClientCertURI\":\"spiffe://any.consul/ns/default/dc/dc1/svc/web\"}")
			.string("/Reason"))
			.isEqualTo("Matched L4 intention: default/* => default/api (ID: " + id + ", Precedence: 8, Action: DENY)");
	}

	@Test
	void theIndexStaysWithTheContentWhenItIsReset() {
		allow("web");
		allow("db");
		this.consul.faults().resetIndex();
		assertThat(this.http.get(MATCH).json().get("api")).hasSize(2);
		assertThat(List.of(this.http.get(MATCH).index(), this.http.get(ENTRY).index())).containsOnly(12L);
	}

}
