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

import io.github.bootmesh.SpiffeId;

/**
 * How rules are called in texts for people.
 */
final class Words {

	private static final int MAX_LENGTH = 300;

	private Words() {
	}

	/**
	 * A service, with its namespace and partition where they are not the default ones.
	 */
	static String service(String partition, String namespace, String name) {
		if (!SpiffeId.DEFAULT.equals(partition)) {
			return partition + "/" + namespace + "/" + name;
		}
		return SpiffeId.DEFAULT.equals(namespace) ? name : namespace + "/" + name;
	}

	/**
	 * What a rule holds, as one line: it is foreign text.
	 */
	static String oneLine(String text) {
		String line = text.replaceAll("[^\\x20-\\x7e]", "?");
		return (line.length() <= MAX_LENGTH) ? line : line.substring(0, MAX_LENGTH) + "...";
	}

}
