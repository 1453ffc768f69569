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

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class SocketFileTests {

	private static final Set<PosixFilePermission> GROUP = PosixFilePermissions.fromString("rw-rw----");

	private final Path directory;

	private final Deque<ServerSocketChannel> open = new ArrayDeque<>();

	SocketFileTests(@TempDir Path directory) {
		this.directory = directory;
	}

	@AfterEach
	void close() throws IOException {
		while (!this.open.isEmpty()) {
			this.open.pop().close();
		}
	}

	private Path path() {
		return this.directory.resolve("socket");
	}

	private void bind(UnixDomainSocketAddress address) throws IOException {
		ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
		this.open.push(server);
		server.bind(address);
	}

	private static void connect(Path path) throws IOException {
		SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
	}

	@Test
	void whenItIsBoundThenItIsThereWithItsRightsAndWasNeverReachedByOthers() throws IOException {
		SocketFile.create(path(), GROUP, (address) -> {
			bind(address);
			assertThat(Files.getPosixFilePermissions(address.getPath().getParent()))
				.isEqualTo(PosixFilePermissions.fromString("rwx------"));
			assertThat(address.getPath().getParent()).hasParent(this.directory);
			assertThat(path()).doesNotExist();
		});
		assertThat(Files.getPosixFilePermissions(path())).isEqualTo(GROUP);
		assertThat(this.directory.toFile().list()).containsExactly("socket");
		connect(path());
	}

	@Test
	void whenNobodyAnswersOnAnOldSocketThenItIsReplaced() throws IOException {
		bind(UnixDomainSocketAddress.of(path()));
		this.open.pop().close();
		assertThat(path()).exists();
		SocketFile.create(path(), GROUP, this::bind);
		connect(path());
		assertThat(Files.getPosixFilePermissions(path())).isEqualTo(GROUP);
	}

	@Test
	void whenSomebodyAnswersThenItIsLeftAlone() throws IOException {
		bind(UnixDomainSocketAddress.of(path()));
		assertThatIOException().isThrownBy(() -> SocketFile.create(path(), GROUP, this::bind))
			.withMessageContaining("is in use");
		assertThat(this.open).hasSize(1);
		connect(path());
	}

	@Test
	void whenSomebodyIsTooBusyToAnswerThenItIsLeftAlone() throws IOException {
		ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
		this.open.push(busy);
		busy.bind(UnixDomainSocketAddress.of(path()), 1);
		connect(path());
		connect(path());
		assertThatIOException().isThrownBy(() -> SocketFile.create(path(), GROUP, this::bind))
			.withMessageContaining("cannot be found out whether it is in use");
		assertThat(this.open).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "file", "directory", "link", "broken link", "pipe" })
	void whenItIsNoSocketThenItIsLeftAlone(String kind) throws Exception {
		Path other = this.directory.resolve("other");
		switch (kind) {
			case "file" -> Files.writeString(path(), "mine");
			case "directory" -> Files.createDirectory(path());
			case "link" -> {
				bind(UnixDomainSocketAddress.of(other));
				this.open.pop().close();
				Files.createSymbolicLink(path(), other);
			}
			case "broken link" -> Files.createSymbolicLink(path(), other);
			default -> new ProcessBuilder("mkfifo", path().toString()).start().waitFor();
		}
		Object before = Files.getAttribute(path(), "unix:ino", LinkOption.NOFOLLOW_LINKS);
		assertThatIOException().isThrownBy(() -> SocketFile.create(path(), GROUP, this::bind))
			.withMessageContaining("is no socket");
		assertThat(this.open).isEmpty();
		assertThat(Files.getAttribute(path(), "unix:ino", LinkOption.NOFOLLOW_LINKS)).isEqualTo(before);
	}

	@Test
	void whenItCannotBeBoundThenNothingIsLeft() {
		assertThatIOException().isThrownBy(() -> SocketFile.create(path(), GROUP, (address) -> {
			bind(address);
			throw new IOException("no");
		})).withMessage("no");
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void whenItIsRemovedThenItIsGone() throws IOException {
		SocketFile file = SocketFile.create(path(), GROUP, this::bind);
		file.remove();
		assertThat(path()).doesNotExist();
		Files.writeString(path(), "mine");
		file.remove();
		assertThat(path()).exists();
	}

	@Test
	void whenAnotherHasTakenItsPlaceThenThatStays() throws IOException {
		SocketFile file = SocketFile.create(path(), GROUP, this::bind);
		Files.delete(path());
		bind(UnixDomainSocketAddress.of(path()));
		file.remove();
		connect(path());
	}

	@Test
	void whenSomebodyHasRemovedItThenThatIsAllRight() throws IOException {
		SocketFile file = SocketFile.create(path(), GROUP, this::bind);
		Files.delete(path());
		file.remove();
		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void whenThePathIsTooLongThenItSaysHowLongItMayBe() throws IOException {
		Path name = this.directory.resolve("s".repeat(107 - this.directory.toString().length() - 1));
		assertThatIOException().isThrownBy(() -> SocketFile.create(name, GROUP, this::bind))
			.withMessageContaining("it has 107 bytes and may have 106");
		Path deep = Files
			.createDirectory(this.directory.resolve("d".repeat(100 - this.directory.toString().length() - 1)));
		assertThatIOException().isThrownBy(() -> SocketFile.create(deep.resolve("s"), GROUP, this::bind))
			.withMessageContaining("it has 100 bytes and may have");
		assertThat(this.open).isEmpty();
		assertThat(deep).isEmptyDirectory();
	}

	@Test
	void whenTheDirectoryIsMissingThenItSaysSo() {
		assertThatIOException()
			.isThrownBy(() -> SocketFile.create(this.directory.resolve("none/socket"), GROUP, this::bind))
			.withMessageContaining("There is no directory");
	}

}
