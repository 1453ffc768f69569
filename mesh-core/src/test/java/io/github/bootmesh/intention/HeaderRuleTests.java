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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;

import static org.assertj.core.api.Assertions.assertThat;

class HeaderRuleTests {

	private static final SpiffeId WEB = new SpiffeId("ours.consul", "default", "default", "dc1", "web");

	private static final SpiffeId API = new SpiffeId("ours.consul", "default", "default", "dc1", "api");

	private static Decision decide(HeaderRule rule, RequestFacts request) {
		return IntentionSet
			.compile(API,
					List.of(new Intention("default", "default", "web", "", "default", "api",
							new IntentionRule.Permissions(
									List.of(new Permission(true, null, Set.of(), List.of(rule)))))),
					new DefaultPolicy(false, "test"))
			.request(WEB, request);
	}

	private static boolean matches(HeaderRule rule, String... values) {
		Asked request = (values.length > 0) ? Asked.get("/").with("X-Role", values) : Asked.get("/");
		return decide(rule, request).allowed();
	}

	private static HeaderRule rule(HeaderKind kind, String value, boolean ignoreCase) {
		return new HeaderRule("x-role", kind, value, false, ignoreCase);
	}

	private static HeaderRule inverted(HeaderKind kind, String value) {
		return new HeaderRule("x-role", kind, value, true, false);
	}

	@ParameterizedTest
	@CsvSource({ "EXACT,admin,false,admin,true", "EXACT,admin,false,Admin,false", "EXACT,admin,true,ADMIN,true",
			"EXACT,Admin,true,aDMIN,true", "EXACT,admin,true,administrator,false", "EXACT,admin,false,admi,false",
			"PREFIX,adm,false,admin,true", "PREFIX,Adm,true,aDMin,true", "PREFIX,adm,false,Admin,false",
			"PREFIX,adm,true,ad,false", "SUFFIX,min,false,admin,true", "SUFFIX,MIN,true,admin,true",
			"SUFFIX,min,false,adMIN,false", "SUFFIX,min,false,minor,false", "CONTAINS,dmi,false,admin,true",
			"CONTAINS,dmi,false,aDMIn,false", "CONTAINS,dmi,true,aDMIn,true", "CONTAINS,admin,false,admin,true",
			"CONTAINS,admin,false,admi,false", "CONTAINS,aab,false,aaab,true", "CONTAINS,n,false,admin,true",
			"REGEX,adm[a-z]+,false,admin,true", "REGEX,adm,false,admin,false", "REGEX,dmin,false,admin,false",
			"REGEX,(?i)ADMIN,false,admin,true" })
	void aValueIsComparedAsTheRuleSays(HeaderKind kind, String value, boolean ignoreCase, String sent,
			boolean matches) {
		assertThat(matches(rule(kind, value, ignoreCase), sent)).isEqualTo(matches);
		assertThat(matches(rule(kind, value, ignoreCase), " \t" + sent + "\t ")).isEqualTo(matches);
		assertThat(matches(new HeaderRule("X-ROLE", kind, value, true, ignoreCase), sent)).isEqualTo(!matches);
	}

	@Test
	void anyOneOfRepeatedValuesIsAMatchAndInvertNegatesThat() {
		assertThat(matches(rule(HeaderKind.EXACT, "admin", false), "user", "admin")).isTrue();
		assertThat(matches(rule(HeaderKind.EXACT, "user,admin", false), "user", "admin")).isFalse();
		assertThat(matches(inverted(HeaderKind.EXACT, "admin"), "user", "admin")).isFalse();
		assertThat(matches(inverted(HeaderKind.CONTAINS, "adm"), "user", "guest")).isTrue();
	}

	@Test
	void aHeaderThatIsMissingMatchesNothingButInvertedPresence() {
		for (HeaderKind kind : HeaderKind.values()) {
			String value = (kind != HeaderKind.PRESENT) ? "admin" : "";
			assertThat(matches(rule(kind, value, false))).isFalse();
			assertThat(matches(inverted(kind, value))).isEqualTo(kind == HeaderKind.PRESENT);
		}
		assertThat(matches(rule(HeaderKind.PRESENT, "", false), "")).isTrue();
		assertThat(matches(inverted(HeaderKind.PRESENT, ""), "")).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "host", "Host", ":authority" })
	void theAuthorityIsAHeader(String name) {
		HeaderRule rule = new HeaderRule(name, HeaderKind.EXACT, "api.example", false, false);
		assertThat(decide(rule, Asked.get("/")).allowed()).isTrue();
		assertThat(decide(rule, Asked.get("/").without("host").with("host", "other")).allowed()).isFalse();
	}

	@Test
	void twoAuthoritiesAreAmbiguousWhereARuleLooksAtThem() {
		HeaderRule host = new HeaderRule("host", HeaderKind.EXACT, "api.example", false, false);
		assertThat(decide(host, Asked.get("http://API.example/x")).outcome()).isEqualTo(Decision.Outcome.ALLOWED);
		for (String target : List.of("http://other/x", "http://user@api.example/x", "ftp://api.example/", "other:443",
				"http://api.example\\@other/", "")) {
			assertThat(decide(host, Asked.get(target)).outcome()).as(target).isEqualTo(Decision.Outcome.AMBIGUOUS);
		}
		assertThat(decide(host, Asked.of("CONNECT", "api.example")).allowed()).isTrue();
		assertThat(decide(host, Asked.of("OPTIONS", "*")).allowed()).isTrue();
		assertThat(
				decide(rule(HeaderKind.PRESENT, "", false), Asked.get("http://other/").with("x-role", "x")).allowed())
			.isTrue();
	}

	@Test
	void twoHostsAreAmbiguousWhateverRulesSay() {
		Asked two = Asked.get("/").with("x-role", "x").with("Host", "api.example");
		assertThat(decide(rule(HeaderKind.PRESENT, "", false), two).outcome()).isEqualTo(Decision.Outcome.AMBIGUOUS);
		assertThat(IntentionSet.compile(API, List.of(), new DefaultPolicy(true, "test")).request(WEB, two).rule())
			.isEqualTo("more than one Host");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "http://api.example/", "*" })
	void whereARuleLooksAtTheHostThereHasToBeOne(String target) {
		HeaderRule other = new HeaderRule("host", HeaderKind.EXACT, "api.example", true, false);
		HeaderRule none = new HeaderRule(":authority", HeaderKind.PRESENT, "", true, false);
		for (HeaderRule host : List.of(other, none)) {
			assertThat(decide(host, Asked.get(target).without("host")).outcome()).isEqualTo(Decision.Outcome.AMBIGUOUS);
		}
		assertThat(decide(rule(HeaderKind.PRESENT, "", false), Asked.get(target).with("x-role", "x").without("host"))
			.allowed()).isTrue();
	}

	@ParameterizedTest
	@EnumSource(value = HeaderKind.class, names = { "PRESENT", "REGEX" })
	void ignoringCaseWhereItHasNoMeaningIsNotUnderstood(HeaderKind kind) {
		assertNotUnderstood(new HeaderRule("x-role", kind, "a", false, true));
	}

	@Test
	void whatCannotBeComparedIsNotUnderstood() {
		for (HeaderKind kind : List.of(HeaderKind.EXACT, HeaderKind.PREFIX, HeaderKind.SUFFIX, HeaderKind.CONTAINS,
				HeaderKind.REGEX)) {
			assertNotUnderstood(rule(kind, "", false));
			assertNotUnderstood(rule(kind, "müller", false));
		}
		assertNotUnderstood(rule(HeaderKind.REGEX, "(", false));
		assertNotUnderstood(new HeaderRule("", HeaderKind.PRESENT, "", true, false));
		assertNotUnderstood(new HeaderRule(":path", HeaderKind.PREFIX, "/", false, false));
	}

	private static void assertNotUnderstood(HeaderRule rule) {
		Decision decision = decide(rule, Asked.get("/").with("x-role", "admin"));
		assertThat(decision.allowed()).isFalse();
		assertThat(decision.rule()).contains("not understood");
	}

}
