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

package io.github.bootmesh.consul;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.WatchStatus.State;
import io.github.bootmesh.consul.Watches.Place;
import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What watches make of an agent that answers badly, over real connections.
 */
class WatchFaultTests {

	private static final String LEAF = "/v1/agent/connect/ca/leaf/web";

	private static final Duration LONG = Duration.ofSeconds(20);

	private final LoopResources loops = LoopResources.create("fault-test", 1, true);

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final ConsulLimits limits = ConsulLimits.DEFAULTS.withConnections(11);

	private final ConsulClient client = client(this.limits);

	private final Watches watches = new Watches(WatchSettings.DEFAULTS.withWaitTime(Duration.ofMillis(600))
		.withBackoff(Duration.ofMillis(10), Duration.ofMillis(100))
		.withPollInterval(Duration.ofMillis(100)), this.limits);

	private final List<String> serials = new CopyOnWriteArrayList<>();

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final Logger rootLogger = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

	private final Level level = this.rootLogger.getLevel();

	@BeforeEach
	void listen() {
		this.rootLogger.setLevel(Level.INFO);
		this.log.start();
		this.rootLogger.addAppender(this.log);
	}

	@AfterEach
	void close() {
		this.rootLogger.setLevel(this.level);
		this.rootLogger.detachAppender(this.log);
		this.watches.close();
		this.client.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, LONG).block();
	}

	private ConsulClient client(ConsulLimits limits) {
		return new ConsulClient(new ConsulConnection(this.agent.url(), () -> null, null, null, null, null, null, false),
				this.loops, limits);
	}

	private static Answer leaf(String uri) {
		return Answer.json(Recorded.of("leaf")
			.answer()
			.body()
			.replaceAll("\"ServiceURI\":\"[^\"]*\"", "\"ServiceURI\":\"" + uri + "\""));
	}

	private void watchLeaf() {
		watchLeaf(this.client);
	}

	private void watchLeaf(ConsulClient client) {
		this.watches.<Leaf>watch("leaf:web", Place.RESERVED, (query) -> client.leaf("web", query))
			.subscribe((answer) -> this.serials.add(answer.body().serviceUri()));
	}

	private State state() {
		return this.watches.statuses().get(0).state();
	}

	private List<String> logged() {
		return this.log.list.stream().map((event) -> event.getLevel() + " " + event.getLoggerName()).toList();
	}

	static Stream<Arguments> faults() {
		Answer key = Recorded.of("leaf").answer().index(9);
		return Stream.of(Arguments.of("refused", Answer.text(403, "ACL not found"), "403 ACL not found"),
				Arguments.of("busy", Answer.text(429, "Your IP is issuing too many concurrent connections"),
						"429 Your"),
				Arguments.of("failed", Answer.text(500, "No cluster leader"), "500 No cluster leader"),
				Arguments.of("garbage", Answer.garbage(), "no readable HTTP answer"),
				Arguments.of("half", key.cut(), "closed before the end"),
				Arguments.of("other JSON", Answer.json("{\"leaf\":1}").index(9), "not as expected"),
				Arguments.of("no JSON", Answer.json(key.body().substring(0, 900)), "not JSON"));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("faults")
	void afterAFaultTheValueStaysAndTheWatchRecovers(String name, Answer fault, String problem) {
		recoversFrom(fault, problem, this.client);
	}

	@Test
	void afterASilentSocketTheValueStaysAndTheWatchRecovers() {
		try (ConsulClient hasty = client(this.limits.withTimeout(Duration.ofSeconds(1)))) {
			recoversFrom(Answer.silence(), "no answer from", hasty);
		}
	}

	private void recoversFrom(Answer fault, String problem, ConsulClient client) {
		this.agent.answer(LEAF, leaf("one").index(7));
		watchLeaf(client);
		Awaitility.await().until(() -> this.agent.blocked() == 1);
		this.agent.answer(LEAF, fault);
		this.agent.next(LEAF, fault);
		Awaitility.await().until(() -> state() == State.STALE);
		int asked = this.agent.requests(LEAF).size();
		Awaitility.await().until(() -> this.agent.requests(LEAF).size() >= asked + 2);
		WatchStatus status = this.watches.statuses().get(0);
		assertThat(status.problem()).contains(problem).doesNotContain("MHcCAQEE");
		assertThat(status.since()).isAfterOrEqualTo(status.lastAnswer());
		assertThat(this.serials).as("the value stays").containsExactly("one");
		this.agent.answer(LEAF, leaf("two").index(3));
		Awaitility.await().until(() -> this.serials.equals(List.of("one", "two")));
		Awaitility.await().until(() -> state() == State.CURRENT);
		assertThat(logged()).as("one line a change of state")
			.containsExactly("WARN " + Watches.class.getName(), "INFO " + Watches.class.getName());
		assertThat(this.log.list).allSatisfy((event) -> {
			assertThat(event.getFormattedMessage()).doesNotContain("MHcCAQEE", "PRIVATE KEY");
			assertThat(ThrowableProxyUtil.asString(event.getThrowableProxy())).doesNotContain("MHcCAQEE");
		});
	}

	@Test
	void anAgentThatGoesAndComesBackIsFoundAgain() {
		this.agent.answer(LEAF, leaf("one").index(7));
		watchLeaf();
		Awaitility.await().until(() -> this.agent.blocked() == 1);
		this.agent.stop();
		Awaitility.await().until(() -> state() == State.STALE);
		this.agent.answer(LEAF, leaf("two").index(2));
		this.agent.restart();
		Awaitility.await().until(() -> this.serials.equals(List.of("one", "two")));
		assertThat(logged()).containsExactly("WARN " + Watches.class.getName(), "INFO " + Watches.class.getName());
	}

	@Test
	void anAgentThatComesLateIsFound() {
		this.agent.stop();
		watchLeaf();
		Awaitility.await().until(() -> state() == State.STALE);
		this.agent.answer(LEAF, leaf("one").index(7));
		this.agent.restart();
		Awaitility.await().until(() -> this.serials.equals(List.of("one")));
		assertThat(logged()).containsExactly("WARN " + Watches.class.getName(), "INFO " + Watches.class.getName());
	}

	@Test
	void aWaitWithoutAChangeIsNoFault() {
		this.agent.answer(LEAF, leaf("one").index(7));
		watchLeaf();
		Awaitility.await().until(() -> this.agent.requests(LEAF).size() >= 4);
		assertThat(state()).isEqualTo(State.CURRENT);
		assertThat(this.serials).containsExactly("one");
		assertThat(logged()).isEmpty();
	}

	@Test
	void moreDestinationsThanPlacesAreAllServedWithinTheBudget() {
		int destinations = 30;
		List<String> seen = new CopyOnWriteArrayList<>();
		for (int i = 0; i < destinations; i++) {
			String service = "service-" + i;
			this.agent.answer("/v1/health/connect/" + service, Answer.json("[]").index(5));
			this.watches
				.<List<ServiceEntry>>watch("endpoints:" + service, Place.SHARED,
						(query) -> this.client.connectInstances(Destination.service(service), query))
				.subscribe((answer) -> seen.add(service + "=" + answer.body().size()));
		}
		this.agent.answer(LEAF, leaf("one").index(7));
		watchLeaf();
		this.agent.answer("/v1/agent/service/deregister/web-1", Answer.text(200, ""));
		Awaitility.await().atMost(LONG).until(() -> seen.size() == destinations && this.serials.size() == 1);
		this.client.deregister("web-1").block(LONG);
		String entries = Recorded.of("health-connect-api").answer().body();
		for (int i = 0; i < destinations; i++) {
			this.agent.answer("/v1/health/connect/service-" + i, Answer.json(entries).index(6));
		}
		this.agent.answer(LEAF, leaf("two").index(8));
		Awaitility.await().atMost(LONG).until(() -> seen.size() == 2 * destinations && this.serials.size() == 2);
		assertThat(this.agent.peakConnections()).isLessThanOrEqualTo(this.limits.connections());
		assertThat(this.agent.requests()).anySatisfy((request) -> assertThat(request.query()).containsKey("cached"));
		assertThat(this.agent.requests(LEAF))
			.allSatisfy((request) -> assertThat(request.query()).doesNotContainKey("cached"));
		assertThat(this.watches.statuses()).hasSize(destinations + 1)
			.allSatisfy((status) -> assertThat(status.state()).isEqualTo(State.CURRENT));
	}

}
