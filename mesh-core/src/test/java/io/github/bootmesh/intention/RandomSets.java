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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;

/**
 * Sets of intentions and requests as Consul could hold them, the same for the same seed.
 */
final class RandomSets {

	static final String OURS = "ours.consul";

	private final SplittableRandom random;

	RandomSets(long seed) {
		this.random = new SplittableRandom(seed);
	}

	boolean flip() {
		return this.random.nextBoolean();
	}

	private boolean oneIn(int n) {
		return this.random.nextInt(n) == 0;
	}

	@SafeVarargs
	@SuppressWarnings("varargs")
	private <T> T any(T... values) {
		return values[this.random.nextInt(values.length)];
	}

	SpiffeId self() {
		return new SpiffeId(OURS, "default", any("default", "default", "team"), "dc1", "api");
	}

	SpiffeId source() {
		return new SpiffeId(oneIn(20) ? "theirs.consul" : OURS, any("default", "default", "eu"),
				any("default", "default", "team", "other"), any("dc1", "dc2"), any("web", "jobs", "unknown"));
	}

	/**
	 * Up to six intentions in any order, one for a pair.
	 */
	List<Intention> intentions() {
		Map<String, Intention> pairs = new LinkedHashMap<>();
		for (int i = this.random.nextInt(7); i > 0; i--) {
			Intention intention = intention();
			pairs.put(
					String.join(" ", intention.sourcePartition(), intention.sourceNamespace(), intention.source(),
							intention.sourcePeer(), intention.destinationNamespace(), intention.destination()),
					intention);
		}
		return List.copyOf(pairs.values());
	}

	private Intention intention() {
		String sourceNamespace = any("default", "default", "team", "*");
		String destinationNamespace = any("default", "default", "team", "*");
		return new Intention(any("default", "default", "eu"), sourceNamespace,
				sourceNamespace.equals("*") ? "*" : any("web", "web", "jobs", "*"), oneIn(8) ? "east" : "",
				destinationNamespace, destinationNamespace.equals("*") ? "*" : any("api", "api", "*", "billing"),
				rule());
	}

	private IntentionRule rule() {
		return switch (this.random.nextInt(8)) {
			case 0 -> new IntentionRule.NotUnderstood("the test says so");
			case 1, 2 -> IntentionRule.DENY;
			case 3, 4 -> IntentionRule.ALLOW;
			default -> {
				List<Permission> permissions = new ArrayList<>();
				for (int i = 1 + this.random.nextInt(3); i > 0; i--) {
					permissions.add(permission());
				}
				yield new IntentionRule.Permissions(permissions);
			}
		};
	}

	private Permission permission() {
		List<HeaderRule> headers = new ArrayList<>();
		for (int i = any(0, 0, 1, 1, 2); i > 0; i--) {
			headers.add(header());
		}
		return new Permission(flip(), oneIn(3) ? null : path(), any(Set.of(), Set.of("GET"), Set.of("GET", "POST")),
				headers);
	}

	private PathRule path() {
		return any(new PathRule(PathKind.EXACT, any("/", "/api", "/admin/x")),
				new PathRule(PathKind.PREFIX, any("/", "/api", "/admin/", "/v")),
				new PathRule(PathKind.REGEX, any("/v[0-9]+/.*", ".*admin.*", "/(api|admin)", "/[^/]*")));
	}

	private HeaderRule header() {
		HeaderKind kind = any(HeaderKind.values());
		String value = switch (kind) {
			case PRESENT -> "";
			case REGEX -> any("[a-z]+", "adm.*|blue", "A?dmin");
			default -> any("admin", "Adm", "min", "blue", "e");
		};
		boolean literal = kind != HeaderKind.PRESENT && kind != HeaderKind.REGEX;
		return new HeaderRule(any("x-role", "X-Role", "x-tenant"), kind, value, oneIn(3), literal && flip());
	}

	/**
	 * A request whose path can be read in one way only.
	 */
	Asked request() {
		Asked asked = Asked.of(any("GET", "POST", "DELETE", "get"),
				any("/", "/api", "/api/x", "/admin", "/admin/x", "/v1/items", "/v12/x", "/API")
						+ any("", "", "?a=/admin"));
		for (int i = this.random.nextInt(4); i > 0; i--) {
			asked = asked.with(any("x-role", "X-ROLE", "X-Tenant"),
					any("admin", " admin\t", "Admin", "administrator", "blue", "", "sysadmin"));
		}
		return asked;
	}

}
