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

package io.github.bootmesh.tls;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class RefusalsTests {

	private final AtomicLong nanos = new AtomicLong();

	private final Refusals refusals = new Refusals("orders", this.nanos::get);

	@Test
	void whenManyAreRefusedThenOneLineAMinuteAndReasonTellsOfThem(CapturedOutput output) {
		for (int i = 0; i < 100; i++) {
			this.refusals.count(Refusal.EXPIRED, new InetSocketAddress("192.0.2.1", 4), "ended\r\nFAKE line");
		}
		this.refusals.count(Refusal.UNTRUSTED, null, null);
		assertThat(this.refusals.counts()).containsEntry("expired", 100L).containsEntry("untrusted", 1L).hasSize(2);
		assertThat(output.getAll().lines().filter((line) -> line.contains("refused"))).hasSize(2)
			.first()
			.asString()
			.contains("Service 'orders' refused 1 mesh connection(s) as expired", "192.0.2.1", "ended??FAKE line");
		this.nanos.addAndGet(61_000_000_000L);
		this.refusals.count(Refusal.EXPIRED, null, null);
		assertThat(output.getAll())
			.contains("Service 'orders' refused 100 mesh connection(s) as expired, 101 since the start");
	}

}
