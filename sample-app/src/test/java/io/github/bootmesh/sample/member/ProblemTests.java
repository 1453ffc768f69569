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

package io.github.bootmesh.sample.member;

import java.io.IOException;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;

import io.github.bootmesh.NoHealthyInstanceException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Problem}.
 */
class ProblemTests {

	@Test
	void whenTheMeshSaysWhyThenThatIsTold() {
		Throwable failure = new IllegalStateException("outer",
				new NoHealthyInstanceException("none of inventory", new IOException("inner")));
		assertThat(Problem.of(failure)).isEqualTo("NoHealthyInstanceException: none of inventory");
	}

	@Test
	void whenTheMeshSaysNothingThenTheFirstCauseIsTold() {
		assertThat(Problem.of(new IllegalStateException("outer", new IOException("connection reset"))))
			.isEqualTo("IOException: connection reset");
	}

	@Test
	void whenAnAnswerIsLateThenThatIsTold() {
		assertThat(Problem.of(new TimeoutException("3000ms"))).isEqualTo("no answer in time");
	}

}
