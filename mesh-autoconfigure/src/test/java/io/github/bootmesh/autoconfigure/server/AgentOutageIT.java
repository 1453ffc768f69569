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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two applications that call each other while their Consul agent comes and goes.
 */
class AgentOutageIT {

	private final List<Throwable> failures = new CopyOnWriteArrayList<>();

	private final AtomicInteger served = new AtomicInteger();

	private final AtomicBoolean over = new AtomicBoolean();

	private final CountDownLatch callers = new CountDownLatch(4);

	@Test
	void whenAgentStopsRestartsOrForgetsUnderLoadThenNoRequestFailsAndAllRecovers() throws InterruptedException {
		try (ConsulAgent agent = ConsulAgent.start();
				Member web = Member.start(agent, "web");
				Member caller = Member.start(agent, "caller")) {
			awaitRegistration(agent);
			String registered = agent.healthy("web").get(0).at("/Service/ID").asString();
			for (int i = 0; i < 4; i++) {
				call(caller);
			}
			awaitCalls();
			agent.stop();
			awaitCalls();
			agent.startAgain();
			awaitRegistration(agent);
			awaitCalls();
			agent.kill();
			awaitCalls();
			agent.startAgainWithoutRegistrations();
			awaitRegistration(agent);
			awaitCalls();
			agent.forget(registered);
			awaitRegistration(agent);
			awaitCalls();
			this.over.set(true);
			assertThat(this.callers.await(30, TimeUnit.SECONDS)).isTrue();
			assertThat(this.failures).isEmpty();
			assertThat(web.health().health().getStatus().getCode()).isEqualTo("UP");
			for (Member member : List.of(web, caller)) {
				Awaitility.await()
					.atMost(Duration.ofSeconds(60))
					.untilAsserted(() -> assertThat(member.watches()).isNotEmpty()
						.extracting(WatchStatus::state)
						.containsOnly(WatchStatus.State.CURRENT));
			}
		}
		finally {
			this.over.set(true);
		}
	}

	private void call(Member caller) {
		Mono.defer(() -> caller.get("mesh://web/peer"))
			.doOnNext((answer) -> this.served.incrementAndGet())
			.onErrorResume((ex) -> {
				this.failures.add(ex);
				return Mono.empty();
			})
			.repeat(() -> !this.over.get() && this.failures.isEmpty())
			.doFinally((signal) -> this.callers.countDown())
			.subscribe();
	}

	private void awaitCalls() {
		int before = this.served.get();
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.until(() -> this.served.get() > before + 200 || !this.failures.isEmpty());
		assertThat(this.failures).isEmpty();
	}

	private static void awaitRegistration(ConsulAgent agent) {
		Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> agent.serves("web"));
	}

}
