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

package io.github.bootmesh.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.intention.Intention;
import io.github.bootmesh.intention.IntentionRule;
import io.github.bootmesh.intention.Permission;
import io.github.bootmesh.intention.Permission.HeaderKind;
import io.github.bootmesh.intention.Permission.HeaderRule;
import io.github.bootmesh.intention.Permission.PathKind;
import io.github.bootmesh.intention.Permission.PathRule;
import io.github.bootmesh.intention.RequestFacts;

/**
 * Decisions of a real Envoy 1.40 in front of service {@code api}, configured by Consul
 * 1.13.9, as {@code conformance/l7-decisions.jsonl} holds them. All intentions are of the
 * default namespace and partition.
 */
public final class Conformance {

	private static final ObjectMapper JSON = JsonMapper.builder().build();

	private Conformance() {
	}

	/**
	 * All cases.
	 */
	public static List<Case> cases() {
		try (InputStream file = Conformance.class.getResourceAsStream("/conformance/l7-decisions.jsonl");
				BufferedReader lines = new BufferedReader(
						new InputStreamReader(Objects.requireNonNull(file), StandardCharsets.UTF_8))) {
			return lines.lines().map((line) -> read(JSON.readTree(line))).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Case read(JsonNode node) {
		List<Intention> intentions = new ArrayList<>();
		node.get("intentions")
			.properties()
			.forEach((destination) -> destination.getValue()
				.forEach((source) -> intentions.add(intention(destination.getKey(), source))));
		List<Call> calls = new ArrayList<>();
		node.get("requests").forEach((request) -> calls.add(call(request)));
		return new Case(node.get("case").asString(), node.get("defaultPolicy").asString().equals("allow"), intentions,
				calls);
	}

	private static Intention intention(String destination, JsonNode source) {
		IntentionRule rule;
		if (source.has("Permissions")) {
			List<Permission> permissions = new ArrayList<>();
			source.get("Permissions").forEach((permission) -> permissions.add(permission(permission)));
			rule = new IntentionRule.Permissions(permissions);
		}
		else {
			rule = allows(source) ? IntentionRule.ALLOW : IntentionRule.DENY;
		}
		return new Intention("default", "default", source.get("Name").asString(), "", "default", destination, rule);
	}

	private static Permission permission(JsonNode permission) {
		JsonNode http = permission.get("HTTP");
		PathRule path = null;
		for (PathKind kind : PathKind.values()) {
			String field = "Path" + capitalized(kind);
			path = http.has(field) ? new PathRule(kind, http.get(field).asString()) : path;
		}
		List<String> methods = new ArrayList<>();
		http.path("Methods").forEach((method) -> methods.add(method.asString()));
		List<HeaderRule> headers = new ArrayList<>();
		http.path("Header").forEach((header) -> headers.add(header(header)));
		return new Permission(allows(permission), path, Set.copyOf(methods), headers);
	}

	private static HeaderRule header(JsonNode header) {
		for (HeaderKind kind : HeaderKind.values()) {
			JsonNode value = header.path(capitalized(kind));
			if (!value.isMissingNode()) {
				return new HeaderRule(header.get("Name").asString(), kind,
						(kind != HeaderKind.PRESENT) ? value.asString() : "", header.path("Invert").asBoolean(false),
						false);
			}
		}
		throw new IllegalArgumentException("No kind that is known in " + header);
	}

	private static String capitalized(Enum<?> kind) {
		return kind.name().charAt(0) + kind.name().substring(1).toLowerCase(Locale.ROOT);
	}

	private static boolean allows(JsonNode rule) {
		return rule.get("Action").asString().equals("allow");
	}

	private static Call call(JsonNode request) {
		List<Header> headers = new ArrayList<>();
		request.get("headers")
			.forEach((header) -> headers.add(new Header(header.get(0).asString(), header.get(1).asString())));
		int envoy = request.get("envoyStatus").asInt();
		return new Call(request.get("source").asString(), request.get("method").asString(),
				request.get("path").asString(), headers, request.path("host").asString("api.example"),
				request.path("ambiguous").asBoolean(false), envoy, request.path("consulDecides").asInt(envoy));
	}

	/**
	 * A set of intentions and requests that were sent under it.
	 *
	 * @param name what the case is about
	 * @param defaultAllow the agent's default policy
	 * @param intentions the intentions
	 * @param calls the requests
	 */
	public record Case(String name, boolean defaultAllow, List<Intention> intentions, List<Call> calls) {

		@Override
		public String toString() {
			return this.name + ", default " + (this.defaultAllow ? "allow" : "deny");
		}

	}

	/**
	 * A request and its answer.
	 *
	 * @param source the calling service
	 * @param method the method
	 * @param path the target as on the wire
	 * @param headers the headers in order, without {@code Host}
	 * @param host the {@code Host} header
	 * @param ambiguous whether the path can be read in two ways, so that 400 or the
	 * decision for the normalized path is due and {@code status} is not
	 * @param envoyStatus what Envoy answered
	 * @param status what is due
	 */
	public record Call(String source, String method, String path, List<Header> headers, String host, boolean ambiguous,
			int envoyStatus, int status) {

		/**
		 * The values of a header.
		 */
		public List<String> values(String header) {
			return header.equalsIgnoreCase("host") ? List.of(this.host)
					: this.headers.stream()
						.filter((one) -> one.name().equalsIgnoreCase(header))
						.map(Header::value)
						.toList();
		}

		/**
		 * What a generous router makes of a path that is called ambiguous.
		 */
		public String normalizedPath() {
			String decoded = this.path.replace("%2e", ".")
				.replace("%2F", "/")
				.replace("%2f", "/")
				.replace("%61", "a")
				.replace("%00", "\0");
			String plain = decoded.replaceAll("#.*", "").replaceAll(";[^/]*", "").replaceAll("/{2,}", "/");
			return plain.replaceAll("/\\.(?=/|$)", "").replaceAll("/[^/]+/\\.\\.(?=/|$)", "");
		}

		/**
		 * The request, for another path perhaps.
		 */
		public RequestFacts facts(String target) {
			return new RequestFacts() {

				@Override
				public String method() {
					return Call.this.method;
				}

				@Override
				public String target() {
					return target;
				}

				@Override
				public List<String> headers(String name) {
					return values(name);
				}

			};
		}

	}

	/**
	 * A header line.
	 *
	 * @param name the name as sent
	 * @param value the value as sent, spaces included
	 */
	public record Header(String name, String value) {

	}

}
