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

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import io.github.bootmesh.discovery.ChoicePolicy;
import io.github.bootmesh.testing.Postgres;
import io.github.bootmesh.testing.Psql;
import io.github.bootmesh.testing.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Programs that know nothing of TLS, on both sides of an upstream: their servers stand
 * behind Consul's own proxy.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamProgramsIT {

	// 100 MB in lines of a little more than 1 kB.
	private static final int ROWS = 100_000;

	private final AgentTestbed testbed = new AgentTestbed();

	private int services;

	@AfterEach
	void clear() throws Exception {
		this.testbed.clear();
	}

	@AfterAll
	void close() throws Exception {
		this.testbed.close();
	}

	private UpstreamListener upstream(int port) throws IOException {
		String service = "program-" + ++this.services;
		this.testbed.goProxy(service, port);
		return this.testbed.upstream(service);
	}

	private UpstreamListener postgres() throws IOException {
		return upstream(this.testbed.start(Postgres.start()).port());
	}

	@Test
	void whenPsqlCopiesMuchThenItArrivesUnchangedBothWays(@TempDir Path directory) throws Exception {
		UpstreamListener upstream = postgres();
		int port = AgentTestbed.port(upstream);
		assertThat(Psql.run(port, "SELECT 6 * 7")).isEqualTo("42");
		Psql.run(port, "CREATE UNLOGGED TABLE ledger (id int, entry text)");
		Psql.run(port, "CREATE UNLOGGED TABLE copy (id int, entry text)");
		Path file = directory.resolve("ledger");
		byte[] digest = write(file);
		Psql.copyIn(port, "COPY ledger FROM STDIN", file);
		Psql.run(port,
				"INSERT INTO copy SELECT id, repeat(md5(id::text), 32) FROM generate_series(1, " + ROWS + ") AS id");
		assertThat(Psql.run(port, sum("ledger"))).isEqualTo(Psql.run(port, sum("copy"))).startsWith(ROWS + "|");
		Files.delete(file);
		Psql.copyOut(port, "COPY copy TO STDOUT", file);
		assertThat(digest(file)).isEqualTo(digest);
		assertThat(upstream.status().failures()).isEmpty();
		AgentTestbed.await(() -> upstream.status().connections() == 0);
	}

	private static String sum(String table) {
		return "SELECT count(*), sum(hashtextextended(entry, id)) FROM " + table;
	}

	private static byte[] write(Path file) throws Exception {
		MessageDigest md5 = MessageDigest.getInstance("MD5");
		MessageDigest whole = MessageDigest.getInstance("SHA-256");
		try (OutputStream output = new BufferedOutputStream(
				new DigestOutputStream(Files.newOutputStream(file), whole))) {
			for (int id = 1; id <= ROWS; id++) {
				String entry = HexFormat.of()
					.formatHex(md5.digest(String.valueOf(id).getBytes(StandardCharsets.US_ASCII)))
					.repeat(32);
				output.write((id + "\t" + entry + "\n").getBytes(StandardCharsets.US_ASCII));
			}
		}
		return whole.digest();
	}

	private static byte[] digest(Path file) throws Exception {
		MessageDigest whole = MessageDigest.getInstance("SHA-256");
		try (OutputStream output = new DigestOutputStream(OutputStream.nullOutputStream(), whole)) {
			Files.copy(file, output);
		}
		return whole.digest();
	}

	@Test
	void whenPsqlNotifiesThenTheSessionThatListensIsTold() throws Exception {
		int port = AgentTestbed.port(postgres());
		try (Psql session = Psql.session(port)) {
			session.say("LISTEN ledger;");
			session.say("SELECT 'listens';");
			AgentTestbed.await(() -> session.output().contains("listens"));
			Psql.run(port, "NOTIFY ledger, 'entry 17'");
			AgentTestbed.await(() -> {
				// It shows what came when it has something to say itself.
				session.say("SELECT 1;");
				return session.output().contains("\"ledger\" with payload \"entry 17\"");
			});
		}
	}

	@Test
	void whenPsqlCancelsThenTheStatementEnds() throws Exception {
		int port = AgentTestbed.port(postgres());
		try (Psql sleeper = Psql.start(port, "SELECT pg_sleep(600)")) {
			String running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'";
			AgentTestbed.await(() -> Psql.run(port, running).equals("1"));
			sleeper.interrupt();
			assertThat(sleeper.end()).isEqualTo(1);
			assertThat(sleeper.output()).contains("canceling statement due to user request");
			assertThat(Psql.run(port, running)).isEqualTo("0");
		}
	}

	@Test
	void whenOneOfTwoDatabasesIsTakenEachTimeThenACancelReachesTheOneThatRunsTheStatement() throws Exception {
		String service = "program-" + ++this.services;
		for (int i = 0; i < 2; i++) {
			this.testbed.goProxy(service, this.testbed.start(Postgres.start()).port());
		}
		AgentTestbed.await(() -> this.testbed.agent().healthy(service).size() == 2);
		int port = AgentTestbed.port(this.testbed.upstream(service, ChoicePolicy.FIRST));
		int anyPort = AgentTestbed.port(this.testbed.upstream(service));
		String database = "SELECT inet_server_port()";
		String first = Psql.run(port, database);
		for (int i = 0; i < 3; i++) {
			try (Psql sleeper = Psql.start(port, "SELECT pg_sleep(600)")) {
				String running = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' "
						+ "AND state = 'active'";
				AgentTestbed.await(() -> Psql.run(Integer.parseInt(first), running).equals("1"));
				// Where the instance is chosen each time a cancel may go elsewhere.
				AgentTestbed.await(() -> !Psql.run(anyPort, database).equals(first));
				assertThat(Psql.run(port, database)).isEqualTo(first);
				sleeper.interrupt();
				assertThat(sleeper.end()).isEqualTo(1);
				assertThat(sleeper.output()).contains("canceling statement due to user request");
			}
		}
	}

	@Test
	void whenRedisCommandsArePipelinedThenEachIsAnsweredInOrder() throws Exception {
		UpstreamListener upstream = upstream(this.testbed.start(Redis.start()).port());
		int commands = 50_000;
		try (Socket client = AgentTestbed.connect(upstream)) {
			client.getOutputStream()
				.write("*2\r\n$4\r\nINCR\r\n$5\r\nentry\r\n".repeat(commands).getBytes(StandardCharsets.US_ASCII));
			InputStream answers = new BufferedInputStream(client.getInputStream());
			for (int i = 1; i <= commands; i++) {
				assertThat(line(answers)).isEqualTo(":" + i);
			}
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	@Test
	void whenRedisPublishesThenTheSubscriberIsTold() throws Exception {
		UpstreamListener upstream = upstream(this.testbed.start(Redis.start()).port());
		try (Socket subscriber = AgentTestbed.connect(upstream); Socket publisher = AgentTestbed.connect(upstream)) {
			InputStream told = new BufferedInputStream(subscriber.getInputStream());
			subscriber.getOutputStream().write("SUBSCRIBE ledger\r\n".getBytes(StandardCharsets.US_ASCII));
			assertThat(lines(told, 6)).isEqualTo("*3 $9 subscribe $6 ledger :1 ");
			for (int i = 0; i < 100; i++) {
				publisher.getOutputStream()
					.write(("PUBLISH ledger %02d\r\n".formatted(i)).getBytes(StandardCharsets.US_ASCII));
				assertThat(lines(told, 7)).isEqualTo("*3 $7 message $6 ledger $2 %02d ".formatted(i));
				assertThat(line(publisher.getInputStream())).isEqualTo(":1");
			}
		}
		assertThat(upstream.status().failures()).isEmpty();
	}

	private static String lines(InputStream answers, int count) throws IOException {
		StringBuilder lines = new StringBuilder();
		for (int i = 0; i < count; i++) {
			lines.append(line(answers)).append(' ');
		}
		return lines.toString();
	}

	private static String line(InputStream answers) throws IOException {
		StringBuilder line = new StringBuilder();
		for (int b = answers.read(); b != '\n'; b = answers.read()) {
			assertThat(b).isNotNegative();
			line.append((char) b);
		}
		return line.toString().strip();
	}

}
