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
 * The version whose behaviour a development Consul has, as far as that differs for a mesh
 * member.
 */
public enum ConsulVersion {

	/**
	 * Consul 1.8.7: intentions one by one, without permissions; {@code intentions/match}
	 * tells no index, no answer tells the default policy, and what an agent does not know
	 * is a 500.
	 */
	V1_8("1.8.7"),

	/**
	 * Consul 1.13.9: intentions in {@code service-intentions} config entries, with
	 * permissions; {@code intentions/match} tells its index, every answer tells the
	 * default policy, and what an agent does not know is a 404.
	 */
	V1_13("1.13.9");

	private final String text;

	ConsulVersion(String text) {
		this.text = text;
	}

	String text() {
		return this.text;
	}

}
