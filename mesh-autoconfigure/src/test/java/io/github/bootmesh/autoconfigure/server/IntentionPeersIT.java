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

package io.github.bootmesh.autoconfigure.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.testing.ConsulAgent;
import io.github.bootmesh.testing.Envoy;
import io.github.bootmesh.testing.GoProxy;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Intentions of a real Consul against callers of three kinds: an application like the one
 * that is called, one behind Consul's proxy, and one behind Envoy. All the while another
 * application calls that nobody denies.
 */
class IntentionPeersIT {

	private static final Duration WAIT = Duration.ofSeconds(60);

	private final List<AutoCloseable> started = new ArrayList<>();

	private final Map<String, String> intentions = new ConcurrentHashMap<>();

	private final AtomicBoolean over = new AtomicBoolean();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final List<Caller> callers = new ArrayList<>();

	private @Nullable ConsulAgent agent;

	private @Nullable Member web;

	@AfterEach
	void close() throws Exception {
		this.over.set(true);
		this.threads.shutdown();
		for (int i = this.started.size() - 1; i >= 0; i--) {
			this.started.get(i).close();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void whenIntentionsAreFlippedUnderLoadThenEachCallIsAsTheyAre(boolean acls) throws Exception {
		this.agent = start(ConsulAgent.start((options) -> acls ? options.acls() : options));
		this.web = start(Member.start(agent(), "web"));
		Awaitility.await().atMost(WAIT).until(() -> agent().healthy("web").size() == 1);
		startCallers();
		Caller bystander = this.callers.get(0);
		List<Caller> flipped = this.callers.subList(1, this.callers.size());
		if (acls) {
			for (Caller caller : this.callers) {
				assertThat(caller.isAnswered()).as(caller.service).isFalse();
				assertThat(web().requestsOf(caller.service)).isZero();
				flip(caller, "allow");
			}
		}
		this.callers.forEach(Caller::awaitAnswer);
		this.callers.forEach((caller) -> this.threads.execute(caller::callAllTheTime));
		for (int i = 0; i < 3; i++) {
			for (Caller caller : flipped) {
				flip(caller, "deny");
				caller.awaitRefusals();
			}
			for (Caller caller : flipped) {
				flip(caller, "allow");
				caller.awaitAnswers();
			}
		}
		flip(flipped.get(0), "deny");
		agentIsAway(flipped);
		this.over.set(true);
		for (Caller caller : this.callers) {
			assertThat(caller.wrong).as(caller.service).isEmpty();
		}
		assertThat(bystander.refused).hasValue(0);
		assertThat(bystander.answered).hasPositiveValue();
	}

	// The first one is denied, the others are allowed.
	private void agentIsAway(List<Caller> flipped) {
		// Consul's proxy itself asks the agent whom to dial.
		Caller proxied = flipped.get(1);
		proxied.expectation = Expectation.ANY;
		agent().stop();
		Awaitility.await()
			.atMost(WAIT)
			.until(() -> web().watches().stream().anyMatch((watch) -> watch.state() == WatchStatus.State.STALE));
		flipped.get(0).awaitRefusals();
		flipped.get(2).awaitAnswers();
		this.callers.get(0).awaitAnswers();
		agent().startAgain();
		for (Caller caller : flipped.subList(1, flipped.size())) {
			flip(caller, "deny");
			caller.awaitRefusals();
		}
		flip(flipped.get(0), "allow");
		flipped.get(0).awaitAnswers();
	}

	private void startCallers() {
		Member bystander = start(Member.start(agent(), "bystander"));
		this.callers.add(new Caller("bystander", () -> bystander.get("mesh://web/peer").block(WAIT)));
		Member member = start(Member.start(agent(), "member"));
		this.callers.add(new Caller("member", () -> member.get("mesh://web/peer").block(WAIT)));
		GoProxy proxy = start(GoProxy.outbound(agent(), "behind-proxy", "web"));
		this.callers.add(new Caller("behind-proxy", () -> get(proxy.port())));
		Envoy envoy = start(Envoy.outbound(agent().leaf("behind-envoy"), web().port(), spiffeId("web").toString(),
				"web.default.dc1.internal." + agent().trustDomain(), false));
		this.callers.add(new Caller("behind-envoy", () -> get(envoy.port())));
	}

	/** Writes an intention and returns when the application decides by it. */
	private void flip(Caller caller, String action) {
		boolean allow = action.equals("allow");
		caller.expectation = Expectation.ANY;
		Map<String, String> body = Map.of("SourceName", caller.service, "DestinationName", "web", "Action", action);
		String id = this.intentions.get(caller.service);
		if (id != null) {
			agent().put("/v1/connect/intentions/" + id, body);
		}
		else {
			this.intentions.put(caller.service, agent().post("/v1/connect/intentions", body).get("ID").asString());
		}
		Awaitility.await()
			.atMost(WAIT)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> web().authorizer().connection(spiffeId(caller.service)).allowed() == allow);
		caller.expectation = allow ? Expectation.ANY : Expectation.REFUSAL;
	}

	private SpiffeId spiffeId(String service) {
		SpiffeId web = web().identity().current().spiffeId();
		return new SpiffeId(web.trustDomain(), web.partition(), web.namespace(), web.datacenter(), service);
	}

	// A connection for each call, as programs behind a proxy may have them.
	private static String get(int port) throws IOException {
		HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/peer")
			.toURL()
			.openConnection();
		connection.setRequestProperty("Connection", "close");
		connection.setReadTimeout(20_000);
		try (InputStream body = connection.getInputStream()) {
			return new String(body.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private ConsulAgent agent() {
		return Objects.requireNonNull(this.agent);
	}

	private Member web() {
		return Objects.requireNonNull(this.web);
	}

	private <T extends AutoCloseable> T start(T one) {
		this.started.add(one);
		return one;
	}

	private enum Expectation {

		ANSWER, REFUSAL, ANY

	}

	/**
	 * A service that calls, and what becomes of its calls.
	 */
	private final class Caller {

		private final String service;

		private final Callable<String> call;

		private final AtomicInteger answered = new AtomicInteger();

		private final AtomicInteger refused = new AtomicInteger();

		private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

		private volatile @Nullable Exception failure;

		private volatile Expectation expectation = Expectation.ANY;

		Caller(String service, Callable<String> call) {
			this.service = service;
			this.call = call;
		}

		// What is expected both before and after a call is expected of it.
		void callAllTheTime() {
			while (!IntentionPeersIT.this.over.get()) {
				Expectation before = this.expectation;
				boolean answered = isAnswered();
				(answered ? this.answered : this.refused).incrementAndGet();
				Expectation wrong = answered ? Expectation.REFUSAL : Expectation.ANSWER;
				if (before == wrong && this.expectation == wrong) {
					this.wrong.add(Instant.now() + (answered ? " answered" : " failed with " + this.failure));
				}
			}
		}

		boolean isAnswered() {
			try {
				return this.call.call().endsWith("/svc/" + this.service);
			}
			catch (Exception ex) {
				this.failure = ex;
				return false;
			}
		}

		void awaitAnswer() {
			Awaitility.await().atMost(WAIT).until(this::isAnswered);
		}

		/** Once it is answered it goes on being answered. */
		void awaitAnswers() {
			awaitMore(this.answered);
			this.expectation = Expectation.ANSWER;
			awaitMore(this.answered);
		}

		/** And the application sees none of its calls. */
		void awaitRefusals() {
			awaitMore(this.refused);
			int seen = web().requestsOf(this.service);
			awaitMore(this.refused);
			assertThat(web().requestsOf(this.service)).as(this.service).isEqualTo(seen);
		}

		private void awaitMore(AtomicInteger count) {
			int enough = count.get() + 20;
			Awaitility.await().atMost(WAIT).until(() -> count.get() >= enough);
		}

	}

}
