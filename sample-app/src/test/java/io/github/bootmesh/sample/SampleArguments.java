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

package io.github.bootmesh.sample;

import java.net.URI;
import java.util.stream.Stream;

/**
 * Arguments for a sample that gets in nobody's way.
 */
final class SampleArguments {

	private SampleArguments() {
	}

	/** With a development Consul that the applications of this JVM share. */
	static String[] development() {
		return development(0);
	}

	/** With a development Consul at a port. */
	static String[] development(int port) {
		return arguments(Stream.of("--bootmesh.dev.port=" + port));
	}

	/** On a Consul that is there. */
	static String[] on(URI consul, String... more) {
		return arguments(Stream.concat(Stream.of("--bootmesh.consul.url=" + consul), Stream.of(more)));
	}

	private static String[] arguments(Stream<String> own) {
		return Stream.concat(Stream.of("--sample.edge.port=0", "--bootmesh.registration.drain-delay=0s"), own)
			.toArray(String[]::new);
	}

}
