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

package io.github.bootmesh.sample.ledger;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

import org.h2.tools.Server;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.stereotype.Component;

/**
 * An H2 server with a ledger in its memory, as it would be without a mesh. As a bean it
 * is there before the public listener opens, and until what came through it has ended.
 */
@Component
final class LedgerServer implements DisposableBean {

	private static final String[] SCHEMA = {
			"create table entry (id bigint generated always as identity primary key, what varchar(100) not null)",
			// No password: who may connect is for the mesh to say, and what this user may
			// do is little.
			"create user storefront password ''", "grant select, insert on entry to storefront" };

	// H2 drops a database in memory with its last connection.
	private final Connection keeper;

	private final Server server;

	LedgerServer(@Value("${sample.ledger.port}") int port) throws SQLException {
		// H2 listens on every address otherwise.
		System.setProperty("h2.bindAddress", "127.0.0.1");
		this.keeper = open();
		try {
			this.server = Server.createTcpServer("-tcpPort", String.valueOf(port), "-tcpDaemon").start();
		}
		catch (SQLException ex) {
			this.keeper.close();
			throw new FailureAnalyzedException("The ledger's H2 server does not start: " + ex.getMessage(),
					"If another program has that port, start the sample with another one: --sample.ledger.port=<port>",
					ex);
		}
	}

	// H2 would close it by itself as soon as the JVM is asked to end.
	private static Connection open() throws SQLException {
		Connection opened = DriverManager.getConnection("jdbc:h2:mem:ledger;DB_CLOSE_ON_EXIT=FALSE", "ledger",
				UUID.randomUUID().toString());
		try (Statement statement = opened.createStatement()) {
			for (String sql : SCHEMA) {
				statement.execute(sql);
			}
		}
		return opened;
	}

	@Override
	public void destroy() throws SQLException {
		this.server.stop();
		this.keeper.close();
	}

}
