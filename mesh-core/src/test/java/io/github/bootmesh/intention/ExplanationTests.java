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
import org.junit.jupiter.params.provider.EnumSource;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;

import static org.assertj.core.api.Assertions.assertThat;

class ExplanationTests {

	private static final SpiffeId API = new SpiffeId("ours.consul", "default", "default", "dc1", "api");

	private static final SpiffeId WEB = new SpiffeId("ours.consul", "default", "default", "dc1", "web");

	private static final IntentionRule PERMISSIONS = new IntentionRule.Permissions(
			List.of(new Permission(false, new PathRule(PathKind.PREFIX, "/admin"), Set.of(), List.of()),
					new Permission(true, null, Set.of("PUT", "DELETE"), List.of()),
					new Permission(true, null, Set.of(),
							List.of(new HeaderRule("x-role", HeaderKind.PREFIX, "adm", false, true))),
					new Permission(true, null, Set.of(),
							List.of(new HeaderRule("x-tenant", HeaderKind.PRESENT, "", false, false)))));

	private static final IntentionSet SET = IntentionSet.compile(API, List.of(intention("*", "*", IntentionRule.ALLOW),
			intention("web", "api", PERMISSIONS), intention("jobs", "api", IntentionRule.DENY)),
			new DefaultPolicy(false, "acl.default_policy"));

	private static Intention intention(String source, String destination, IntentionRule rule) {
		return new Intention("default", "default", source, "", "default", destination, rule);
	}

	@Test
	void eachRuleSaysWhyItDoesNotMatchUpToTheOneThatDecides() {
		assertThat(SET.explain(WEB, Asked.get("/x").with("x-role", "secret-value").with("x-tenant", "other-secret")))
			.hasToString("""
					no match: deny jobs => api (precedence 9): source is another service
					match:    permissions of web => api (precedence 9): all of it matches
					no match: deny by permission 1 of web => api (precedence 9): path is not prefix '/admin'
					no match: allow by permission 2 of web => api (precedence 9): method is not one of [DELETE, PUT]
					no match: allow by permission 3 of web => api (precedence 9): \
					no value of header x-role is as the rule asks for (prefix, ignoring case)
					match:    allow by permission 4 of web => api (precedence 9): all of it matches
					ALLOWED: allow by permission 4 of web => api (precedence 9)""");
	}

	@Test
	void whereRequestsAreNotLookedAtPermissionsAreExplainedAsADenial() {
		assertThat(SET.explainOpaqueConnection(WEB)).hasToString("""
				no match: deny jobs => api (precedence 9): source is another service
				match:    deny web => api (precedence 9), as requests are not looked at: all of it matches
				DENIED: deny web => api (precedence 9), as requests are not looked at""");
		assertThat(SET.explainOpaqueConnection(WEB).decision()).isEqualTo(SET.opaqueConnection(WEB));
		assertThat(SET.requestRules()).containsExactly("permissions of web => api (precedence 9)");
	}

	@Test
	void aConnectionIsExplainedByItsSourceAlone() {
		assertThat(SET.explainConnection(new SpiffeId("ours.consul", "default", "default", "dc1", "jobs")))
			.hasToString("""
					match:    deny jobs => api (precedence 9): all of it matches
					DENIED: deny jobs => api (precedence 9)""");
		assertThat(SET.explainConnection(WEB).decision()).isEqualTo(SET.connection(WEB));
		assertThat(SET.explainConnection(WEB.in("theirs.consul")).decision())
			.isEqualTo(SET.connection(WEB.in("theirs.consul")));
	}

	@Test
	void theDefaultIsTheLastStepWhereNothingMatches() {
		assertThat(SET.explain(WEB, Asked.get("/x")).steps()).last()
			.isEqualTo(new Explanation.Step(
					"default deny (acl.default_policy): no permission of web => api (precedence 9) matches", true,
					"nothing before it decides"));
	}

	@Test
	void whatOtherIntentionsSayIsNotLookedAt() {
		assertThat(SET.explain(new SpiffeId("ours.consul", "default", "default", "dc1", "jobs"), Asked.get("/a/../b"))
			.steps()).singleElement().matches(Explanation.Step::matched);
	}

	@Test
	void anAmbiguousPathIsTheReason() {
		Explanation explanation = SET.explain(WEB, Asked.get("/a/../admin"));
		assertThat(explanation.decision().outcome()).isEqualTo(Decision.Outcome.AMBIGUOUS);
		assertThat(explanation.toString()).endsWith("AMBIGUOUS: the path has a dot segment");
		assertThat(explanation.steps()).hasSize(3)
			.last()
			.isEqualTo(new Explanation.Step("the path has a dot segment", true, "refused whatever rules say"));
	}

	@Test
	void whoIsMeantByAnIntentionIsSaid() {
		IntentionSet set = IntentionSet.compile(API,
				List.of(new Intention("default", "default", "web", "east", "default", "api", IntentionRule.ALLOW),
						new Intention("eu", "default", "web", "", "default", "api", IntentionRule.ALLOW),
						new Intention("default", "team", "web", "", "default", "api", IntentionRule.ALLOW)),
				new DefaultPolicy(false, "test"));
		assertThat(set.explain(WEB, Asked.get("/"))).hasToString("""
				no match: allow peer east: web => api (precedence 9): source is of no peer
				no match: allow eu/default/web => api (precedence 9): source is in another partition
				no match: allow team/web => api (precedence 9): source is in another namespace
				match:    default deny (test): no intention matches: nothing before it decides
				DENIED: default deny (test): no intention matches""");
	}

	@ParameterizedTest
	@EnumSource(value = HeaderKind.class, names = "PRESENT", mode = EnumSource.Mode.EXCLUDE)
	void noHeaderValueOfARuleIsShown(HeaderKind kind) {
		for (String value : List.of("s3cret", "s3cret\u00e9", "s3cret(", "s3cret**", "s3cret{1000}{1000}",
				"(s3cret){2001}")) {
			for (boolean invert : List.of(false, true)) {
				Permission permission = new Permission(true, null, Set.of(),
						List.of(new HeaderRule("x-role", kind, value, invert, false)));
				IntentionSet set = IntentionSet.compile(API,
						List.of(intention("web", "api", new IntentionRule.Permissions(List.of(permission)))),
						new DefaultPolicy(false, "test"));
				assertThat(set.explain(WEB, Asked.get("/").with("x-role", invert ? value : "x")).toString())
					.doesNotContain("s3cret");
				assertThat(set.rules().toString()).doesNotContain("s3cret");
				assertThat(set.notUnderstood().toString()).doesNotContain("s3cret");
			}
		}
	}

	@Test
	void noHeaderValueOfTheRequestIsShown() {
		Asked request = Asked.get("/x").with("x-role", "secret-value").with("x-tenant", "other-secret");
		assertThat(SET.explain(WEB, request).toString()).doesNotContain("secret");
	}

}
