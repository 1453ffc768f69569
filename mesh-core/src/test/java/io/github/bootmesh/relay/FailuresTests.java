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

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class FailuresTests {

	private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE);

	private final Failures failures = new Failures("It", this.nanoTime::get);

	@Test
	void whenItFailsAndWorksByTurnsThenTheLogIsNotFilled(CapturedOutput output) {
		for (int i = 0; i < 100; i++) {
			this.failures.count(RelayFailure.TOO_MANY_CONNECTIONS, "2 are open");
			this.failures.works();
		}
		assertThat(output.toString()).containsOnlyOnce("It fails connections: too-many-connections: 2 are open")
			.containsOnlyOnce("It connects again");
		assertThat(this.failures.counts()).containsEntry("too-many-connections", 100L);
		assertThat(this.failures.problem()).isNull();
	}

	@Test
	void whenItFailsLaterThenThatIsLogged(CapturedOutput output) {
		this.failures.count(RelayFailure.NOT_CONNECTED, "once");
		this.failures.works();
		this.nanoTime.addAndGet(Duration.ofMinutes(1).toNanos());
		this.failures.count(RelayFailure.NOT_CONNECTED, "again");
		this.failures.count(RelayFailure.NOT_CONNECTED, "and again");
		assertThat(output.toString()).contains("not-connected: again").doesNotContain("and again");
		assertThat(this.failures.problem()).isEqualTo("not-connected: and again");
	}

	@Test
	void whenAStrangerChoseTheTextThenItStaysOneShortLine() {
		this.failures.count(RelayFailure.NOT_CONNECTED, "a\r\nb\u001b[31m" + "x".repeat(10_000));
		assertThat(this.failures.problem()).startsWith("not-connected: a??b?[31mxxx").hasSizeLessThan(500);
	}

}
