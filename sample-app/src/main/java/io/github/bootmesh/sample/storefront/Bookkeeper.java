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

package io.github.bootmesh.sample.storefront;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

import io.github.bootmesh.autoconfigure.upstream.MeshUpstreams;
import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.RelayFailure;
import io.github.bootmesh.sample.member.Bookkeeping;
import io.github.bootmesh.sample.member.Listener;
import io.github.bootmesh.sample.member.Problem;

/**
 * Books an entry in the ledger, again and again. It is plain JDBC: that the mesh lies
 * between is in the configuration, and here only in the words for what goes wrong.
 */
@Component
final class Bookkeeper {

	private static final String UPSTREAM = "ledger";

	private final JdbcTemplate jdbc;

	private final MeshUpstreams upstreams;

	private volatile Book last = new Book(false, Instant.now(), 0, "nothing booked yet");

	Bookkeeper(JdbcTemplate jdbc, MeshUpstreams upstreams) {
		this.jdbc = jdbc;
		this.upstreams = upstreams;
	}

	Bookkeeping state() {
		Book now = this.last;
		InetSocketAddress address = (InetSocketAddress) this.upstreams.address(UPSTREAM);
		ListenerStatus upstream = upstream();
		Listener listener = new Listener(address.getHostString() + ":" + address.getPort(), upstream.connections(),
				upstream.received(), upstream.sent(), upstream.failures());
		return new Bookkeeping(now.alive(), now.since(), now.entries(), now.problem(), listener);
	}

	@Scheduled(fixedDelay = 1, timeUnit = TimeUnit.SECONDS)
	void book() {
		try {
			this.jdbc.update("insert into entry (what) values (?)", "a lamp, 49.00");
			Long entries = this.jdbc.queryForObject("select count(*) from entry", Long.class);
			this.last = this.last.next(true, Objects.requireNonNull(entries), null);
		}
		catch (DataAccessException ex) {
			this.last = this.last.next(false, this.last.entries(), why(ex));
		}
	}

	// The driver only sees that a connection to localhost ends.
	private String why(DataAccessException ex) {
		String problem = upstream().problem();
		if (problem == null) {
			return Problem.of(ex);
		}
		return problem.startsWith(RelayFailure.POSSIBLY_REFUSED.key())
				? "an intention forbids it, most likely, for the ledger ends each connection of the storefront at once"
				: problem;
	}

	private ListenerStatus upstream() {
		return this.upstreams.statuses()
			.stream()
			.filter((status) -> status.upstream().name().equals(UPSTREAM))
			.findFirst()
			.orElseThrow()
			.listener();
	}

	private record Book(boolean alive, Instant since, long entries, @Nullable String problem) {

		Book next(boolean alive, long entries, @Nullable String problem) {
			return new Book(alive, (this.alive == alive) ? this.since : Instant.now(), entries, problem);
		}

	}

}
