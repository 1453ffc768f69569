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
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.IntentionRule.Permissions;
import io.github.bootmesh.intention.Permission.HeaderRule;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Recorded answers, changed at random: what is understood of them is all that they say,
 * and what is not denies.
 */
class IntentionReaderFuzzTests {

	private static final int ROUNDS = 20_000;

	private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

	private static final Set<String> INFORMATION = Set.of("ID", "Description", "Meta", "Precedence", "CreatedAt",
			"UpdatedAt", "Hash", "CreateIndex", "ModifyIndex", "DefaultAddr", "DefaultPort", "LegacyID", "LegacyMeta",
			"LegacyCreateTime", "LegacyUpdateTime");

	private static final List<String> WORDS = List.of("allow", "deny", "*", "", "api", "web", "/", "/admin", "GET",
			"consul", "default", "Action", "Permissions", "HTTP", "Header", "Methods", "Name", "Exact", "Present",
			"Invert", "IgnoreCase", "PathExact", "PathRegex", "JWT", "SourceName", "SourceNS", "SourcePeer",
			"SourceSamenessGroup", "New", "x\n");

	private static final SpiffeId API = new SpiffeId("ours.consul", "default", "default", "dc1", "api");

	private static final List<String> PIECES = List.of("a", "/", "/v", "[0-9]", "[^/]", "[", "]", "(", ")", "|", "*",
			"+", "?", "{2}", "{9,}", "{1000}", ".", "\\", "\\d", "\\pL", "(?i)", "(?=", "^", "$", "\u00e9", "\u0000");

	private final JsonMapper mapper = new JsonMapper();

	private final IntentionReader reader = new IntentionReader("api");

	@Test
	void whatIsUnderstoodOfAChangedAnswerIsAllThatItSays() {
		long seed = Long.getLong("bootmesh.test.seed", System.nanoTime());
		Random random = new Random(seed);
		JsonNode answer = Answers.recorded("intentions-match");
		int understood = 0;
		for (int round = 0; round < ROUNDS; round++) {
			JsonNode changed = answer.deepCopy();
			for (int change = random.nextInt(3); change >= 0; change--) {
				changed = change(changed, random);
			}
			understood += check(changed, random, seed);
		}
		assertThat(understood).as("seed %d", seed).isGreaterThan(ROUNDS / 10);
	}

	@Test
	void ofAnyJsonNothingIsAllowed() {
		long seed = Long.getLong("bootmesh.test.seed", System.nanoTime());
		Random random = new Random(seed);
		for (int round = 0; round < ROUNDS; round++) {
			check(NODES.objectNode().set("api", any(random, 4)), random, seed);
		}
	}

	@Test
	void anyExpressionIsCompiledOrNotUnderstood() {
		long seed = Long.getLong("bootmesh.test.seed", System.nanoTime());
		Random random = new Random(seed);
		int understood = 0;
		for (int round = 0; round < ROUNDS / 10; round++) {
			StringBuilder expression = new StringBuilder("/");
			for (int i = random.nextInt(8); i > 0; i--) {
				expression.append(PIECES.get(random.nextInt(PIECES.size())));
			}
			ObjectNode http = NODES.objectNode().put("PathRegex", expression.toString());
			ObjectNode intention = NODES.objectNode().put("SourceName", "web").put("DestinationName", "api");
			intention.putArray("Permissions").addObject().put("Action", "allow").set("HTTP", http);
			ObjectNode answer = NODES.objectNode();
			answer.putArray("api").add(intention);
			understood += decide(Objects.requireNonNull(read(answer)), random, seed);
		}
		assertThat(understood).as("seed %d", seed).isBetween(ROUNDS / 100, ROUNDS / 10 - ROUNDS / 100);
	}

	// The number of allowing rules, each of which is compared in full.
	private int check(JsonNode answer, Random random, long seed) {
		List<Intention> read = read(answer);
		if (read == null) {
			return 0;
		}
		decide(read, random, seed);
		int understood = 0;
		for (int i = 0; i < read.size(); i++) {
			if (!(read.get(i).rule() instanceof IntentionRule.NotUnderstood)) {
				JsonNode original = answer.get("api").get(i);
				assertThat(written(read.get(i))).as("seed %d: %s", seed, answer).isEqualTo(stripped(original));
				understood++;
			}
		}
		return understood;
	}

	private @Nullable List<Intention> read(JsonNode answer) {
		try {
			return this.reader.read(answer);
		}
		catch (NotUnderstoodException ex) {
			return null;
		}
	}

	// Nothing escapes, and what is not understood allows nothing. The number of rules
	// that
	// are understood.
	private static int decide(List<Intention> read, Random random, long seed) {
		RandomSets requests = new RandomSets(random.nextLong());
		SpiffeId source = requests.source().in(API.trustDomain());
		Asked request = requests.request();
		IntentionSet set = IntentionSet.compile(API, read, new DefaultPolicy(true, "test"));
		assertThat(set.explain(source, request).decision()).as("seed %d: %s", seed, read)
			.isEqualTo(set.request(source, request));
		set.anonymousRequest(request);
		for (Intention intention : set.intentions()) {
			IntentionSet alone = IntentionSet.compile(API, List.of(intention), new DefaultPolicy(true, "test"));
			SpiffeId example = new SpiffeId(API.trustDomain(), intention.sourcePartition(), intention.sourceNamespace(),
					"dc1", intention.source());
			boolean notUnderstood = intention.rule() instanceof IntentionRule.NotUnderstood
					|| !alone.notUnderstood().isEmpty();
			if (notUnderstood && intention.sourcePeer().isEmpty()) {
				assertThat(alone.connection(example).allowed()).as("seed %d: %s", seed, intention).isFalse();
				assertThat(alone.request(example, request).allowed()).as("seed %d: %s", seed, intention).isFalse();
			}
		}
		return set.intentions().size() - set.notUnderstood().size();
	}

	private JsonNode change(JsonNode answer, Random random) {
		List<JsonNode> places = new ArrayList<>();
		collect(answer, places);
		JsonNode place = places.get(random.nextInt(places.size()));
		if (place instanceof ArrayNode array) {
			int index = array.isEmpty() ? -1 : random.nextInt(array.size());
			switch (random.nextInt(3)) {
				case 0 -> array.add(any(random, 2));
				case 1 -> array.add((index >= 0) ? array.get(index).deepCopy() : NODES.nullNode());
				default -> {
					if (index >= 0) {
						array.remove(index);
					}
				}
			}
		}
		else if (place instanceof ObjectNode object) {
			List<String> names = new ArrayList<>(object.propertyNames());
			String name = names.isEmpty() ? "Name" : names.get(random.nextInt(names.size()));
			switch (random.nextInt(4)) {
				case 0 -> object.remove(name);
				case 1 -> object.set(name, any(random, 2));
				case 2 -> object.set(word(random), object.has(name) ? object.get(name).deepCopy() : any(random, 2));
				default -> object.set(word(random), any(random, 2));
			}
		}
		return answer;
	}

	private static void collect(JsonNode node, List<JsonNode> places) {
		if (node.isContainer()) {
			places.add(node);
			node.forEach((child) -> collect(child, places));
		}
	}

	private static JsonNode any(Random random, int depth) {
		int kind = random.nextInt((depth > 0) ? 8 : 6);
		if (kind < 3) {
			return NODES.stringNode(word(random));
		}
		if (kind < 6) {
			return switch (kind) {
				case 3 -> NODES.numberNode(random.nextInt(3));
				case 4 -> NODES.booleanNode(random.nextBoolean());
				default -> NODES.nullNode();
			};
		}
		if (kind == 6) {
			ArrayNode array = NODES.arrayNode();
			for (int i = random.nextInt(3); i > 0; i--) {
				array.add(any(random, depth - 1));
			}
			return array;
		}
		ObjectNode object = NODES.objectNode();
		for (int i = random.nextInt(5); i > 0; i--) {
			object.set(word(random), any(random, depth - 1));
		}
		return object;
	}

	private static String word(Random random) {
		return WORDS.get(random.nextInt(WORDS.size()));
	}

	// The fields that an intention has to have had.
	private JsonNode written(Intention intention) {
		Map<String, Object> fields = new TreeMap<>();
		fields.put("SourcePartition", intention.sourcePartition());
		fields.put("SourceNS", intention.sourceNamespace());
		fields.put("SourceName", intention.source());
		fields.put("SourcePeer", intention.sourcePeer());
		fields.put("DestinationNS", intention.destinationNamespace());
		fields.put("DestinationName", intention.destination());
		if (intention.rule() instanceof IntentionRule.Action action) {
			fields.put("Action", action.allow() ? "allow" : "deny");
		}
		else if (intention.rule() instanceof Permissions permissions) {
			fields.put("Permissions", permissions.permissions().stream().map(this::written).toList());
		}
		return stripped(this.mapper.valueToTree(fields));
	}

	private Map<String, Object> written(Permission permission) {
		Map<String, Object> http = new TreeMap<>();
		if (permission.path() != null) {
			http.put("Path" + label(permission.path().kind()), permission.path().value());
		}
		http.put("Methods", List.copyOf(permission.methods()));
		http.put("Header", permission.headers().stream().map(this::written).toList());
		return Map.of("Action", permission.allow() ? "allow" : "deny", "HTTP", http);
	}

	private Map<String, Object> written(HeaderRule header) {
		Object value = (header.kind() == Permission.HeaderKind.PRESENT) ? true : header.value();
		return Map.of("Name", header.name(), label(header.kind()), value, "Invert", header.invert(), "IgnoreCase",
				header.ignoreCase());
	}

	private static String label(Enum<?> kind) {
		String name = kind.name();
		return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
	}

	// Without what says nothing: unset fields, defaults, what is for people.
	private static JsonNode stripped(JsonNode node) {
		if (node.isArray()) {
			ArrayNode array = NODES.arrayNode();
			node.forEach((child) -> array.add(stripped(child)));
			return array;
		}
		if (!node.isObject()) {
			return node;
		}
		ObjectNode object = NODES.objectNode();
		for (String name : new TreeSet<>(node.propertyNames())) {
			JsonNode value = name.equals("Methods") ? methods(node.get(name)) : stripped(node.get(name));
			boolean unset = value.isNull() || (value.isContainer() && value.isEmpty())
					|| (value.isString() && value.asString().isEmpty()) || (value.isBoolean() && !value.asBoolean());
			boolean assumed = (name.endsWith("NS") || name.endsWith("Partition"))
					&& value.asString("").equals("default");
			assumed |= name.equals("SourceType") && value.asString("").equals("consul");
			if (!unset && !assumed && !INFORMATION.contains(name)) {
				object.set(name, value);
			}
		}
		return object;
	}

	// A set, in upper case.
	private static JsonNode methods(JsonNode node) {
		Set<String> methods = new TreeSet<>();
		node.forEach((method) -> methods.add(method.asString("").toUpperCase(Locale.ROOT)));
		ArrayNode array = NODES.arrayNode();
		methods.forEach(array::add);
		return array;
	}

}
