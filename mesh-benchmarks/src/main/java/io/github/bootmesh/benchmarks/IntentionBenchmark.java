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

package io.github.bootmesh.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Decision;
import io.github.bootmesh.intention.DefaultPolicy;
import io.github.bootmesh.intention.Intention;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.IntentionSet;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;
import io.github.bootmesh.intention.RequestFacts;

/**
 * What deciding costs: on a connection with few and many intentions, on a request with
 * twenty permissions of which the last one matches.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IntentionBenchmark {

	private static final DefaultPolicy DENY = new DefaultPolicy(false, "benchmark");

	private static SpiffeId service(String name) {
		return new SpiffeId("11111111-2222-3333-4444-555555555555.consul", "default", "default", "dc1", name);
	}

	private static Intention from(String source, IntentionRule rule) {
		return new Intention("default", "default", source, "", "default", "api", rule);
	}

	/**
	 * A connection from a source that is named.
	 */
	@Benchmark
	public Decision connectionNamed(Connections connections) {
		return connections.set.connection(connections.named);
	}

	/**
	 * A connection from a source that only the wildcard is about.
	 */
	@Benchmark
	public Decision connectionUnknown(Connections connections) {
		return connections.set.connection(connections.unknown);
	}

	/**
	 * A request, by prefixes of the path.
	 */
	@Benchmark
	public Decision requestPrefixes(Requests requests) {
		return requests.prefixes.request(requests.web, requests.request);
	}

	/**
	 * A request, by prefixes, methods and headers, its path escaped.
	 */
	@Benchmark
	public Decision requestMixed(Requests requests) {
		return requests.mixed.request(requests.web, requests.escaped);
	}

	/**
	 * A request, by expressions.
	 */
	@Benchmark
	public Decision requestExpressions(Requests requests) {
		return requests.expressions.request(requests.web, requests.request);
	}

	/**
	 * Sets that differ in size.
	 */
	@State(Scope.Benchmark)
	public static class Connections {

		/**
		 * How many intentions there are.
		 */
		@Param({ "10", "100", "10000" })
		public int intentions;

		private IntentionSet set = IntentionSet.compile(service("api"), List.of(), DENY);

		private final SpiffeId named = service("service-7");

		private final SpiffeId unknown = service("unknown");

		/**
		 * Compiles the set.
		 */
		@Setup
		public void compile() {
			List<Intention> all = new ArrayList<>();
			for (int i = 1; i < this.intentions; i++) {
				all.add(from("service-" + i, (i % 2 == 0) ? IntentionRule.ALLOW : IntentionRule.DENY));
			}
			all.add(from(Intention.ANY, IntentionRule.DENY));
			this.set = IntentionSet.compile(service("api"), all, DENY);
		}

	}

	/**
	 * Sets of twenty permissions.
	 */
	@State(Scope.Benchmark)
	public static class Requests {

		private final SpiffeId web = service("web");

		private final IntentionSet prefixes = permissions((i) -> new Permission(true,
				new PathRule(PathKind.PREFIX, "/api/v1/resource-" + i + "/"), Set.of(), List.of()));

		private final IntentionSet mixed = permissions(
				(i) -> new Permission(true, new PathRule(PathKind.PREFIX, "/api/v1/"), Set.of("GET", "HEAD"),
						List.of(new HeaderRule("x-tenant", HeaderKind.EXACT, "tenant-" + i, false, true))));

		private final IntentionSet expressions = permissions((i) -> new Permission(true,
				new PathRule(PathKind.REGEX, "/api/v[0-9]+/resource-" + i + "/.*"), Set.of(), List.of()));

		private final RequestFacts request = new Facts("/api/v1/resource-20/items/4711?expand=all");

		private final RequestFacts escaped = new Facts("/api/v1/resource-20/caf%C3%A9/a%40b?expand=all");

		private static IntentionSet permissions(Function<Integer, Permission> permission) {
			List<Permission> permissions = new ArrayList<>();
			for (int i = 1; i <= 20; i++) {
				permissions.add(permission.apply(i));
			}
			return IntentionSet.compile(service("api"),
					List.of(from("web", new IntentionRule.Permissions(permissions))), DENY);
		}

	}

	private record Facts(String target) implements RequestFacts {

		private static final List<String> TENANT = List.of("tenant-20");

		@Override
		public String method() {
			return "GET";
		}

		@Override
		public List<String> headers(String name) {
			return name.equals("x-tenant") ? TENANT : List.of();
		}

	}

}
