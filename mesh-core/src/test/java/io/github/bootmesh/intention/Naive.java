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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.bootmesh.SpiffeId;

/**
 * Consul's rules as one reads them, without a thought for speed and sharing nothing with
 * what it is compared with.
 */
public final class Naive {

	// Source and destination, each as namespace/name.
	private static final Map<String, Integer> PRECEDENCE = Map.of("exact/exact exact/exact", 9, "exact/* exact/exact",
			8, "*/* exact/exact", 7, "exact/exact exact/*", 6, "exact/* exact/*", 5, "*/* exact/*", 4,
			"exact/exact */*", 3, "exact/* */*", 2, "*/* */*", 1);

	private Naive() {
	}

	/**
	 * Whether a connection is allowed.
	 * @param opaque whether nobody looks at its requests
	 */
	public static boolean connects(SpiffeId self, List<Intention> intentions, boolean defaultAllow, SpiffeId source,
			boolean opaque) {
		if (!self.trustDomain().equals(source.trustDomain())) {
			return false;
		}
		for (Intention intention : matching(self, intentions, source)) {
			return intention.rule().equals(IntentionRule.ALLOW)
					|| (intention.rule() instanceof IntentionRule.Permissions && !opaque);
		}
		return defaultAllow;
	}

	/**
	 * Whether a request is allowed whose path can be read in one way only.
	 */
	public static boolean allows(SpiffeId self, List<Intention> intentions, boolean defaultAllow, SpiffeId source,
			RequestFacts request) {
		if (!self.trustDomain().equals(source.trustDomain())) {
			return false;
		}
		for (Intention intention : matching(self, intentions, source)) {
			if (intention.rule() instanceof IntentionRule.Permissions rule) {
				for (Permission permission : rule.permissions()) {
					if (matches(permission, request)) {
						return permission.allow();
					}
				}
				return defaultAllow;
			}
			return intention.rule().equals(IntentionRule.ALLOW);
		}
		return defaultAllow;
	}

	private static List<Intention> matching(SpiffeId self, List<Intention> intentions, SpiffeId source) {
		List<Intention> matching = new ArrayList<>();
		for (int precedence = 9; precedence > 0; precedence--) {
			for (Intention intention : intentions) {
				if (precedence(intention) == precedence && intention.sourcePeer().equals("")
						&& intention.sourcePartition().equals(source.partition())
						&& isOrAny(intention.sourceNamespace(), source.namespace())
						&& isOrAny(intention.source(), source.service())
						&& isOrAny(intention.destinationNamespace(), self.namespace())
						&& isOrAny(intention.destination(), self.service())) {
					matching.add(intention);
				}
			}
		}
		return matching;
	}

	private static boolean isOrAny(String expected, String name) {
		return expected.equals("*") || expected.equals(name);
	}

	private static int precedence(Intention intention) {
		return PRECEDENCE.getOrDefault(exactness(intention.sourceNamespace()) + "/" + exactness(intention.source())
				+ " " + exactness(intention.destinationNamespace()) + "/" + exactness(intention.destination()), -1);
	}

	private static String exactness(String name) {
		return name.equals("*") ? "*" : "exact";
	}

	private static boolean matches(Permission permission, RequestFacts request) {
		int query = request.target().indexOf('?');
		String path = (query >= 0) ? request.target().substring(0, query) : request.target();
		return (permission.methods().isEmpty() || permission.methods().contains(request.method()))
				&& (permission.path() == null || matches(permission.path(), path))
				&& permission.headers().stream().allMatch((rule) -> matches(rule, request.headers(rule.name())));
	}

	private static boolean matches(Permission.PathRule rule, String path) {
		return switch (rule.kind()) {
			case EXACT -> path.equals(rule.value());
			case PREFIX -> path.startsWith(rule.value());
			case REGEX -> Pattern.matches(rule.value(), path);
		};
	}

	private static boolean matches(Permission.HeaderRule rule, List<String> values) {
		if (rule.kind() == Permission.HeaderKind.PRESENT) {
			return values.isEmpty() == rule.invert();
		}
		boolean any = values.stream().anyMatch((value) -> matches(rule, value.strip()));
		return !values.isEmpty() && any != rule.invert();
	}

	private static boolean matches(Permission.HeaderRule rule, String sent) {
		String value = rule.ignoreCase() ? sent.toLowerCase(Locale.ROOT) : sent;
		String expected = rule.ignoreCase() ? rule.value().toLowerCase(Locale.ROOT) : rule.value();
		return switch (rule.kind()) {
			case PRESENT -> true;
			case EXACT -> value.equals(expected);
			case PREFIX -> value.startsWith(expected);
			case SUFFIX -> value.endsWith(expected);
			case CONTAINS -> value.contains(expected);
			case REGEX -> Pattern.matches(expected, value);
		};
	}

}
