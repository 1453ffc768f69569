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

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.PGConnection;

import io.github.bootmesh.testing.Postgres;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.PeerAdmission;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A pool of connections to a PostgreSQL that is reached through an upstream.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamPoolsIT {

	private static final int POOLED = 4;

	private final Postgres postgres = Postgres.start();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private RelayTestbed testbed = new RelayTestbed();

	@BeforeEach
	void fresh() {
		this.testbed = new RelayTestbed();
	}

	@AfterEach
	void clear() throws Exception {
		this.testbed.close();
	}

	@AfterAll
	void close() {
		this.threads.shutdownNow();
		this.postgres.close();
	}

	private PublicListener instance(String id) throws Exception {
		return this.testbed.ledger(id, this.postgres.port(),
				this.testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER));
	}

	private HikariDataSource pool() throws Exception {
		InetSocketAddress address = (InetSocketAddress) this.testbed.upstream(RelayTestbed.PATIENT).start();
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + address.getPort() + "/postgres");
		config.setUsername("postgres");
		config.setMaximumPoolSize(POOLED);
		return this.testbed.start(new HikariDataSource(config));
	}

	@Test
	void whenTheRootRotatesThenNoStatementFailsAndEveryConnectionStays() throws Exception {
		instance("l1");
		try (Statements statements = new Statements(pool())) {
			statements.awaitAllWork();
			Set<Integer> before = Set.copyOf(statements.backends);
			assertThat(before).hasSize(POOLED);
			TestCa next = this.testbed.rotateRoot();
			statements.awaitAllWork();
			assertThat(statements.failures).isEmpty();
			assertThat(statements.backends).isEqualTo(before);
			// The connections end with the root that vouched for them, the pool goes on.
			this.testbed.trust(next);
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> statements.backends.size() >= 2 * POOLED);
			statements.failures.clear();
			statements.awaitAllWork();
			assertThat(statements.failures).isEmpty();
		}
	}

	@Test
	void whenTheInstanceIsReplacedThenNoStatementFailsUntilItEndsAndThePoolGoesOnWithTheNextOne() throws Exception {
		PublicListener first = instance("l1");
		try (Statements statements = new Statements(pool())) {
			statements.awaitAllWork();
			PublicListener second = instance("l2");
			this.testbed.catalog().remove("ledger", "l1");
			Awaitility.await()
				.atMost(RelayTestbed.PATIENCE)
				.until(() -> this.testbed.endpoints()
					.statuses()
					.get(0)
					.endpoints()
					.stream()
					.noneMatch((endpoint) -> endpoint.instance().contains("l1")));
			statements.awaitAllWork();
			assertThat(statements.failures).isEmpty();
			assertThat(first.status().connections()).isEqualTo(POOLED);
			first.close();
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> second.status().connections() == POOLED);
			statements.failures.clear();
			statements.awaitAllWork();
			assertThat(statements.failures).isEmpty();
		}
	}

	@Test
	void whenAGigabyteIsCopiedBothWaysWhileLeavesRotateThenItArrivesUnchanged() throws Exception {
		instance("l1");
		ScheduledExecutorService rotating = Executors.newSingleThreadScheduledExecutor();
		AtomicInteger rotations = new AtomicInteger();
		try (HikariDataSource pool = pool(); Connection connection = pool.getConnection()) {
			rotating.scheduleAtFixedRate(() -> {
				this.testbed.rotate();
				rotations.incrementAndGet();
			}, 0, 100, TimeUnit.MILLISECONDS);
			try (Statement statement = connection.createStatement()) {
				statement.execute("CREATE UNLOGGED TABLE ledger (entry text)");
				// In the page itself, as it is.
				statement.execute("ALTER TABLE ledger ALTER entry SET STORAGE PLAIN");
			}
			MessageDigest up = MessageDigest.getInstance("SHA-256");
			MessageDigest down = MessageDigest.getInstance("SHA-256");
			PGConnection postgres = connection.unwrap(PGConnection.class);
			assertThat(postgres.getCopyAPI()
				.copyIn("COPY ledger FROM STDIN", new DigestInputStream(new Lines(), up), 64 * 1024))
				.isEqualTo(Lines.COUNT);
			assertThat(postgres.getCopyAPI()
				.copyOut("COPY ledger TO STDOUT", new DigestOutputStream(OutputStream.nullOutputStream(), down)))
				.isEqualTo(Lines.COUNT);
			assertThat(down.digest()).isEqualTo(up.digest());
			try (Statement statement = connection.createStatement()) {
				statement.execute("DROP TABLE ledger");
			}
		}
		finally {
			rotating.shutdownNow();
			assertThat(rotating.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
		}
		assertThat(rotations).hasValueGreaterThan(10);
	}

	/**
	 * A gigabyte of text, no line of which is like another.
	 */
	private static final class Lines extends InputStream {

		private static final int COUNT = 131_072;

		private final byte[] line = new byte[8193 - 192];

		private int lines;

		private int position = this.line.length;

		Lines() {
			byte[] random = new byte[this.line.length / 2];
			new Random(1).nextBytes(random);
			byte[] text = HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII);
			System.arraycopy(text, 0, this.line, 0, text.length);
			this.line[this.line.length - 1] = '\n';
		}

		@Override
		public int read() {
			throw new UnsupportedOperationException();
		}

		@Override
		public int read(byte[] bytes, int offset, int length) {
			if (this.position == this.line.length) {
				if (this.lines == COUNT) {
					return -1;
				}
				byte[] number = "%08x".formatted(this.lines++).getBytes(StandardCharsets.US_ASCII);
				System.arraycopy(number, 0, this.line, 0, number.length);
				this.position = 0;
			}
			int taken = Math.min(length, this.line.length - this.position);
			System.arraycopy(this.line, this.position, bytes, offset, taken);
			this.position += taken;
			return taken;
		}

	}

	/**
	 * As many threads as the pool has connections, each of which asks one for its backend
	 * again and again.
	 */
	private final class Statements implements AutoCloseable {

		private final Set<Integer> backends = ConcurrentHashMap.newKeySet();

		private final Set<SQLException> failures = ConcurrentHashMap.newKeySet();

		private final List<AtomicInteger> answered = new ArrayList<>();

		private final List<Future<?>> tasks = new ArrayList<>();

		private final AtomicBoolean over = new AtomicBoolean();

		Statements(HikariDataSource pool) {
			for (int i = 0; i < POOLED; i++) {
				AtomicInteger answers = new AtomicInteger();
				this.answered.add(answers);
				this.tasks.add(UpstreamPoolsIT.this.threads.submit(() -> {
					while (!this.over.get()) {
						ask(pool, answers);
					}
				}));
			}
		}

		private void ask(HikariDataSource pool, AtomicInteger answers) {
			try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
				for (int i = 0; i < 20; i++) {
					try (ResultSet result = statement.executeQuery("SELECT pg_backend_pid()")) {
						result.next();
						this.backends.add(result.getInt(1));
						answers.incrementAndGet();
					}
				}
			}
			catch (SQLException ex) {
				this.failures.add(ex);
			}
		}

		void awaitAllWork() {
			List<Integer> before = this.answered.stream().map(AtomicInteger::get).toList();
			Awaitility.await().atMost(RelayTestbed.PATIENCE).until(() -> {
				for (int i = 0; i < before.size(); i++) {
					if (this.answered.get(i).get() < before.get(i) + 100) {
						return false;
					}
				}
				return true;
			});
		}

		@Override
		public void close() throws Exception {
			this.over.set(true);
			for (Future<?> task : this.tasks) {
				task.get();
			}
		}

	}

}
