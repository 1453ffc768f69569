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

package io.github.bootmesh.autoconfigure.upstream;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.tools.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database that listens on loopback, and an application that knows nothing of TLS and
 * uses it from its first bean to its last.
 */
class UpstreamDependentsTests {

	private final StreamMesh mesh = new StreamMesh();

	private Server database;

	@BeforeEach
	void start() throws Exception {
		this.database = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
		this.mesh.serve("ledger", this.database.getPort());
	}

	@AfterEach
	void close() throws Exception {
		this.database.stop();
		this.mesh.close();
	}

	private ApplicationContextRunner application(String name) {
		return this.mesh.runner()
			.withUserConfiguration(Application.class)
			.withPropertyValues("bootmesh.upstreams.ledger-db.destination-name=ledger",
					"bootmesh.upstreams.ledger-db.local-bind-port=0", "database=" + name,
					"url=jdbc:h2:tcp://127.0.0.1:${local.bootmesh.upstreams.ledger-db.port}/mem:${database};DB_CLOSE_DELAY=-1");
	}

	@Test
	void whenBeansConnectWhileTheyAreMadeAndDestroyedThenTheyAreServed() {
		application("eager").run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(Entries.class).add(1, "paid");
		});
		application("eager").run((context) -> assertThat(context.getBean(Entries.class).texts()).containsExactly("paid",
				"the application ends"));
	}

	@Test
	void whenBeansAreLazyThenTheListenerIsThereAllTheSame() {
		application("lazy")
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getSourceApplicationContext().getBeanFactory().containsSingleton("meshUpstreams"))
					.isTrue();
				assertThat(context.getBean(Entries.class).texts()).isEmpty();
			});
	}

	@Test
	void whenADataSourceWasMadeElsewhereThenTheStartDoesNotFail() {
		this.mesh.runner()
			.withPropertyValues("bootmesh.upstreams.ledger-db.destination-name=ledger",
					"bootmesh.upstreams.ledger-db.local-bind-port=0")
			.withInitializer((context) -> context.getBeanFactory().registerSingleton("elsewhere", new JdbcDataSource()))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		// Connects with its first use, which is Flyway's.
		@Bean(destroyMethod = "dispose")
		JdbcConnectionPool dataSource(@Value("${url}") String url) {
			return JdbcConnectionPool.create(url, "sa", "");
		}

		@Bean(initMethod = "migrate")
		Flyway flyway(DataSource dataSource) {
			return Flyway.configure().dataSource(dataSource).locations("classpath:migration").load();
		}

		@Bean
		Entries entries(DataSource dataSource, Flyway flyway) {
			return new Entries(dataSource);
		}

	}

	static final class Entries implements DisposableBean {

		private final DataSource dataSource;

		Entries(DataSource dataSource) {
			this.dataSource = dataSource;
		}

		void add(int id, String text) throws SQLException {
			try (Connection connection = this.dataSource.getConnection();
					Statement statement = connection.createStatement()) {
				statement.execute("insert into entry values (" + id + ", '" + text + "')");
			}
		}

		List<String> texts() throws SQLException {
			try (Connection connection = this.dataSource.getConnection();
					Statement statement = connection.createStatement();
					ResultSet rows = statement.executeQuery("select text from entry order by id")) {
				List<String> texts = new ArrayList<>();
				while (rows.next()) {
					texts.add(rows.getString(1));
				}
				return texts;
			}
		}

		@Override
		public void destroy() throws SQLException {
			add(100 + texts().size(), "the application ends");
		}

	}

}
