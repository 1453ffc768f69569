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

package io.github.bootmesh.dev;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import tools.jackson.databind.PropertyNamingStrategies;

/**
 * Names JSON fields as Consul's Go code does: {@code activeRootId} is
 * {@code ActiveRootID}.
 */
final class GoNames extends PropertyNamingStrategies.NamingBase {

	private static final Set<String> INITIALISMS = Set.of("id", "ns", "pem", "uri", "ttl", "dns", "http", "tcp", "grpc",
			"tls");

	@Override
	public String translate(String propertyName) {
		return Arrays.stream(propertyName.split("(?=[A-Z])")).map(GoNames::word).collect(Collectors.joining());
	}

	private static String word(String word) {
		if (INITIALISMS.contains(word.toLowerCase(Locale.ROOT))) {
			return word.toUpperCase(Locale.ROOT);
		}
		if (word.equals("Ids")) {
			return "IDs";
		}
		return Character.toUpperCase(word.charAt(0)) + word.substring(1);
	}

}
