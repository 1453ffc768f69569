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

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import com.google.re2j.Pattern;
import com.sun.management.ThreadMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.MockedStatic;
import org.mockito.Mockito;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;

import static org.assertj.core.api.Assertions.assertThat;

class IntentionSetTests {

	private static final String DOMAIN = "ours.consul";

	private static final SpiffeId API = service("api");

	private static final SpiffeId WEB = service("web");

	private static final DefaultPolicy DENY = new DefaultPolicy(false, "acl.default_policy");

	private static final DefaultPolicy ALLOW = new DefaultPolicy(true, "acl.default_policy");

	private static final IntentionRule GETS = new IntentionRule.Permissions(
			List.of(new Permission(true, null, Set.of("GET"), List.of())));

	private static SpiffeId service(String name) {
		return in("default", "default", name);
	}

	private static SpiffeId in(String partition, String namespace, String name) {
		return new SpiffeId(DOMAIN, partition, namespace, "dc1", name);
	}

	private static Intention intention(String source, String destination, IntentionRule rule) {
		return intention("default", "default", source, "", destination, rule);
	}

	private static Intention intention(String partition, String namespace, String source, String peer,
			String destination, IntentionRule rule) {
		return new Intention(partition, namespace, source, peer, "default", destination, rule);
	}

	private static IntentionSet set(DefaultPolicy defaultPolicy, Intention... intentions) {
		return IntentionSet.compile(API, List.of(intentions), defaultPolicy);
	}

	@Test
	void theMostExactIntentionDecidesWhateverTheOrder() {
		Intention exact = intention("web", "api", IntentionRule.DENY);
		Intention anySource = intention("*", "api", IntentionRule.ALLOW);
		Intention anyDestination = intention("web", "*", IntentionRule.DENY);
		Intention any = intention("*", "*", IntentionRule.DENY);
		assertThat(set(ALLOW, any, anyDestination, anySource, exact).connection(WEB))
			.isEqualTo(new Decision(Decision.Outcome.DENIED, "deny web => api (precedence 9)"));
		assertThat(set(DENY, any, anyDestination, anySource).connection(WEB))
			.isEqualTo(new Decision(Decision.Outcome.ALLOWED, "allow * => api (precedence 8)"));
		assertThat(set(ALLOW, any, anyDestination).connection(WEB).rule()).isEqualTo("deny web => * (precedence 6)");
		assertThat(set(ALLOW, any).connection(WEB).rule()).isEqualTo("deny * => * (precedence 5)");
		assertThat(set(ALLOW, any, exact, anyDestination, anySource).intentions()).containsExactly(exact, anySource,
				anyDestination, any);
	}

	@ParameterizedTest
	@CsvSource({ "team,web,default,api,9", "team,*,default,api,8", "*,*,default,api,7", "team,web,default,*,6",
			"team,*,default,*,5", "*,*,default,*,4", "team,web,*,*,3", "team,*,*,*,2", "*,*,*,*,1" })
	void thePrecedenceIsConsuls(String sourceNamespace, String source, String namespace, String name, int precedence) {
		assertThat(CompiledIntention
			.precedence(new Intention("default", sourceNamespace, source, "", namespace, name, IntentionRule.ALLOW)))
			.isEqualTo(precedence);
	}

	@Test
	void whereNothingMatchesTheDefaultHolds() {
		assertThat(set(ALLOW).connection(WEB)).isEqualTo(
				new Decision(Decision.Outcome.ALLOWED, "default allow (acl.default_policy): no intention matches"));
		assertThat(set(DENY).request(WEB, Asked.get("/"))).isEqualTo(
				new Decision(Decision.Outcome.DENIED, "default deny (acl.default_policy): no intention matches"));
		assertThat(set(DENY, intention("jobs", "api", IntentionRule.ALLOW)).connection(WEB).allowed()).isFalse();
	}

	@Test
	void intentionsAboutOthersAreNotOurs() {
		assertThat(set(DENY, intention("web", "billing", IntentionRule.ALLOW)).connection(WEB).allowed()).isFalse();
		assertThat(set(ALLOW, new Intention("default", "default", "web", "", "team", "api", IntentionRule.DENY))
			.connection(WEB)
			.allowed()).isTrue();
	}

	@Test
	void theCaseOfOurNameIsOfNoMatterAndThatOfSourcesIs() {
		assertThat(set(ALLOW, intention("web", "API", IntentionRule.DENY)).connection(WEB).allowed()).isFalse();
		assertThat(set(ALLOW, intention("Web", "api", IntentionRule.DENY)).connection(WEB).allowed()).isTrue();
	}

	@Test
	void namespacesAreExactOrAny() {
		IntentionSet team = set(DENY, intention("default", "team", "web", "", "api", IntentionRule.ALLOW));
		assertThat(team.connection(in("default", "team", "web")))
			.isEqualTo(new Decision(Decision.Outcome.ALLOWED, "allow team/web => api (precedence 9)"));
		assertThat(team.connection(WEB).allowed()).isFalse();
		IntentionSet anyOfTeam = set(DENY, intention("default", "team", "*", "", "api", IntentionRule.ALLOW));
		assertThat(anyOfTeam.connection(in("default", "team", "jobs")).allowed()).isTrue();
		assertThat(anyOfTeam.connection(WEB).allowed()).isFalse();
		IntentionSet any = set(DENY, intention("default", "*", "*", "", "api", IntentionRule.ALLOW),
				intention("default", "team", "*", "", "api", IntentionRule.DENY));
		assertThat(any.connection(WEB).rule()).isEqualTo("allow */* => api (precedence 7)");
		assertThat(any.connection(in("default", "team", "web")).rule()).isEqualTo("deny team/* => api (precedence 8)");
	}

	@Test
	void partitionsAreExact() {
		IntentionSet set = set(DENY, intention("eu", "default", "web", "", "api", IntentionRule.ALLOW),
				intention("eu", "*", "*", "", "api", IntentionRule.ALLOW));
		assertThat(set.connection(in("eu", "default", "web")).rule())
			.isEqualTo("allow eu/default/web => api (precedence 9)");
		assertThat(set.connection(in("eu", "team", "jobs")).allowed()).isTrue();
		assertThat(set.connection(WEB).allowed()).isFalse();
		assertThat(set.connection(in("us", "default", "web")).allowed()).isFalse();
	}

	@Test
	void aSourceOfOursIsOfNoPeer() {
		IntentionSet set = set(DENY, intention("default", "default", "web", "east", "api", IntentionRule.ALLOW),
				intention("default", "default", "*", "east", "api", IntentionRule.ALLOW));
		assertThat(set.connection(WEB).allowed()).isFalse();
		assertThat(set.connection(service("*")).allowed()).isFalse();
		assertThat(set.intentions()).hasSize(2);
	}

	@Test
	void aSourceOfAnotherTrustDomainIsDeniedWhateverTheDefault() {
		IntentionSet set = set(ALLOW, intention("web", "api", IntentionRule.ALLOW),
				intention("default", "default", "web", "east", "api", IntentionRule.ALLOW));
		SpiffeId foreign = WEB.in("theirs.consul");
		assertThat(set.connection(foreign).outcome()).isEqualTo(Decision.Outcome.DENIED);
		assertThat(set.opaqueConnection(foreign).allowed()).isFalse();
		assertThat(set.request(foreign, Asked.get("/")).outcome()).isEqualTo(Decision.Outcome.DENIED);
		assertThat(set.explain(foreign, Asked.get("/")).toString()).contains("another trust domain", "DENIED");
	}

	@Test
	void theDatacenterIsOfNoMatter() {
		IntentionSet set = set(DENY, intention("web", "api", IntentionRule.ALLOW));
		assertThat(set.connection(new SpiffeId(DOMAIN, "default", "default", "dc2", "web")).allowed()).isTrue();
	}

	@Test
	void aServiceCalledAsTheWildcardIsNoWildcard() {
		IntentionSet set = set(DENY, intention("web", "api", IntentionRule.ALLOW));
		assertThat(set.connection(service("*")).allowed()).isFalse();
	}

	@Test
	void permissionsLetConnectAndRefuseWhereNobodyLooksAtRequests() {
		IntentionSet set = set(ALLOW, intention("web", "api", GETS));
		assertThat(set.connection(WEB))
			.isEqualTo(new Decision(Decision.Outcome.ALLOWED, "permissions of web => api (precedence 9)"));
		assertThat(set.opaqueConnection(WEB)).isEqualTo(
				new Decision(Decision.Outcome.DENIED, "deny web => api (precedence 9), as requests are not looked at"));
		assertThat(set(DENY, intention("web", "api", IntentionRule.ALLOW)).opaqueConnection(WEB).allowed()).isTrue();
	}

	@Test
	void theFirstPermissionThatMatchesDecidesAndElseTheDefault() {
		IntentionSet set = set(DENY,
				intention("web", "api",
						new IntentionRule.Permissions(List.of(
								new Permission(false, new PathRule(PathKind.PREFIX, "/admin"), Set.of(), List.of()),
								new Permission(true, null, Set.of("GET", "HEAD"), List.of())))),
				intention("*", "api", IntentionRule.ALLOW));
		assertThat(set.request(WEB, Asked.get("/admin/x")).rule())
			.isEqualTo("deny by permission 1 of web => api (precedence 9)");
		assertThat(set.request(WEB, Asked.get("/x")).rule())
			.isEqualTo("allow by permission 2 of web => api (precedence 9)");
		assertThat(set.request(WEB, Asked.of("POST", "/x"))).isEqualTo(new Decision(Decision.Outcome.DENIED,
				"default deny (acl.default_policy): no permission of web => api (precedence 9) matches"));
		assertThat(set.request(WEB, Asked.of("get", "/x")).allowed()).isFalse();
	}

	@Test
	void whatIsNotUnderstoodDeniesWhatItCovers() {
		IntentionSet set = set(ALLOW, intention("web", "api", new IntentionRule.NotUnderstood("JWT is not known")),
				intention("*", "api", IntentionRule.ALLOW));
		Decision denied = new Decision(Decision.Outcome.DENIED,
				"deny web => api (precedence 9), which is not understood: JWT is not known");
		assertThat(set.connection(WEB)).isEqualTo(denied);
		assertThat(set.request(WEB, Asked.get("/"))).isEqualTo(denied);
		assertThat(set.connection(service("jobs")).allowed()).isTrue();
	}

	@Test
	void aRuleWithoutAnActionOrPermissionsIsNotUnderstood() {
		assertThat(
				set(ALLOW, intention("web", "api", new IntentionRule.Permissions(List.of()))).connection(WEB).allowed())
			.isFalse();
	}

	@Test
	void twoRulesForOneSourceThatDifferAreNotUnderstood() {
		Intention allow = intention("web", "api", IntentionRule.ALLOW);
		assertThat(set(ALLOW, allow, intention("web", "api", IntentionRule.DENY), allow).connection(WEB).allowed())
			.isFalse();
		assertThat(set(DENY, allow, allow).connection(WEB).allowed()).isTrue();
	}

	@Test
	void aCallerWithoutAnIdentityMayDoWhatEverySourceMay() {
		Intention any = intention("*", "api", IntentionRule.ALLOW);
		Intention gets = intention("web", "api", GETS);
		IntentionSet set = set(DENY, any, gets);
		assertThat(set.anonymousRequest(Asked.get("/")).allowed()).isTrue();
		assertThat(set.anonymousRequest(Asked.of("POST", "/")).rule()).contains("no permission of web => api");
		assertThat(set(DENY, gets).anonymousRequest(Asked.get("/")).allowed()).isFalse();
		assertThat(set(ALLOW, gets).anonymousRequest(Asked.get("/")).allowed()).isTrue();
		assertThat(
				set(DENY, any, intention("jobs", "*", IntentionRule.DENY)).anonymousRequest(Asked.get("/")).allowed())
			.as("jobs => * is never reached")
			.isTrue();
		assertThat(set(ALLOW, any, intention("default", "team", "*", "", "api", IntentionRule.DENY))
			.anonymousRequest(Asked.get("/"))
			.rule()).isEqualTo("deny team/* => api (precedence 8)");
		assertThat(set(DENY, any, intention("default", "default", "web", "east", "api", IntentionRule.DENY))
			.anonymousRequest(Asked.get("/"))
			.rule()).as("a peer's service could drop TLS too").isEqualTo("deny peer east: web => api (precedence 9)");
	}

	@Test
	void whereNamespacesAreUsedACallerWithoutAnIdentityMayBeOfAnyOfThem() {
		Intention ours = intention("*", "api", IntentionRule.ALLOW);
		Intention theirs = intention("default", "team", "web", "", "api", IntentionRule.ALLOW);
		Intention all = intention("default", "*", "*", "", "api", IntentionRule.ALLOW);
		assertThat(set(DENY, ours).anonymousRequest(Asked.get("/")).allowed()).isTrue();
		assertThat(set(DENY, ours, theirs).anonymousRequest(Asked.get("/")).allowed())
			.as("others of the namespace team are denied")
			.isFalse();
		assertThat(set(DENY, ours, all).anonymousRequest(Asked.get("/")).allowed())
			.as("those of other partitions are denied")
			.isFalse();
		assertThat(set(ALLOW, ours, theirs).anonymousRequest(Asked.get("/")).allowed()).isTrue();
	}

	@Test
	void rulesAreListedInOrderWithWhatIsNotUnderstood() {
		assertThat(set(DENY, intention("*", "*", GETS), intention("web", "api", regex("("))).rules()).satisfiesExactly(
				(first) -> assertThat(first).startsWith("deny web => api (precedence 9), which is not understood: "),
				(second) -> assertThat(second).isEqualTo("permissions of * => * (precedence 5)"));
	}

	@Test
	void aRuleTextIsOneLineWhateverConsulHolds() {
		Decision decision = set(DENY, intention("web\nFAKE", "api", IntentionRule.ALLOW))
			.connection(service("web\nFAKE"));
		assertThat(decision.rule()).isEqualTo("allow web?FAKE => api (precedence 9)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "(", "a**", "(?=a)", "\\1", "a{1001}", "((a{100}){100}){100}",
			"((((a{1,9}){1,9}){1,9}){1,9}){1,9}", "(a{1000}){1000}", "(.{1000}){3,}", "/café" })
	void anExpressionThatRe2WouldNotTakeIsNotUnderstood(String expression) {
		IntentionSet set = set(ALLOW, intention("web", "api", regex(expression)));
		assertThat(set.connection(WEB).rule()).contains("not understood");
		assertThat(set.connection(WEB).allowed()).isFalse();
	}

	@Test
	void anExpressionIsBounded() {
		assertThat(set(ALLOW, intention("web", "api", regex("a".repeat(1025)))).connection(WEB).allowed()).isFalse();
		assertThat(
				set(ALLOW, intention("web", "api", regex("(".repeat(500) + ")".repeat(500)))).connection(WEB).allowed())
			.isTrue();
		assertThat(set(DENY, intention("web", "api", regex("/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")))
			.request(WEB, Asked.get("/01234567-89ab-cdef-0123-456789abcdef"))
			.allowed()).isTrue();
	}

	@Test
	void anExpressionThatFailsOnlyWithoutItsCaseConcernsItsRuleAlone() {
		try (MockedStatic<Pattern> patterns = Mockito.mockStatic(Pattern.class, Mockito.CALLS_REAL_METHODS)) {
			patterns.when(() -> Pattern.compile("/x", Pattern.CASE_INSENSITIVE)).thenThrow(new StackOverflowError());
			IntentionSet set = set(ALLOW, intention("web", "api", regex("/x")));
			assertThat(set.connection(WEB).rule()).contains("not understood");
			assertThat(set.connection(WEB).allowed()).isFalse();
			assertThat(set.connection(service("jobs")).allowed()).isTrue();
		}
	}

	private static IntentionRule regex(String expression) {
		return new IntentionRule.Permissions(
				List.of(new Permission(true, new PathRule(PathKind.REGEX, expression), Set.of(), List.of())));
	}

	@Test
	void aConnectionIsDecidedOnWithoutAllocating() {
		List<Intention> intentions = new ArrayList<>();
		for (int i = 0; i < 10_000; i++) {
			intentions.add(intention("service-" + i, "api", (i % 2 == 0) ? IntentionRule.ALLOW : IntentionRule.DENY));
		}
		intentions.add(intention("*", "*", GETS));
		IntentionSet set = IntentionSet.compile(API, intentions, DENY);
		SpiffeId[] sources = { service("service-17"), service("service-9998"), service("unknown"),
				WEB.in("theirs.consul"), in("eu", "team", "web") };
		long allowed = 0;
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		long before = 0;
		for (int i = 0; i < 400_000; i++) {
			if (i == 200_000) {
				before = threads.getCurrentThreadAllocatedBytes();
			}
			allowed += set.connection(sources[i % sources.length]).allowed() ? 1 : 0;
		}
		long allocated = threads.getCurrentThreadAllocatedBytes() - before;
		assertThat(allowed).isEqualTo(160_000);
		assertThat(allocated).as("bytes in 200 000 decisions").isLessThan(200_000);
	}

	@ParameterizedTest
	@CsvSource({ "EXACT,/Admin", "PREFIX,/aDm", "REGEX,/(ad|x)min", "REGEX,/[a-d]dmin" })
	void whereRoutingTakesAnyCaseADenialDoesToo(PathKind kind, String value) {
		IntentionSet set = set(ALLOW, intention("web", "api", new IntentionRule.Permissions(
				List.of(new Permission(false, new PathRule(kind, value), Set.of(), List.of())))));
		assertThat(set.request(WEB, routedInAnyCase("/ADMIN")).outcome()).isEqualTo(Decision.Outcome.DENIED);
		assertThat(set.request(WEB, routedInAnyCase("/%41dMiN")).outcome()).isEqualTo(Decision.Outcome.DENIED);
		assertThat(set.request(WEB, routedInAnyCase("/OTHER")).allowed()).isTrue();
		assertThat(set.request(WEB, Asked.get("/ADMIN")).allowed()).isTrue();
	}

	@Test
	void whereRoutingTakesAnyCaseNothingIsAllowedThatWasNot() {
		IntentionSet set = set(DENY, intention("web", "api", new IntentionRule.Permissions(
				List.of(new Permission(true, new PathRule(PathKind.EXACT, "/items"), Set.of(), List.of())))));
		assertThat(set.request(WEB, routedInAnyCase("/items")).allowed()).isTrue();
		assertThat(set.request(WEB, routedInAnyCase("/ITEMS")).allowed()).isFalse();
	}

	private static RequestFacts routedInAnyCase(String target) {
		return new RequestFacts() {

			@Override
			public String method() {
				return "GET";
			}

			@Override
			public String target() {
				return target;
			}

			@Override
			public List<String> headers(String name) {
				return List.of();
			}

			@Override
			public boolean anyCase() {
				return true;
			}

		};
	}

}
