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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.testing.ScriptedAgent;
import io.github.bootmesh.testing.ScriptedAgent.Answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ConsulTokenTests {

	private static final String ROOTS = "/v1/agent/connect/ca/roots";

	private static final Duration LONG = Duration.ofSeconds(20);

	private final LoopResources loops = LoopResources.create("token-test", 1, true);

	private final ScriptedAgent agent = ScriptedAgent.start();

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final Logger rootLogger = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

	private final @Nullable Appender<ILoggingEvent> console = this.rootLogger.getAppender("console");

	private final Level level = this.rootLogger.getLevel();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	Path folder;

	@BeforeEach
	void listen() {
		this.log.start();
		this.rootLogger.addAppender(this.log);
		this.agent.answer(ROOTS, Recorded.of("roots").answer());
	}

	@AfterEach
	void close() {
		this.rootLogger.setLevel(this.level);
		if (this.console != null) {
			this.rootLogger.addAppender(this.console);
		}
		this.rootLogger.detachAppender(this.log);
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, LONG).block();
	}

	private ConsulClient client(Supplier<@Nullable String> token) {
		return new ConsulClient(new ConsulConnection(this.agent.url(), token, null, null, null, null, null, false),
				this.loops);
	}

	private List<@Nullable String> tokensSent() {
		return this.agent.requests().stream().map((request) -> request.headers().get("X-Consul-Token")).toList();
	}

	private Path write(String token) throws IOException {
		Path next = Files.writeString(this.folder.resolve("next"), token);
		return Files.move(next, this.folder.resolve("token"), StandardCopyOption.ATOMIC_MOVE,
				StandardCopyOption.REPLACE_EXISTING);
	}

	@Test
	void theTokenIsReadForEachRequest() {
		Iterator<String> tokens = List.of("one", "two").iterator();
		try (ConsulClient client = client(tokens::next)) {
			client.caRoots(ConsulQuery.NOW).block(LONG);
			client.caRoots(ConsulQuery.NOW).block(LONG);
		}
		assertThat(tokensSent()).containsExactly("one", "two");
	}

	@Test
	void withoutATokenNoHeaderIsSent() {
		try (ConsulClient client = client(() -> null); ConsulClient blank = client(() -> " ")) {
			client.caRoots(ConsulQuery.NOW).block(LONG);
			blank.caRoots(ConsulQuery.NOW).block(LONG);
		}
		assertThat(tokensSent()).containsExactly(null, null);
	}

	@Test
	void aReplacedTokenFileIsReadAgain() throws IOException {
		TokenFile file = new TokenFile(write("one\n"));
		try (ConsulClient client = client(file)) {
			client.caRoots(ConsulQuery.NOW).block(LONG);
			write("  two  ");
			client.caRoots(ConsulQuery.NOW).block(LONG);
		}
		assertThat(tokensSent()).containsExactly("one", "two");
		assertThat(file).asString().doesNotContain("one", "two").contains("token");
	}

	@Test
	void afterARefusalAChangedTokenIsTriedOnce() throws IOException {
		Path path = write("one");
		FileTime modified = Files.getLastModifiedTime(path);
		TokenFile file = new TokenFile(path);
		Files.writeString(path, "two");
		Files.setLastModifiedTime(path, modified);
		assertThat(file.get()).as("a change that does not show").isEqualTo("one");
		this.agent.next(ROOTS, Answer.text(403, "ACL not found"));
		try (ConsulClient client = client(file)) {
			assertThat(client.caRoots(ConsulQuery.NOW).block(LONG)).isNotNull();
		}
		assertThat(tokensSent()).containsExactly("one", "two");
	}

	@Test
	void afterARefusalTheSameTokenIsNotTriedAgain() throws IOException {
		this.agent.answer(ROOTS, Answer.text(403, "ACL not found"));
		try (ConsulClient client = client(new TokenFile(write("one")))) {
			assertThatExceptionOfType(ConsulException.Refused.class)
				.isThrownBy(() -> client.caRoots(ConsulQuery.NOW).block(LONG))
				.withMessageContaining("ACL not found");
		}
		assertThat(tokensSent()).containsExactly("one");
	}

	@Test
	void aChangedTokenThatIsRefusedTooIsNotTriedForever() {
		Iterator<String> tokens = List.of("one", "two", "three").iterator();
		this.agent.answer(ROOTS, Answer.text(403, "Permission denied"));
		try (ConsulClient client = client(tokens::next)) {
			assertThatExceptionOfType(ConsulException.Refused.class)
				.isThrownBy(() -> client.caRoots(ConsulQuery.NOW).block(LONG));
		}
		assertThat(tokensSent()).containsExactly("one", "two");
	}

	@Test
	void whileTheTokenFileIsAwayTheLastTokenStays() throws IOException {
		Path path = write("one");
		TokenFile file = new TokenFile(path);
		Files.delete(path);
		assertThat(file.get()).isEqualTo("one");
		assertThat(file.reread()).isEqualTo("one");
		write("");
		assertThat(file.get()).isEqualTo("one");
		write("two");
		assertThat(file.get()).isEqualTo("two");
		assertThat(logged()).as("one line a change of state")
			.extracting(ILoggingEvent::getLevel)
			.containsExactly(Level.WARN, Level.INFO);
	}

	@Test
	void aTokenFileWithoutATokenStopsTheStart() throws IOException {
		assertThatIllegalArgumentException().isThrownBy(() -> new TokenFile(this.folder.resolve("absent")))
			.withMessageContaining("absent");
		Path empty = write(" \n");
		assertThatIllegalArgumentException().isThrownBy(() -> new TokenFile(empty)).withMessageContaining("empty");
	}

	@Test
	void theTokenAppearsInNoLogAndNoException() {
		this.rootLogger.detachAppender(this.console);
		this.rootLogger.setLevel(Level.DEBUG);
		String token = "5ec4e7-70ke4";
		this.agent.next(ROOTS, Recorded.of("roots").answer(), Answer.text(403, "bad token " + token),
				Answer.text(500, "bad " + token).header("Location", token), Answer.garbage(),
				Answer.json("{\"TrustDomain\":[\"" + token + "\"]}"), Answer.json("\"" + token),
				Answer.text(307, "to").header("Location", "http://127.0.0.1/?" + token));
		try (ConsulClient client = client(() -> token)) {
			assertThat(client).asString().doesNotContain(token);
			client.caRoots(ConsulQuery.NOW).block(LONG);
			for (int i = 0; i < 6; i++) {
				assertThatExceptionOfType(ConsulException.class)
					.isThrownBy(() -> client.caRoots(ConsulQuery.NOW).block(LONG))
					.satisfies((ex) -> assertNotShown(token, ex));
			}
		}
		String malformed = token + "\r\nä";
		try (ConsulClient client = client(() -> malformed)) {
			assertThatExceptionOfType(ConsulException.Refused.class)
				.isThrownBy(() -> client.caRoots(ConsulQuery.NOW).block(LONG))
				.satisfies((ex) -> assertNotShown(token, ex));
		}
		assertThat(tokensSent()).hasSize(7).containsOnly(token);
		// What the agent logs of its side is not ours.
		assertThat(logged()).filteredOn((event) -> !event.getThreadName().startsWith("scripted-agent"))
			.isNotEmpty()
			.allSatisfy((event) -> {
				assertThat(event.getFormattedMessage()).doesNotContain(token);
				if (event.getThrowableProxy() != null) {
					assertThat(ThrowableProxyUtil.asString(event.getThrowableProxy())).doesNotContain(token);
				}
			});
	}

	private static void assertNotShown(String secret, Throwable ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			assertThat(Objects.toString(cause)).doesNotContain(secret);
		}
	}

	// Others may log on: the appender adds under its own lock.
	private List<ILoggingEvent> logged() {
		synchronized (this.log) {
			return List.copyOf(this.log.list);
		}
	}

}
