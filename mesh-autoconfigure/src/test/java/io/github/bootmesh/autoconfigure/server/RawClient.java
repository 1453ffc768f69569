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

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sends bytes over mutual TLS as they are, or without TLS where there is no leaf.
 */
final class RawClient {

	private static final int PATIENCE_MILLIS = 500;

	private static final Map<TestCa.Issued, SSLContext> CONTEXTS = new ConcurrentHashMap<>();

	private RawClient() {
	}

	/**
	 * The status of the answer, or 0 if the connection was closed without one.
	 * @param head the request without the empty line at its end, in Latin-1
	 */
	static int status(int port, TestCa.@Nullable Issued leaf, String head) {
		String answer = answer(port, leaf, head + "Connection: close\r\n\r\n");
		return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
	}

	/**
	 * What is answered to bytes that may be no request, or not all of one: until the
	 * connection is closed, or for a while.
	 */
	static String attempt(int port, TestCa.@Nullable Issued leaf, String bytes) {
		return attempt(port, leaf, "http/1.1", bytes, (answer) -> false);
	}

	/**
	 * The status of the answer to one HTTP/2 request without a body, or 0 if there was
	 * none.
	 * @param fields names and values by turns
	 */
	static int http2Status(int port, TestCa.@Nullable Issued leaf, String... fields) {
		String answer = attempt(port, leaf, "h2", Http2Bytes.preface() + Http2Bytes.request(1, fields),
				(sent) -> Http2Bytes.outcome(sent) >= 0);
		return Math.max(0, Http2Bytes.outcome(answer));
	}

	private static String attempt(int port, TestCa.@Nullable Issued leaf, String protocol, String bytes,
			Predicate<String> enough) {
		try (Socket socket = connect(port, leaf, protocol)) {
			if (socket instanceof SSLSocket tls) {
				tls.startHandshake();
			}
			socket.setSoTimeout(PATIENCE_MILLIS);
			write(socket, bytes);
			StringBuilder answer = new StringBuilder();
			readInto(answer, socket.getInputStream(), enough);
			return answer.toString();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A connection whose handshake comes with its first use.
	 */
	static Socket connect(int port, TestCa.@Nullable Issued leaf, String protocol) throws IOException {
		if (leaf == null) {
			Socket plain = new Socket("127.0.0.1", port);
			plain.setSoTimeout(20_000);
			return plain;
		}
		SSLSocket socket = (SSLSocket) CONTEXTS.computeIfAbsent(leaf, RawClient::context)
			.getSocketFactory()
			.createSocket("127.0.0.1", port);
		SSLParameters parameters = socket.getSSLParameters();
		parameters.setApplicationProtocols(new String[] { protocol });
		socket.setSSLParameters(parameters);
		socket.setSoTimeout(20_000);
		return socket;
	}

	static void write(Socket socket, String bytes) throws IOException {
		socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** All that is answered until the connection is closed. */
	static String answer(int port, TestCa.@Nullable Issued leaf, String request) {
		try (Socket socket = connect(port, leaf, "http/1.1")) {
			write(socket, request);
			return read(socket.getInputStream());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The answers to requests that are sent one after the other on one connection, each
	 * with its length. Closes the connection after the last one.
	 */
	static List<String> answers(int port, TestCa.@Nullable Issued leaf, String... requests) {
		List<String> answers = new ArrayList<>();
		try (Socket socket = connect(port, leaf, "http/1.1")) {
			for (String request : requests) {
				write(socket, request);
				answers.add(one(socket.getInputStream()));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return answers;
	}

	/** One answer, with its length. */
	static String one(InputStream input) throws IOException {
		StringBuilder head = new StringBuilder();
		while (head.indexOf("\r\n\r\n") < 0) {
			int next = input.read();
			if (next < 0) {
				throw new EOFException("After " + head);
			}
			head.append((char) next);
		}
		String length = head.toString().replaceFirst("(?si).*content-length: (\\d+).*", "$1");
		return head + new String(input.readNBytes(Integer.parseInt(length)), StandardCharsets.ISO_8859_1);
	}

	/**
	 * All that comes until the connection is closed, which may be by a reset behind the
	 * answer.
	 */
	static String read(InputStream input) {
		StringBuilder answer = new StringBuilder();
		assertThat(readInto(answer, input, (ignored) -> false)).as("The connection ends after %s", answer).isTrue();
		return answer.toString();
	}

	// Whether that came to an end in time.
	private static boolean readInto(StringBuilder answer, InputStream input, Predicate<String> enough) {
		byte[] buffer = new byte[8192];
		try {
			for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
				answer.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
				if (enough.test(answer.toString())) {
					return true;
				}
			}
		}
		catch (SocketTimeoutException ex) {
			return false;
		}
		catch (IOException ex) {
			return true;
		}
		return true;
	}

	private static SSLContext context(TestCa.Issued leaf) {
		try {
			KeyStore store = KeyStore.getInstance("PKCS12");
			store.load(null, null);
			store.setKeyEntry("leaf", leaf.key(), new char[0], leaf.chain().toArray(Certificate[]::new));
			KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
			keys.init(store, new char[0]);
			SSLContext context = SSLContext.getInstance("TLS");
			TrustManager[] everybody = InsecureTrustManagerFactory.INSTANCE.getTrustManagers();
			context.init(keys.getKeyManagers(), everybody, null);
			return context;
		}
		catch (GeneralSecurityException | IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
