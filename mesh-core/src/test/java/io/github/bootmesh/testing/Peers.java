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

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs that are not ours and that tests run against. An absent one skips the test, or
 * fails it with {@code -Dbootmesh.test.peers.required=true}.
 */
public final class Peers {

	private Peers() {
	}

	/** Consul 1.8.7, the oldest that is supported. */
	public static Path consul() {
		return require("consul");
	}

	/** Envoy. */
	public static Path envoy() {
		return require("envoy");
	}

	/** A headless browser. */
	public static Path chromium() {
		return require("chromium");
	}

	/** PostgreSQL's program that makes the directory of a server. */
	public static Path initdb() {
		return require("initdb");
	}

	/** PostgreSQL's server. */
	public static Path postgres() {
		return require("postgres");
	}

	/** PostgreSQL's client. */
	public static Path psql() {
		return require("psql");
	}

	/** Redis. */
	public static Path redis() {
		return require("redis-server");
	}

	/** HAProxy. */
	public static Path haproxy() {
		return require("haproxy");
	}

	/** The server of nginx. */
	public static Path nginx() {
		return require("nginx");
	}

	private static Path require(String name) {
		Optional<Path> found = directories().map((directory) -> directory.resolve(name))
			.filter(Files::isExecutable)
			.findFirst();
		if (found.isPresent()) {
			return found.get();
		}
		String message = "MISSING PEER: no " + name + " in " + provided()
				+ " nor on the PATH; src/ci/provision gets it";
		if (Boolean.getBoolean("bootmesh.test.peers.required")) {
			throw new AssertionError(message);
		}
		System.err.println(message + " (skipping)");
		return Assumptions.abort(message);
	}

	private static Stream<Path> directories() {
		List<String> path = Arrays.asList(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"));
		return Stream.concat(Stream.of(provided()),
				path.stream().filter((entry) -> !entry.isEmpty()).map((entry) -> Path.of(entry)));
	}

	private static Path provided() {
		@Nullable String chosen = System.getenv("BOOTMESH_PEERS");
		Path home = Path.of(Objects.requireNonNullElse(System.getenv("HOME"), System.getProperty("user.home")));
		return ((chosen != null) ? Path.of(chosen) : home.resolve(".cache/bootmesh-peers")).resolve("bin");
	}

}
