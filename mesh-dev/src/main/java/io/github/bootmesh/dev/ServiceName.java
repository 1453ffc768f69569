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

/**
 * The name of a service with its namespace.
 *
 * @param namespace the namespace
 * @param name the name
 */
record ServiceName(String namespace, String name) {

	static ServiceName parse(String text) {
		String[] parts = text.split("/", -1);
		if (parts.length > 2) {
			throw RefusedException.failed("name \"" + text + "\" is invalid: input can contain at most one '/'");
		}
		return (parts.length == 2) ? new ServiceName(parts[0], parts[1]) : new ServiceName("default", text);
	}

	/**
	 * The name, where there are no namespaces to write to.
	 * @param field what it is the name of
	 * @return the name
	 */
	String inDefault(String field) {
		if (!this.namespace.equals("default")) {
			throw RefusedException
				.badRequest("Invalid " + field + "(" + this.namespace + "): Namespaces is a Consul Enterprise feature");
		}
		return this.name;
	}

}
