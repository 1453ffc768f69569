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

package io.github.bootmesh.autoconfigure.actuate;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

import io.github.bootmesh.intention.AuthorizerStatus;
import io.github.bootmesh.intention.DefaultPolicy;
import io.github.bootmesh.intention.Intention;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.IntentionSet;

/**
 * The current intentions.
 *
 * @param usable whether they decide; else everything is denied
 * @param since since when the set is the current one
 * @param age how long ago Consul confirmed it, as ISO 8601
 * @param problem what is wrong
 * @param problemSince since when
 * @param rejections how many answers of Consul were of no use
 * @param defaultPolicy what holds where no rule matches
 * @param rules the rules in the order in which they are looked at
 */
record IntentionsDescriptor(boolean usable, @Nullable Instant since, @Nullable String age, @Nullable String problem,
		@Nullable Instant problemSince, long rejections, @Nullable DefaultPolicyDescriptor defaultPolicy,
		List<RuleDescriptor> rules) implements OperationResponseBody {

	static IntentionsDescriptor of(AuthorizerStatus status) {
		IntentionSet set = status.set();
		Duration age = status.age();
		return new IntentionsDescriptor(status.usable(), status.since(),
				(age != null) ? age.truncatedTo(ChronoUnit.SECONDS).toString() : null, status.problem(),
				status.problemSince(), status.rejections(),
				(set != null) ? DefaultPolicyDescriptor.of(set.defaultPolicy()) : null,
				(set != null) ? rules(set) : List.of());
	}

	private static List<RuleDescriptor> rules(IntentionSet set) {
		List<RuleDescriptor> rules = new ArrayList<>();
		List<String> texts = set.rules();
		Set<String> notUnderstood = Set.copyOf(set.notUnderstood());
		for (Intention intention : set.intentions()) {
			String text = texts.get(rules.size());
			rules.add(RuleDescriptor.of(intention, text, !notUnderstood.contains(text)));
		}
		return rules;
	}

	private static String word(boolean allow) {
		return allow ? "allow" : "deny";
	}

	/**
	 * The default policy.
	 *
	 * @param action {@code allow} or {@code deny}
	 * @param learnt where it was learnt
	 */
	record DefaultPolicyDescriptor(String action, String learnt) {

		static DefaultPolicyDescriptor of(DefaultPolicy policy) {
			return new DefaultPolicyDescriptor(word(policy.allow()), policy.learnt());
		}

	}

	/**
	 * A rule, in Consul's words.
	 *
	 * @param rule what decisions call it
	 * @param understood whether all of it is known; else what it covers is denied
	 * @param sourceName the calling service
	 * @param sourceNamespace its namespace
	 * @param sourcePartition its partition
	 * @param sourcePeer the cluster peering that it is imported by
	 * @param destinationName the called service
	 * @param destinationNamespace its namespace
	 * @param action {@code allow} or {@code deny}, unless permissions tell
	 * @param permissions the permissions, in order
	 */
	record RuleDescriptor(String rule, boolean understood, String sourceName, String sourceNamespace,
			String sourcePartition, @Nullable String sourcePeer, String destinationName, String destinationNamespace,
			@Nullable String action, @Nullable List<PermissionDescriptor> permissions) {

		static RuleDescriptor of(Intention intention, String text, boolean understood) {
			String action = (intention.rule() instanceof IntentionRule.Action decided) ? word(decided.allow()) : null;
			List<PermissionDescriptor> permissions = (intention.rule() instanceof IntentionRule.Permissions several)
					? several.permissions().stream().map(PermissionDescriptor::of).toList() : null;
			return new RuleDescriptor(text, understood, intention.source(), intention.sourceNamespace(),
					intention.sourcePartition(), intention.sourcePeer().isEmpty() ? null : intention.sourcePeer(),
					intention.destination(), intention.destinationNamespace(), action, permissions);
		}

	}

}
