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

package io.github.bootmesh.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The faults that tests ask for.
 */
class FaultsTests {

	private static final String ROOTS = "/v1/agent/connect/ca/roots";

	private static DevConsul consul;

	private static RawHttp http;

	@BeforeAll
	static void start() {
		consul = DevConsul.start();
		http = new RawHttp(consul.url());
	}

	@AfterAll
	static void stop() {
		consul.close();
	}

	@AfterEach
	void clear() {
		consul.faults().clear();
	}

	@Test
	void aStatusStrikesAsOftenAsItIsTold() {
		Fault fault = consul.faults().on("/v1/agent/connect/**").times(2).status(429, "Rate limit reached");
		for (int i = 0; i < 2; i++) {
			Reply reply = http.get(ROOTS);
			assertThat(reply.status()).isEqualTo(429);
			assertThat(reply.text()).isEqualTo("Rate limit reached");
			assertThat(reply.header("Content-Type")).isEqualTo("text/plain; charset=utf-8");
		}
		assertThat(http.get(ROOTS).status()).isEqualTo(200);
		assertThat(fault.hits()).isEqualTo(2);
	}

	@Test
	void strikesOnlyItsPaths() {
		consul.faults().on("/v1/health/connect/*").status(500, "no");
		assertThat(http.get("/v1/health/connect/web").status()).isEqualTo(500);
		assertThat(http.get("/v1/health/connect/web/x").status()).isEqualTo(200);
		assertThat(http.get("/v1/health/service/web").status()).isEqualTo(200);
		assertThat(http.get(ROOTS).status()).isEqualTo(200);
	}

	@Test
	void endsWhenTold() {
		Fault fault = consul.faults().on("/**").status(503, "no");
		assertThat(http.get(ROOTS).status()).isEqualTo(503);
		fault.end();
		assertThat(http.get(ROOTS).status()).isEqualTo(200);
		assertThat(fault.hits()).isEqualTo(1);
	}

	@Test
	void garbageIsNoJson() {
		consul.faults().on(ROOTS).garbage();
		Reply reply = http.get(ROOTS);
		assertThat(reply.status()).isEqualTo(200);
		assertThatThrownBy(reply::json).isNotNull();
	}

	@Test
	void aCutAnswerEndsInTheMiddle() {
		consul.faults().on(ROOTS).cut();
		assertThatThrownBy(() -> http.get(ROOTS)).isInstanceOf(UncheckedIOException.class);
	}

	@Test
	void silenceAnswersNothing() {
		Fault fault = consul.faults().on(ROOTS).silence();
		CompletableFuture<Reply> reply = http.getLater(ROOTS);
		assertThatThrownBy(() -> reply.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
		reply.cancel(true);
		assertThat(fault.hits()).isEqualTo(1);
	}

	@Test
	void aDelayHoldsTheAnswerBack() {
		consul.faults().on(ROOTS).delay(Duration.ofMillis(400));
		long start = System.nanoTime();
		assertThat(http.get(ROOTS).status()).isEqualTo(200);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(350));
	}

	@Test
	void whoIsHeldInABlockingQueryIsStruckAtOnce() throws Exception {
		Reply first = http.get(ROOTS);
		CompletableFuture<Reply> held = http.getLater(ROOTS + "?wait=60s&index=" + first.index());
		org.awaitility.Awaitility.await().until(() -> consul.heldRequests() == 1);
		Fault fault = consul.faults().on(ROOTS).times(1).status(403, "ACL not found");
		assertThat(held.get(10, TimeUnit.SECONDS).status()).isEqualTo(403);
		assertThat(fault.hits()).isEqualTo(1);
		assertThat(http.get(ROOTS).status()).isEqualTo(200);
	}

	@Test
	void whoIsHeldInABlockingQueryIsCutOff() throws Exception {
		Reply first = http.get(ROOTS);
		CompletableFuture<Reply> held = http.getLater(ROOTS + "?wait=60s&index=" + first.index());
		org.awaitility.Awaitility.await().until(() -> consul.heldRequests() == 1);
		consul.faults().on(ROOTS).times(1).cut();
		assertThatThrownBy(() -> held.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class)
			.rootCause()
			.isNotInstanceOf(HttpTimeoutException.class);
	}

}
