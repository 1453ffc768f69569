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
import java.util.function.Function;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;

/**
 * All intentions about one service, compiled once. Immutable; deciding on a connection
 * takes a look-up whatever the number of intentions, and no memory.
 * <p>
 * The rules are Consul's: the most exact intention that matches the source decides alone.
 * Of its permissions, the first that matches the request does, and the default policy if
 * none does. A source of another trust domain than ours is denied. What is not understood
 * denies what it covers.
 */
@Internal
public final class IntentionSet {

	private final SpiffeId self;

	private final DefaultPolicy defaultPolicy;

	private final List<CompiledIntention> ordered;

	private final SourceIndex sources;

	private final Verdict unmatched;

	private final Verdict foreign;

	private final List<Verdict> anybody;

	private final boolean looksAtPaths;

	private final boolean looksAtHost;

	private final boolean hasTwoReadings;

	private IntentionSet(SpiffeId self, List<Intention> intentions, DefaultPolicy defaultPolicy) {
		this.self = self;
		this.defaultPolicy = defaultPolicy;
		List<CompiledIntention> ordered = new ArrayList<>(intentions.size());
		for (Intention intention : intentions) {
			ordered.add(new CompiledIntention(intention, ordered.size(), defaultPolicy));
		}
		this.ordered = List.copyOf(ordered);
		this.sources = new SourceIndex(this.ordered);
		this.unmatched = Verdict.unmatched(defaultPolicy);
		this.foreign = Verdict.always(false, "deny sources of other trust domains than " + self.trustDomain());
		List<CompiledPermission> permissions = this.ordered.stream()
			.flatMap((intention) -> intention.verdict().permissions().stream())
			.toList();
		this.looksAtPaths = intentions.stream().anyMatch((intention) -> intention.rule().looksAtPaths());
		this.looksAtHost = permissions.stream().anyMatch(CompiledPermission::looksAtHost);
		this.anybody = anybody();
		this.hasTwoReadings = permissions.stream().anyMatch(CompiledPermission::hasTwoReadings);
	}

	/**
	 * Compiles a set.
	 * @param self the service that is called
	 * @param intentions the intentions, in any order; those about other services are
	 * passed over
	 * @param defaultPolicy what holds where none matches
	 * @return the set
	 */
	public static IntentionSet compile(SpiffeId self, List<Intention> intentions, DefaultPolicy defaultPolicy) {
		Map<Intention, Intention> about = new LinkedHashMap<>();
		for (Intention intention : intentions) {
			if (isAbout(intention, self)) {
				about.merge(withRule(intention, IntentionRule.DENY), intention, IntentionSet::merge);
			}
		}
		return new IntentionSet(self, about.values().stream().sorted(CompiledIntention.ORDER).toList(), defaultPolicy);
	}

	// Consul looks intentions up by the destination's name without its case.
	private static boolean isAbout(Intention intention, SpiffeId self) {
		String namespace = intention.destinationNamespace();
		String name = intention.destination();
		return (namespace.equals(Intention.ANY) || namespace.equalsIgnoreCase(self.namespace()))
				&& (name.equals(Intention.ANY) || name.equalsIgnoreCase(self.service()));
	}

	// Consul has one rule for a pair. Two that differ leave open which is meant.
	private static Intention merge(Intention one, Intention other) {
		return one.equals(other) ? one
				: withRule(one, new IntentionRule.NotUnderstood("there are two rules for this source"));
	}

	private static Intention withRule(Intention intention, IntentionRule rule) {
		return new Intention(intention.sourcePartition(), intention.sourceNamespace(), intention.source(),
				intention.sourcePeer(), intention.destinationNamespace(), intention.destination(), rule);
	}

	/**
	 * The service that is called.
	 * @return its identity
	 */
	public SpiffeId self() {
		return this.self;
	}

	/**
	 * The intentions about the service, in the order in which they are looked at.
	 * @return the intentions
	 */
	public List<Intention> intentions() {
		return this.ordered.stream().map(CompiledIntention::intention).toList();
	}

	/**
	 * The intentions that are not understood, each with what of it is not.
	 * @return a line for each, for people
	 */
	public List<String> notUnderstood() {
		return this.ordered.stream()
			.filter((intention) -> !intention.understood())
			.map((intention) -> intention.verdict().connection().rule())
			.toList();
	}

	/**
	 * The same intentions as decisions call them, with what is not understood of them.
	 * @return a line an intention
	 */
	public List<String> rules() {
		return this.ordered.stream().map((intention) -> intention.verdict().connection().rule()).toList();
	}

	/**
	 * What holds where no intention matches.
	 * @return the default policy
	 */
	public DefaultPolicy defaultPolicy() {
		return this.defaultPolicy;
	}

	/**
	 * Decides on a connection whose requests are decided on too (L4).
	 * @param source who dialled
	 * @return the decision; a source that has permissions may connect
	 */
	public Decision connection(SpiffeId source) {
		return verdict(source).connection();
	}

	/**
	 * Decides on a connection whose requests nobody looks at (L4 only).
	 * @param source who dialled
	 * @return the decision; a source that has permissions is denied, as Consul has it
	 */
	public Decision opaqueConnection(SpiffeId source) {
		return verdict(source).opaque();
	}

	/**
	 * Decides on a request (L4 and L7). A request is ambiguous with more than one Host,
	 * else only where rules of this set look at what can be read in two ways.
	 * @param source who asks
	 * @param request what it asks for
	 * @return the decision
	 */
	public Decision request(SpiffeId source, RequestFacts request) {
		return request(verdict(source), request);
	}

	/**
	 * Decides on a request of a caller that shows no identity: anybody.
	 * @param request what it asks for
	 * @return allowed only if it is for every source that the set names and for one that
	 * it does not name; else the first decision against it
	 */
	public Decision anonymousRequest(RequestFacts request) {
		Decision decision = this.unmatched.connection();
		for (int i = 0; i < this.anybody.size(); i++) {
			decision = request(this.anybody.get(i), request);
			if (!decision.allowed()) {
				return decision;
			}
		}
		return decision;
	}

	// What holds for one source or another: one answer to all once, for they allow alike
	// and one denial is enough. Where namespaces or partitions are used there are sources
	// in others than ours.
	private List<Verdict> anybody() {
		List<Verdict> verdicts = new ArrayList<>();
		String unnamed = CompiledIntention.UNNAMED;
		verdicts.add(verdict(source(this.self.partition(), this.self.namespace(), unnamed)));
		if (usesNamespaces()) {
			verdicts.add(verdict(source(this.self.partition(), unnamed, unnamed)));
			verdicts.add(verdict(source(unnamed, unnamed, unnamed)));
		}
		for (CompiledIntention intention : this.ordered) {
			// Whoever is denied as a service of a cluster peer could also just drop TLS.
			verdicts.add(intention.intention().sourcePeer().isEmpty() ? verdict(intention.example(this.self))
					: intention.verdict());
		}
		Map<Object, Verdict> distinct = new LinkedHashMap<>();
		verdicts.forEach((verdict) -> distinct
			.putIfAbsent(verdict.permissions().isEmpty() ? verdict.connection().outcome() : verdict, verdict));
		return List.copyOf(distinct.values());
	}

	private SpiffeId source(String partition, String namespace, String service) {
		return new SpiffeId(this.self.trustDomain(), partition, namespace, this.self.datacenter(), service);
	}

	private boolean usesNamespaces() {
		return Stream
			.concat(Stream.of(this.self.partition(), this.self.namespace()),
					this.ordered.stream()
						.map(CompiledIntention::intention)
						.flatMap((intention) -> Stream.of(intention.sourcePartition(), intention.sourceNamespace())))
			.anyMatch((name) -> !name.equals(SpiffeId.DEFAULT));
	}

	private Decision request(Verdict verdict, RequestFacts request) {
		if (!verdict.connection().allowed()) {
			return verdict.connection();
		}
		RequestPath path = path(request);
		Ambiguity ambiguity = ambiguity(request, path);
		if (ambiguity != null) {
			return ambiguity.decision();
		}
		Decision decision = verdict.request(request, path, PathReading.NORMALIZED);
		boolean twoReadings = this.hasTwoReadings || path.hasTwoReadings();
		if (decision.allowed() && twoReadings && !verdict.request(request, path, PathReading.ROUTED).allowed()) {
			return Ambiguity.READINGS.decision();
		}
		return (decision.allowed() && request.anyCase())
				? verdict.request(request, path, PathReading.ROUTED_IN_ANY_CASE) : decision;
	}

	private Verdict verdict(SpiffeId source) {
		if (!source.trustDomain().equals(this.self.trustDomain())) {
			return this.foreign;
		}
		CompiledIntention intention = this.sources.find(source);
		return (intention != null) ? intention.verdict() : this.unmatched;
	}

	private RequestPath path(RequestFacts request) {
		return this.looksAtPaths ? RequestPath.of(request.target()) : RequestPath.UNREAD;
	}

	private @Nullable Ambiguity ambiguity(RequestFacts request, RequestPath path) {
		List<String> hosts = request.headers("host");
		if (hosts.size() > 1) {
			return Ambiguity.HOSTS;
		}
		if (path.ambiguity() != null || !this.looksAtHost) {
			return path.ambiguity();
		}
		if (hosts.isEmpty()) {
			return Ambiguity.NO_HOST;
		}
		String authority = RequestPath.authority(request.target());
		// RFC 9112 section 3.2.2 has the target's authority win, and not all obey.
		return (authority == null || authority.equalsIgnoreCase(hosts.get(0))) ? null : Ambiguity.AUTHORITY;
	}

	/**
	 * Explains the decision on a request.
	 * @param source who asks
	 * @param request what it asks for
	 * @return the decision of {@link #request} and what led to it
	 */
	public Explanation explain(SpiffeId source, RequestFacts request) {
		Verdict verdict = verdict(source);
		List<Explanation.Step> steps = steps(verdict, source);
		RequestPath path = path(request);
		if (verdict.connection().allowed() && ambiguity(request, path) == null) {
			explain(verdict, request, path, steps);
		}
		return explanation(request(verdict, request), steps);
	}

	/**
	 * Explains the decision on a connection.
	 * @param source who dialled
	 * @return the decision of {@link #connection} and what led to it
	 */
	public Explanation explainConnection(SpiffeId source) {
		Verdict verdict = verdict(source);
		return explanation(verdict.connection(), steps(verdict, source));
	}

	/**
	 * Explains the decision on a connection whose requests nobody looks at.
	 * @param source who dialled
	 * @return the decision of {@link #opaqueConnection} and what led to it
	 */
	public Explanation explainOpaqueConnection(SpiffeId source) {
		Verdict verdict = verdict(source);
		return explanation(verdict.opaque(), steps(verdict, source, Verdict::opaque));
	}

	/**
	 * The intentions that deny connections whose requests nobody looks at because they
	 * have permissions, as decisions call them.
	 * @return a line an intention
	 */
	public List<String> requestRules() {
		return this.ordered.stream()
			.map(CompiledIntention::verdict)
			.filter((verdict) -> !verdict.permissions().isEmpty())
			.map((verdict) -> verdict.connection().rule())
			.toList();
	}

	private List<Explanation.Step> steps(Verdict verdict, SpiffeId source) {
		return steps(verdict, source, Verdict::connection);
	}

	private List<Explanation.Step> steps(Verdict verdict, SpiffeId source, Function<Verdict, Decision> rule) {
		List<Explanation.Step> steps = new ArrayList<>();
		for (CompiledIntention intention : this.ordered) {
			String mismatch = (verdict != this.foreign) ? intention.mismatch(source)
					: "source is of another trust domain";
			steps.add(step(rule.apply(intention.verdict()), mismatch));
			if (mismatch == null) {
				break;
			}
		}
		return steps;
	}

	private static Explanation explanation(Decision decision, List<Explanation.Step> steps) {
		if (steps.isEmpty() || !steps.get(steps.size() - 1).rule().equals(decision.rule())) {
			boolean ambiguous = decision.outcome() == Decision.Outcome.AMBIGUOUS;
			steps.add(new Explanation.Step(decision.rule(), true,
					ambiguous ? "refused whatever rules say" : "nothing before it decides"));
		}
		return new Explanation(decision, steps);
	}

	private static void explain(Verdict verdict, RequestFacts request, RequestPath path, List<Explanation.Step> steps) {
		for (CompiledPermission permission : verdict.permissions()) {
			String mismatch = permission.mismatch(request, path, PathReading.NORMALIZED);
			steps.add(step(permission.decision(), mismatch));
			if (mismatch == null) {
				return;
			}
		}
	}

	private static Explanation.Step step(Decision rule, @Nullable String mismatch) {
		return new Explanation.Step(rule.rule(), mismatch == null, (mismatch != null) ? mismatch : "all of it matches");
	}

}
