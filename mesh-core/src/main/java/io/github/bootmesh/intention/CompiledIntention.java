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
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.SpiffeId;

/**
 * An intention, compiled: its place among others and its verdict.
 */
final class CompiledIntention {

	/**
	 * Consul's order: the most exact first; ties, which never match the same source, by
	 * name.
	 */
	static final Comparator<Intention> ORDER = Comparator.comparingInt(CompiledIntention::precedence)
		.reversed()
		.thenComparing(Intention::sourceNamespace)
		.thenComparing(Intention::source)
		.thenComparing(Intention::destinationNamespace)
		.thenComparing(Intention::destination)
		.thenComparing(Intention::sourcePartition)
		.thenComparing(Intention::sourcePeer);

	/**
	 * A name that nothing has.
	 */
	static final String UNNAMED = "";

	private final Intention intention;

	private final int rank;

	private final String name;

	private final Verdict verdict;

	/**
	 * Compiles an intention.
	 * @param rank its place, from 0 on
	 */
	CompiledIntention(Intention intention, int rank, DefaultPolicy defaultPolicy) {
		this.intention = intention;
		this.rank = rank;
		this.name = name(intention);
		this.verdict = verdict(intention.rule(), this.name, defaultPolicy);
	}

	/**
	 * The precedence as Consul computes it: from how exact the destination is, then the
	 * source.
	 */
	static int precedence(Intention intention) {
		int greatest = 3 + 3 * exactParts(intention.destinationNamespace(), intention.destination());
		return greatest - (2 - exactParts(intention.sourceNamespace(), intention.source()));
	}

	private static int exactParts(String namespace, String name) {
		if (namespace.equals(Intention.ANY)) {
			return 0;
		}
		return name.equals(Intention.ANY) ? 1 : 2;
	}

	private static String name(Intention intention) {
		String peer = intention.sourcePeer().isEmpty() ? "" : "peer " + intention.sourcePeer() + ": ";
		return Words.oneLine(peer
				+ Words.service(intention.sourcePartition(), intention.sourceNamespace(), intention.source()) + " => "
				+ Words.service(SpiffeId.DEFAULT, intention.destinationNamespace(), intention.destination())
				+ " (precedence " + precedence(intention) + ")");
	}

	private static Verdict verdict(IntentionRule rule, String name, DefaultPolicy defaultPolicy) {
		if (rule instanceof IntentionRule.Action action) {
			return Verdict.always(action.allow(), (action.allow() ? "allow " : "deny ") + name);
		}
		if (rule instanceof IntentionRule.Permissions permissions) {
			try {
				return permissions(permissions.permissions(), name, defaultPolicy);
			}
			catch (IllegalArgumentException ex) {
				return notUnderstood(name, String.valueOf(ex.getMessage()));
			}
		}
		return notUnderstood(name, ((IntentionRule.NotUnderstood) rule).why());
	}

	private static Verdict permissions(List<Permission> permissions, String name, DefaultPolicy defaultPolicy) {
		if (permissions.isEmpty()) {
			throw new IllegalArgumentException("it has neither an action nor permissions");
		}
		List<CompiledPermission> compiled = new ArrayList<>();
		for (Permission permission : permissions) {
			compiled.add(new CompiledPermission(permission, "permission " + (compiled.size() + 1) + " of " + name));
		}
		return Verdict.perRequest(compiled, name, defaultPolicy);
	}

	private static Verdict notUnderstood(String name, String why) {
		return Verdict.always(false, "deny " + name + ", which is not understood: " + Words.oneLine(why));
	}

	String name() {
		return this.name;
	}

	Intention intention() {
		return this.intention;
	}

	Verdict verdict() {
		return this.verdict;
	}

	boolean understood() {
		return this.intention.rule() instanceof IntentionRule.Action || !this.verdict.permissions().isEmpty();
	}

	/**
	 * Whether it comes before another that matches the same source.
	 */
	boolean precedes(@Nullable CompiledIntention other) {
		return other == null || this.rank < other.rank;
	}

	/**
	 * Why the intention is not about a source of our trust domain.
	 * @return the reason, or {@code null} if it is
	 */
	@Nullable String mismatch(SpiffeId source) {
		if (!this.intention.sourcePeer().isEmpty()) {
			return "source is of no peer";
		}
		if (!this.intention.sourcePartition().equals(source.partition())) {
			return "source is in another partition";
		}
		if (!matches(this.intention.sourceNamespace(), source.namespace())) {
			return "source is in another namespace";
		}
		return matches(this.intention.source(), source.service()) ? null : "source is another service";
	}

	/**
	 * A source that the intention matches. What it leaves open is what nothing is called.
	 * @param self the service that is called
	 */
	SpiffeId example(SpiffeId self) {
		return new SpiffeId(self.trustDomain(), this.intention.sourcePartition(),
				named(this.intention.sourceNamespace()), self.datacenter(), named(this.intention.source()));
	}

	private static String named(String name) {
		return name.equals(Intention.ANY) ? UNNAMED : name;
	}

	private static boolean matches(String expected, String name) {
		return expected.equals(Intention.ANY) || expected.equals(name);
	}

}
