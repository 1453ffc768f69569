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

package io.github.bootmesh.intention;

import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.intention.IntentionRule.NotUnderstood;
import io.github.bootmesh.intention.IntentionRule.Permissions;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class IntentionReaderTests {

	private static final String SOURCE = "'SourceName': 'web', 'DestinationName': 'api'";

	@Test
	void theIntentionsThatConsul1139SendsAreUnderstood() throws NotUnderstoodException {
		Permissions web = new Permissions(
				List.of(new Permission(false, new PathRule(PathKind.PREFIX, "/admin"), Set.of(), List.of()),
						new Permission(true, new PathRule(PathKind.EXACT, "/health"), Set.of("GET", "HEAD"), List.of()),
						new Permission(true, new PathRule(PathKind.REGEX, "/v[0-9]+/.*"), Set.of(),
								List.of(new HeaderRule("x-tenant", HeaderKind.EXACT, "blue", false, false),
										new HeaderRule("x-debug", HeaderKind.PRESENT, "", true, false)))));
		assertThat(read(Answers.recorded("intentions-match"))).containsExactly(
				intention("admin", "api", IntentionRule.ALLOW), intention("web", "api", web),
				intention("*", "api", IntentionRule.DENY), intention("admin", "*", IntentionRule.ALLOW));
	}

	@Test
	void theIntentionsThatConsul187SendsAreUnderstood() throws NotUnderstoodException {
		JsonNode answer = Answers.json(Answers.about("api", Answers.intention("web", "api", "allow"),
				Answers.intention("*", "api", "deny"), Answers.intention("*", "*", "allow")));
		assertThat(read(answer)).containsExactly(intention("web", "api", IntentionRule.ALLOW),
				intention("*", "api", IntentionRule.DENY), intention("*", "*", IntentionRule.ALLOW));
	}

	@Test
	void noIntentionsAreAnEmptyList() throws NotUnderstoodException {
		assertThat(read(Answers.json("{'api': null}"))).isEmpty();
		assertThat(read(Answers.json("{'api': []}"))).isEmpty();
	}

	@Test
	void whatIsLeftOutIsTheDefault() throws NotUnderstoodException {
		assertThat(read("{%s, 'Action': 'deny'}".formatted(SOURCE))).isEqualTo(IntentionRule.DENY);
		assertThat(read(
				Answers.json("{'api': [{%s, 'Action': 'deny', 'Permissions': null, 'SourcePeer': '', ".formatted(SOURCE)
						+ "'JWT': null, 'SourcePartition': null, 'SourceSamenessGroup': ''}]}")))
			.containsExactly(intention("web", "api", IntentionRule.DENY));
	}

	@Test
	void sourcesOfOtherNamespacesPartitionsAndPeersAreRead() throws NotUnderstoodException {
		assertThat(read(Answers.json("""
				{'api': [{'SourceNS': '*', 'SourceName': '*', 'SourcePartition': 'p1', 'DestinationNS': '*',
				'DestinationPartition': 'p2', 'DestinationName': '*', 'Action': 'allow'},
				{'SourceName': 'web', 'SourcePeer': 'west', 'DestinationName': 'api', 'Action': 'deny'}]}""")))
			.containsExactly(new Intention("p1", "*", "*", "", "*", "*", IntentionRule.ALLOW),
					new Intention("default", "default", "web", "west", "default", "api", IntentionRule.DENY));
	}

	@Test
	void aDestinationMayDifferInCaseAsInConsul() throws NotUnderstoodException {
		assertThat(read(Answers.json("{'api': [{'SourceName': 'web', 'DestinationName': 'API', 'Action': 'deny'}]}")))
			.containsExactly(intention("web", "API", IntentionRule.DENY));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			'Contains': 'a', 'IgnoreCase': true | CONTAINS | a | false | true
			'Prefix': 'a', 'Invert': true | PREFIX | a | true | false
			'Suffix': 'a', 'Exact': '' | SUFFIX | a | false | false
			'Regex': 'a+', 'Present': false | REGEX | a+ | false | false
			""", quoteCharacter = '"')
	void everyKindOfHeaderMatchIsRead(String criterion, HeaderKind kind, String value, boolean invert,
			boolean ignoreCase) throws NotUnderstoodException {
		assertThat(
				read(permissions("{'Action': 'allow', 'HTTP': {'Header': [{'Name': 'x', %s}]}}".formatted(criterion))))
			.isEqualTo(new Permissions(List.of(new Permission(true, null, Set.of(),
					List.of(new HeaderRule("x", kind, value, invert, ignoreCase))))));
	}

	@Test
	void methodsAreComparedInUpperCase() throws NotUnderstoodException {
		assertThat(read(permissions("{'Action': 'deny', 'HTTP': {'Methods': ['get', 'PUT']}}")))
			.isEqualTo(new Permissions(List.of(new Permission(false, null, Set.of("GET", "PUT"), List.of()))));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			'Action': 'allow', 'Zone': 'a'                                              | unknown field 'Zone'
			'Action': 'allow', 'Zone': false                                            | unknown field 'Zone'
			'Action': 'allow', 'JWT': {'Providers': [{'Name': 'okta'}]}                 | JWT
			'Action': 'allow', 'JWT': 1                                                 | JWT
			'Action': 'allow', 'JWT': {}                                                | JWT
			'Action': 'deny', 'JWT': false                                              | JWT
			'Action': 'Allow'                                                           | Action
			'Action': 'log'                                                             | Action
			'Action': 1                                                                 | Action
			'Action': ''                                                                | Action
			'Permissions': []                                                           | Action
			'Permissions': {}                                                           | Permissions
			'Permissions': [null]                                                       | permission
			'Action': 'allow', 'Permissions': [{'Action': 'deny', 'HTTP': {'PathExact': '/'}}] | both
			""")
	void aRuleThatIsNotKnownInFullIsNotUnderstood(String rule, String why) throws NotUnderstoodException {
		assertNotUnderstood("{%s, %s}".formatted(SOURCE, rule), why);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			'HTTP': {'PathExact': '/'}                                   | Action
			'Action': 'drop', 'HTTP': {'PathExact': '/'}                 | Action
			'Action': 'allow'                                            | without criteria
			'Action': 'allow', 'HTTP': null                              | without criteria
			'Action': 'allow', 'HTTP': {}                                | without criteria
			'Action': 'allow', 'HTTP': {'Methods': [], 'PathExact': ''}  | without criteria
			'Action': 'allow', 'HTTP': []                                | HTTP
			'Action': 'allow', 'HTTP': {'PathExact': '/'}, 'GRPC': {}    | unknown field 'GRPC'
			'Action': 'allow', 'HTTP': {'PathExact': '/'}, 'JWT': {'Providers': []} | JWT
			'Action': 'allow', 'HTTP': {'PathExact': '/'}, 'JWT': {}     | JWT
			'Action': 'allow', 'HTTP': {'PathExact': '/', 'PathTemplate': '/{a}'}   | unknown field 'PathTemplate'
			'Action': 'allow', 'HTTP': {'PathExact': '/', 'PathPrefix': '/'}        | more than one path
			'Action': 'deny', 'HTTP': {'PathExact': 'admin'}             | PathExact
			'Action': 'deny', 'HTTP': {'PathPrefix': 'admin'}            | PathPrefix
			'Action': 'deny', 'HTTP': {'PathRegex': 7}                   | PathRegex
			'Action': 'allow', 'HTTP': {'Methods': 'GET'}                | Methods
			'Action': 'allow', 'HTTP': {'Methods': ['']}                 | Methods
			'Action': 'allow', 'HTTP': {'Methods': [null]}               | Methods
			'Action': 'allow', 'HTTP': {'Header': {'Name': 'x'}}         | Header
			""")
	void aPermissionThatIsNotKnownInFullIsNotUnderstood(String permission, String why) throws NotUnderstoodException {
		assertNotUnderstood(permissions("{%s}".formatted(permission)), why);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			'Name': 'x'                                        | 0 criteria
			'Name': 'x', 'Present': false                      | 0 criteria
			'Name': 'x', 'Exact': ''                           | 0 criteria
			'Name': 'x', 'Exact': 'a', 'Prefix': 'a'           | 2 criteria
			'Name': 'x', 'Present': true, 'Regex': 'a'         | 2 criteria
			'Present': true                                    | Name
			'Name': '', 'Present': true                        | Name
			'Name': 'x', 'Present': 'true'                     | Present
			'Name': 'x', 'Exact': true                         | Exact
			'Name': 'x', 'Exact': 'a', 'Invert': 1             | Invert
			'Name': 'x', 'Exact': 'a', 'Trim': true            | unknown field 'Trim'
			'Name': 'x', 'Present': true, 'IgnoreCase': true   | IgnoreCase
			'Name': 'x', 'Regex': 'a', 'IgnoreCase': true      | IgnoreCase
			""")
	void aHeaderMatchThatIsNotKnownInFullIsNotUnderstood(String header, String why) throws NotUnderstoodException {
		assertNotUnderstood(
				permissions("{'Action': 'allow', 'HTTP': {'PathExact': '/', 'Header': [{%s}]}}".formatted(header)),
				why);
	}

	@Test
	void oneRuleThatIsNotUnderstoodLeavesTheOthersAlone() throws NotUnderstoodException {
		List<Intention> read = read(Answers.json("""
				{'api': [{'SourceName': 'a', 'DestinationName': 'api', 'Action': 'allow', 'New': 1},
				{'SourceName': 'b', 'DestinationName': 'api', 'Action': 'allow'}]}"""));
		assertThat(read.get(0).rule()).isInstanceOf(NotUnderstood.class);
		assertThat(read.get(1).rule()).isEqualTo(IntentionRule.ALLOW);
	}

	@ParameterizedTest
	@ValueSource(strings = { "'DestinationName': 'api'", "'SourceName': '', 'DestinationName': 'api'",
			"'SourceName': null, 'DestinationName': 'api'", "'SourceName': ['web'], 'DestinationName': 'api'",
			"'SourceName': 'we*', 'DestinationName': 'api'", "'SourceName': 'web\\nx', 'DestinationName': 'api'",
			"'SourceNS': '*', 'SourceName': 'web', 'DestinationName': 'api'",
			"'SourceNS': 'a*', 'SourceName': '*', 'DestinationName': 'api'",
			"'SourceNS': 1, 'SourceName': '*', 'DestinationName': 'api'",
			"'SourceName': 'web', 'DestinationName': 'api', 'SourceType': 'external'",
			"'SourceName': 'web', 'DestinationName': 'api', 'SourcePeer': '*'",
			"'SourceName': 'web', 'DestinationName': 'api', 'SourcePartition': '*'",
			"'SourceName': 'web', 'DestinationName': 'api', 'SourcePeer': 'west', 'SourcePartition': 'p1'",
			"'SourceName': 'web', 'DestinationName': 'api', 'SourceSamenessGroup': 'group'",
			"'SourceName': 'web', 'DestinationName': 'api', 'SourceRegion': 'west'",
			"'SourceName': 'web', 'DestinationName': 'other'", "'SourceName': 'web'",
			"'SourceName': 'web', 'DestinationNS': '*', 'DestinationName': 'api'" })
	void anIntentionWhoseSourceCannotBeReadMakesTheAnswerUnreadable(String names) {
		assertUnreadable("{'api': [{'SourceName': 'ok', 'DestinationName': 'api', 'Action': 'allow'}, "
				+ "{%s, 'Action': 'deny'}]}".formatted(names));
	}

	@ParameterizedTest
	@ValueSource(strings = { "null", "[]", "7", "{}", "{'other': []}", "{'api': {}}", "{'api': 'x'}", "{'api': [null]}",
			"{'api': [[]]}", "{'api': [], 'other': []}", "{'API': []}" })
	void anAnswerOfAnotherShapeIsUnreadable(String answer) {
		assertUnreadable(answer);
	}

	@Test
	void whatConsulSendsIsShownInOneShortLine() throws NotUnderstoodException {
		String name = "a\\nb\\u202e" + "c".repeat(1000);
		NotUnderstood rule = (NotUnderstood) read("{%s, 'Action': 'allow', '%s': 1}".formatted(SOURCE, name));
		assertThat(rule.why()).hasSizeLessThan(120).contains("'a?b?ccc").doesNotContainPattern("[\\p{Cntrl}\\p{Cf}]");
	}

	private static void assertNotUnderstood(String intention, String why) throws NotUnderstoodException {
		assertThat(read(intention)).isInstanceOfSatisfying(NotUnderstood.class,
				(rule) -> assertThat(rule.why()).contains(why));
	}

	private static void assertUnreadable(String answer) {
		assertThatExceptionOfType(NotUnderstoodException.class).isThrownBy(() -> read(Answers.json(answer)));
	}

	private static String permissions(String... permissions) {
		return "{%s, 'Permissions': [%s]}".formatted(SOURCE, String.join(", ", permissions));
	}

	private static IntentionRule read(String intention) throws NotUnderstoodException {
		return read(Answers.json("{'api': [%s]}".formatted(intention))).get(0).rule();
	}

	private static List<Intention> read(JsonNode answer) throws NotUnderstoodException {
		return new IntentionReader("api").read(answer);
	}

	private static Intention intention(String source, String destination, IntentionRule rule) {
		return new Intention("default", "default", source, "", "default", destination, rule);
	}

}
