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
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.Internal;

/**
 * An ACL token in a file that may be replaced while the application runs, as Vault's and
 * Consul's agents and Kubernetes do. While the file cannot be read, or is empty, the last
 * token stays. Thread-safe; shows no token.
 */
@Internal
public final class TokenFile implements Supplier<@Nullable String> {

	private static final Logger logger = LoggerFactory.getLogger(TokenFile.class);

	private final Path file;

	private volatile Content content;

	private volatile boolean readable = true;

	/**
	 * Reads the token.
	 * @param file the file; white space around the token is left out
	 * @throws IllegalArgumentException if there is no token in it
	 */
	public TokenFile(Path file) {
		this.file = file;
		try {
			this.content = read(file);
		}
		catch (IOException ex) {
			throw new IllegalArgumentException("The file '" + file + "' has no ACL token to read (" + reason(ex) + ")",
					ex);
		}
	}

	@Override
	public String get() {
		try {
			if (!Stamp.of(this.file).equals(this.content.stamp())) {
				return reread();
			}
		}
		catch (IOException ex) {
			keep(ex);
		}
		return this.content.token();
	}

	/**
	 * Reads the file even when it looks unchanged.
	 * @return the token in it now, or the last one that could be read
	 */
	public String reread() {
		try {
			this.content = read(this.file);
			if (!this.readable) {
				this.readable = true;
				logger.info("Token file {} can be read again", this.file);
			}
		}
		catch (IOException ex) {
			keep(ex);
		}
		return this.content.token();
	}

	private void keep(IOException ex) {
		if (this.readable) {
			this.readable = false;
			logger.warn("Token file {} cannot be read ({}), the last token stays", this.file, reason(ex));
		}
	}

	private static String reason(IOException ex) {
		return (ex instanceof EmptyTokenException) ? "it is empty" : ex.getClass().getSimpleName();
	}

	private static Content read(Path file) throws IOException {
		Stamp stamp = Stamp.of(file);
		String token = Files.readString(file).strip();
		if (token.isEmpty()) {
			throw new EmptyTokenException();
		}
		return new Content(stamp, token);
	}

	@Override
	public String toString() {
		return "TokenFile[" + this.file + "]";
	}

	private record Content(Stamp stamp, String token) {

	}

	private record Stamp(FileTime modified, long size, @Nullable Object key) {

		static Stamp of(Path file) throws IOException {
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
			return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
		}

	}

	private static final class EmptyTokenException extends IOException {

	}

}
