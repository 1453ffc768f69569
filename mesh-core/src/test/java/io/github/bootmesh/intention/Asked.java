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
import java.util.Map;
import java.util.TreeMap;

/**
 * A request in tests.
 */
record Asked(String method, String target, Map<String, List<String>> sent) implements RequestFacts {

	static Asked get(String target) {
		return of("GET", target);
	}

	static Asked of(String method, String target) {
		return new Asked(method, target, Map.of()).with("host", "api.example");
	}

	Asked with(String header, String... values) {
		Map<String, List<String>> sent = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		sent.putAll(this.sent);
		List<String> all = new ArrayList<>(sent.getOrDefault(header, List.of()));
		all.addAll(List.of(values));
		sent.put(header, all);
		return new Asked(this.method, this.target, sent);
	}

	Asked without(String header) {
		Map<String, List<String>> sent = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		sent.putAll(this.sent);
		sent.remove(header);
		return new Asked(this.method, this.target, sent);
	}

	@Override
	public List<String> headers(String name) {
		return this.sent.getOrDefault(name, List.of());
	}

}
