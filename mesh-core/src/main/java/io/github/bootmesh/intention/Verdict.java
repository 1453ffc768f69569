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

/**
 * What holds for the sources of an intention, or for those of none.
 */
final class Verdict {

	private final Decision connection;

	private final Decision opaque;

	private final List<CompiledPermission> permissions;

	private final Decision otherwise;

	private Verdict(Decision connection, Decision opaque, List<CompiledPermission> permissions, Decision otherwise) {
		this.connection = connection;
		this.opaque = opaque;
		this.permissions = permissions;
		this.otherwise = otherwise;
	}

	/**
	 * One answer to all.
	 */
	static Verdict always(boolean allow, String rule) {
		Decision decision = decision(allow, rule);
		return new Verdict(decision, decision, List.of(), decision);
	}

	/**
	 * An answer for each request.
	 */
	static Verdict perRequest(List<CompiledPermission> permissions, String intention, DefaultPolicy defaultPolicy) {
		return new Verdict(decision(true, "permissions of " + intention),
				decision(false, "deny " + intention + ", as requests are not looked at"), List.copyOf(permissions),
				decision(defaultPolicy.allow(),
						describe(defaultPolicy) + ": no permission of " + intention + " matches"));
	}

	/**
	 * What holds where no intention matches.
	 */
	static Verdict unmatched(DefaultPolicy defaultPolicy) {
		return always(defaultPolicy.allow(), describe(defaultPolicy) + ": no intention matches");
	}

	private static String describe(DefaultPolicy policy) {
		return "default " + (policy.allow() ? "allow" : "deny") + " (" + Words.oneLine(policy.learnt()) + ")";
	}

	private static Decision decision(boolean allow, String rule) {
		return new Decision(allow ? Decision.Outcome.ALLOWED : Decision.Outcome.DENIED, rule);
	}

	/**
	 * The decision on a connection whose requests are decided on too.
	 */
	Decision connection() {
		return this.connection;
	}

	/**
	 * The decision on a connection whose requests nobody sees.
	 */
	Decision opaque() {
		return this.opaque;
	}

	List<CompiledPermission> permissions() {
		return this.permissions;
	}

	/**
	 * The decision on a request in one reading of its path.
	 */
	Decision request(RequestFacts request, RequestPath path, PathReading reading) {
		for (int i = 0; i < this.permissions.size(); i++) {
			CompiledPermission permission = this.permissions.get(i);
			if (permission.mismatch(request, path, reading) == null) {
				return permission.decision();
			}
		}
		return this.otherwise;
	}

}
