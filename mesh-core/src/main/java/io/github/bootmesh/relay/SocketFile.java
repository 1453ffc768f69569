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
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file by which a Unix socket is reached. It is there with the rights asked for or
 * not at all, and nothing that somebody else uses gives way to it. Thread-safe.
 */
final class SocketFile {

	private static final Logger logger = LoggerFactory.getLogger(SocketFile.class);

	private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

	// What the JDK takes on Linux, where a sun_path has 108 bytes.
	private static final int MAX_PATH_BYTES = 106;

	// stat(2)
	private static final int TYPE = 0170000;

	private static final int SOCKET = 0140000;

	private final Path path;

	private @Nullable Object key;

	private SocketFile(Path path, @Nullable Object key) {
		this.path = path;
		this.key = key;
	}

	/**
	 * Has a socket bound where nobody else gets, and puts its file in place once it has
	 * its rights.
	 * @param permissions the rights, of which writing is what connecting needs
	 * @throws IOException if it cannot be done, with an explanation
	 */
	static SocketFile create(Path path, Set<PosixFilePermission> permissions, Binding binding) throws IOException {
		Path parent = path.toAbsolutePath().getParent();
		if (parent == null || !Files.isDirectory(parent)) {
			throw new IOException("There is no directory '" + parent + "'");
		}
		requireFree(path);
		Path directory = directory(parent);
		try {
			Path bound = directory.resolve("s");
			requireShort(path, MAX_PATH_BYTES);
			requireShort(parent, MAX_PATH_BYTES - bytes(bound) + bytes(parent));
			try {
				binding.bind(UnixDomainSocketAddress.of(bound));
				Files.setPosixFilePermissions(bound, permissions);
				Object key = key(bound);
				Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
				return new SocketFile(path, key);
			}
			finally {
				Files.deleteIfExists(bound);
			}
		}
		finally {
			Files.delete(directory);
		}
	}

	// Renaming works within a file system only, so next to it.
	private static Path directory(Path parent) throws IOException {
		try {
			return Files.createTempDirectory(parent, ".", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
		}
		catch (UnsupportedOperationException ex) {
			throw new IOException("'" + parent + "' is of a file system without POSIX permissions", ex);
		}
		catch (IOException ex) {
			throw new IOException("Nothing can be made in '" + parent + "': " + ex, ex);
		}
	}

	private static void requireShort(Path path, int limit) throws IOException {
		if (bytes(path) > limit) {
			throw new IOException("'" + path + "' is too long for a Unix socket: it has " + bytes(path)
					+ " bytes and may have " + limit);
		}
	}

	private static int bytes(Path path) {
		return path.toString().getBytes(StandardCharsets.UTF_8).length;
	}

	// A socket of which the process has ended refuses connections, and stays.
	private static void requireFree(Path path) throws IOException {
		if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
			return;
		}
		int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
		if ((mode & TYPE) != SOCKET) {
			throw new IOException("'" + path + "' is there already and is no socket, so it is left alone");
		}
		try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
			// Would wait if as many wait there as may.
			probe.configureBlocking(false);
			probe.connect(UnixDomainSocketAddress.of(path));
		}
		catch (ConnectException ex) {
			return;
		}
		catch (IOException ex) {
			throw new IOException("'" + path + "' is there already, and it cannot be found out whether it is in use: "
					+ ex.getMessage(), ex);
		}
		throw new IOException("'" + path + "' is in use: somebody answers there");
	}

	private static @Nullable Object key(Path path) throws IOException {
		return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
	}

	/**
	 * Removes it, if nobody else has put something in its place. Before the socket is
	 * closed: after that another file may be taken for it.
	 */
	synchronized void remove() {
		Object ours = this.key;
		this.key = null;
		try {
			if (ours != null && ours.equals(key(this.path))) {
				Files.delete(this.path);
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("The socket {} is gone already", this.path, ex);
		}
		catch (IOException ex) {
			logger.warn("The socket {} cannot be removed: {}", this.path, ex.toString());
		}
	}

	/**
	 * Makes a socket listen.
	 */
	@FunctionalInterface
	interface Binding {

		void bind(UnixDomainSocketAddress address) throws IOException;

	}

}
