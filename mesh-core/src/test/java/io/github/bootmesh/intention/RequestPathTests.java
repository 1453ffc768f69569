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

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;

import static org.assertj.core.api.Assertions.assertThat;

class RequestPathTests {

	private static final SpiffeId WEB = new SpiffeId("ours.consul", "default", "default", "dc1", "web");

	private static final SpiffeId API = new SpiffeId("ours.consul", "default", "default", "dc1", "api");

	private static final PathPattern ADMIN = PathPatternParser.defaultInstance.parse("/admin*/**");

	private static final PathPattern PUBLIC = PathPatternParser.defaultInstance.parse("/public*/**");

	private static final String[] PIECES = { "/", "/", "/", "admin", "admin", "ADMIN", "public", "public", "x", ".",
			"..", "../", "/..", "%2e", "%2E", "%2e%2e", "%252e", "%25%32%65", "%252%65", "%2f", "%2F", "%5c", "\\", ";",
			";a=b", "%3b", "%00", "\0", "%0a", "\n", "%61", "%61dmin", "a%64min", "%2561", "%", "%4", "%zz", "%u0061",
			"%c0%ae", "%c0%af", "%e9", "%c3%a9", "é", "／", "%ef%bc%8f", "#", "?", "?x=/public", "*", ":", "@", "%40",
			"+", "%2B", "%20", " ", "|", "%7C", "{", "http://", "https://", "HTTP://host", "//host", "host:443" };

	private static IntentionSet set(boolean defaultAllow, Permission... permissions) {
		return IntentionSet
			.compile(API,
					List.of(new Intention("default", "default", "web", "", "default", "api",
							new IntentionRule.Permissions(List.of(permissions)))),
					new DefaultPolicy(defaultAllow, "test"));
	}

	private static Permission path(boolean allow, PathKind kind, String value) {
		return new Permission(allow, new PathRule(kind, value), Set.of(), List.of());
	}

	private static Decision.Outcome decide(IntentionSet set, String target) {
		return set.request(WEB, Asked.get(target)).outcome();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api/../admin", "/api/%2e%2e/admin", "/api/%2E./admin", "/..", "/.", "/a/.", "/./a",
			"//api/x", "/api//x", "/api//", "/api%2Fx", "/admin%2fx", "/a%5Cb", "/a\\b", "/api;v=1/x", "/api;",
			"/a%3Bb", "/api/x%00y", "/a%0ab", "/a\0b", "/a%7f", "/api#frag", "/é", "/%e9", "/%c0%ae%c0%ae/admin",
			"/%zz", "/%", "/%4", "/a%u002e", "/%252e%252e/admin", "/public/%25%32%65%25%32%65/admin", "/%252%65/admin",
			"/%25%32e/admin", "/a b", "/a|b", "/[a]", "", "*", "host:443", "admin", "http:/admin", "http:admin",
			"http://", "http:///admin", "http://user@host/admin", "http://a\\b/admin", "http://host#/x",
			"http://host/a/../admin", "ftp://host/admin", "?x=1" })
	void whatCanBeReadInTwoWaysIsNeitherAllowedNorDenied(String target) {
		assertThat(decide(set(true, path(true, PathKind.PREFIX, "/")), target)).isEqualTo(Decision.Outcome.AMBIGUOUS);
		assertThat(decide(set(false, path(false, PathKind.PREFIX, "/")), target)).isEqualTo(Decision.Outcome.AMBIGUOUS);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api/../admin", "//api", "/a;b", "*", "host:443", "/%00" })
	void whereNoRuleLooksAtPathsAllCanBeRead(String target) {
		Permission methods = new Permission(true, null, Set.of("GET"), List.of());
		assertThat(decide(set(false, methods), target)).isEqualTo(Decision.Outcome.ALLOWED);
	}

	@Test
	void aPathRuleForOneSourceMakesPathsMatterForAll() {
		IntentionSet set = IntentionSet.compile(API,
				List.of(new Intention("default", "default", "web", "", "default", "api", IntentionRule.ALLOW),
						new Intention("default", "default", "jobs", "", "default", "api", IntentionRule.DENY),
						new Intention("default", "default", "other", "", "default", "api",
								new IntentionRule.Permissions(List.of(path(false, PathKind.EXACT, "/admin"))))),
				new DefaultPolicy(false, "test"));
		SpiffeId jobs = new SpiffeId("ours.consul", "default", "default", "dc1", "jobs");
		assertThat(decide(set, "/api/../admin")).isEqualTo(Decision.Outcome.AMBIGUOUS);
		assertThat(decide(set, "/admin")).isEqualTo(Decision.Outcome.ALLOWED);
		assertThat(set.request(jobs, Asked.get("/api/../admin")).outcome()).isEqualTo(Decision.Outcome.DENIED);
	}

	@ParameterizedTest
	@CsvSource({ "/admin,true", "/admin/x,true", "/adminx,true", "/admin?x=/public,true", "/%61dmin,true",
			"/%61%64%6D%69%6e/x,true", "http://api.example/admin,true", "HTTPS://[::1]:443/admin/x?y,true",
			"/Admin,false", "/api?x=/admin,false", "/,false", "http://api.example,false",
			"http://api.example?/admin,false", "/a%20b,false", "/caf%C3%A9,false", "/a...b/.well-known/x..y/...,false",
			"/a/,false", "/users/a%40b,false" })
	void theNormalizedPathIsWhatPrefixesAreComparedWith(String target, boolean admin) {
		assertThat(decide(set(true, path(false, PathKind.PREFIX, "/admin")), target))
			.isEqualTo(admin ? Decision.Outcome.DENIED : Decision.Outcome.ALLOWED);
		assertThat(decide(set(false, path(true, PathKind.PREFIX, "/admin")), target))
			.isEqualTo(admin ? Decision.Outcome.ALLOWED : Decision.Outcome.DENIED);
	}

	@ParameterizedTest
	@CsvSource({ "/caf%c3%a9,/caf%C3%A9", "/caf%C3%A9,/caf%c3%a9", "/%61,/a", "/a,/%61", "/a%2bb,/a%2Bb",
			"/a%20b,/a%20b" })
	void anExactRuleMatchesHoweverItAndThePathAreEscaped(String rule, String target) {
		assertThat(decide(set(false, path(true, PathKind.EXACT, rule)), target)).isEqualTo(Decision.Outcome.ALLOWED);
		assertThat(decide(set(true, path(false, PathKind.EXACT, rule)), target)).isEqualTo(Decision.Outcome.DENIED);
	}

	@ParameterizedTest
	@CsvSource({ "/a+b,/a%2Bb", "/a%2Bb,/a+b", "/a@b,/a%40b", "/café,/caf%C3%A9", "/a b,/a%20b", "/a|b,/a%7Cb" })
	void whatRoutersTakeForTheSamePathIsNeverAllowedWhereOneSpellingIsDenied(String rule, String target) {
		assertThat(decide(set(true, path(false, PathKind.EXACT, rule)), target)).isEqualTo(Decision.Outcome.AMBIGUOUS);
		assertThat(decide(set(false, path(true, PathKind.EXACT, rule)), target)).isEqualTo(Decision.Outcome.DENIED);
	}

	@Test
	void anExpressionSeesBothReadings() {
		IntentionSet set = set(true, path(false, PathKind.REGEX, "/users/[a-z]+@[a-z]+"));
		assertThat(decide(set, "/users/a@b")).isEqualTo(Decision.Outcome.DENIED);
		assertThat(decide(set, "/users/a%40b")).isEqualTo(Decision.Outcome.AMBIGUOUS);
		IntentionSet escaped = set(true, path(false, PathKind.REGEX, "/users/[a-z]+%40[a-z]+"));
		assertThat(decide(escaped, "/users/a%40b")).isEqualTo(Decision.Outcome.DENIED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "admin", "/%zz", "/a%", "" })
	void aPathRuleThatIsNoPathDeniesItsSource(String value) {
		Decision decision = set(true, path(true, PathKind.PREFIX, value)).request(WEB, Asked.get("/"));
		assertThat(decision.allowed()).isFalse();
		assertThat(decision.rule()).contains("not understood", "is not a path");
	}

	@Test
	void nothingIsAllowedThatARouterTakesForARefusedPath() {
		IntentionSet denyAdmin = set(true, path(false, PathKind.PREFIX, "/admin"), path(true, PathKind.PREFIX, "/"));
		IntentionSet allowPublic = set(false, path(true, PathKind.PREFIX, "/public"));
		IntentionSet regexes = set(true, path(false, PathKind.REGEX, "/admin.*"));
		SplittableRandom random = new SplittableRandom(4);
		int allowed = 0;
		for (int i = 0; i < 300_000; i++) {
			String target = target(random);
			if (decide(denyAdmin, target) == Decision.Outcome.ALLOWED) {
				assertThat(routes(ADMIN, target)).as("Spring routes '%s' to admin", target).isFalse();
				assertThat(generous(target)).as("'%s'", target).doesNotStartWith("/admin");
				assertThat(asUri(target)).as("'%s'", target).doesNotStartWith("/admin");
				allowed++;
			}
			if (decide(regexes, target) == Decision.Outcome.ALLOWED) {
				assertThat(routes(ADMIN, target)).as("Spring routes '%s' to admin", target).isFalse();
				assertThat(generous(target)).as("'%s'", target).doesNotStartWith("/admin");
			}
			if (decide(allowPublic, target) == Decision.Outcome.ALLOWED) {
				assertThat(routes(PUBLIC, target)).as("Spring routes '%s' elsewhere", target).isTrue();
				assertThat(generous(target)).as("'%s'", target).startsWith("/public");
				assertThat(asUri(target)).as("'%s'", target).startsWith("/public");
				allowed++;
			}
		}
		assertThat(allowed).isGreaterThan(1000);
	}

	private static String target(SplittableRandom random) {
		StringBuilder target = new StringBuilder((random.nextInt(4) == 0) ? "" : "/");
		for (int i = random.nextInt(7); i > 0; i--) {
			boolean wild = random.nextInt(50) == 0;
			target.append(wild ? String.valueOf((char) random.nextInt(0x180)) : PIECES[random.nextInt(PIECES.length)]);
		}
		return target.toString();
	}

	private static boolean routes(PathPattern pattern, String target) {
		return pattern.matches(PathContainer.parsePath(rawPath(target)));
	}

	private static String rawPath(String target) {
		String path = target.replaceFirst("(?is)^https?://[^/?#]*", "").replaceFirst("(?s)[?#].*", "");
		return path.isEmpty() ? "/" : path;
	}

	// Decodes and drops all that some router or proxy is known to decode and drop.
	private static String generous(String target) {
		String path = URLDecoder.decode(rawPath(target).replace("+", "%2B").replaceAll("%(?![0-9a-fA-F]{2})", "%25"),
				StandardCharsets.UTF_8);
		path = path.replace('\\', '/').replaceAll(";[^/]*", "").replaceAll("/+", "/");
		String normalized = "/";
		for (String segment : path.split("/", -1)) {
			if (segment.equals("..")) {
				normalized = normalized.replaceFirst("[^/]*/$", "");
				normalized = normalized.isEmpty() ? "/" : normalized;
			}
			else if (!segment.isEmpty() && !segment.equals(".")) {
				normalized += segment + "/";
			}
		}
		return normalized;
	}

	private static String asUri(String target) {
		try {
			String path = URI.create(target).normalize().getPath();
			return (path == null || path.isEmpty()) ? "/" : path;
		}
		catch (IllegalArgumentException ex) {
			// What is no URI is not routed by one.
			return generous(target);
		}
	}

}
