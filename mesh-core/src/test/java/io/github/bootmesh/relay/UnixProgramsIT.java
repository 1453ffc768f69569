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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.testing.Postgres;
import io.github.bootmesh.testing.Psql;
import io.github.bootmesh.testing.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Programs that reach an upstream through a Unix socket: their servers stand behind
 * Consul's own proxy.
 */
@Timeout(180)
class UnixProgramsIT {

	private final Path directory;

	private final AgentTestbed testbed = new AgentTestbed();

	UnixProgramsIT(@TempDir Path directory) {
		this.directory = directory;
	}

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private UpstreamListener upstream(int server, String file) throws IOException {
		this.testbed.goProxy("program", server);
		return this.testbed.upstream("program", UnixDomainSocketAddress.of(this.directory.resolve(file)),
				ChoicePolicy.WEIGHTED);
	}

	@Test
	void whenPsqlIsGivenADirectoryThenItReachesTheDatabase() throws Exception {
		UpstreamListener upstream = upstream(this.testbed.start(Postgres.start()).port(), ".s.PGSQL.5432");
		assertThat(Psql.run(this.directory, 5432, "SELECT 6 * 7")).isEqualTo("42");
		assertThat(Psql.run(this.directory, 5432,
				"SELECT sum(length(repeat(id::text, 1000))) FROM generate_series(1, 1000) AS id"))
			.isEqualTo("2893000");
		assertThat(upstream.status().failures()).isEmpty();
		AgentTestbed.await(() -> upstream.status().connections() == 0);
	}

	@Test
	void whenRedisIsAskedThenItAnswers() throws Exception {
		UpstreamListener upstream = upstream(this.testbed.start(Redis.start()).port(), "redis.sock");
		try (UnixPeer client = UnixPeer.connect(UnixDomainSocketAddress.of(this.directory.resolve("redis.sock")))) {
			client.out().write("SET ledger 17\r\nGET ledger\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
			assertThat(new String(client.in().readAllBytes(), StandardCharsets.US_ASCII))
				.isEqualTo("+OK\r\n$2\r\n17\r\n+OK\r\n");
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

}
