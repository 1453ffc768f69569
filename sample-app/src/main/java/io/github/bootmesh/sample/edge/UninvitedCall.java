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

package io.github.bootmesh.sample.edge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import io.github.bootmesh.sample.member.Problem;

/**
 * A call from outside the mesh: straight to a service's port, with TLS but without a
 * certificate.
 */
@Component
final class UninvitedCall {

	private static final int PATIENCE = (int) Duration.ofSeconds(3).toMillis();

	private final SSLSocketFactory sockets;

	UninvitedCall() throws GeneralSecurityException {
		SSLContext context = SSLContext.getInstance("TLS");
		// It plays the stranger: it has nothing to protect, so it believes any server.
		context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
		this.sockets = context.getSocketFactory();
	}

	/**
	 * Calls.
	 * @param address host and port of a service
	 * @return what came of it; an error only when nobody listens there
	 */
	Mono<Outcome> to(String address) {
		return Mono.fromCallable(() -> call(URI.create("tls://" + address))).subscribeOn(Schedulers.boundedElastic());
	}

	private Outcome call(URI there) throws ConnectException {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(there.getHost(), there.getPort()), PATIENCE);
			socket.setSoTimeout(PATIENCE);
			try (SSLSocket secured = (SSLSocket) this.sockets.createSocket(socket, there.getHost(), there.getPort(),
					true)) {
				return call(secured, there.getAuthority());
			}
		}
		catch (ConnectException ex) {
			throw ex;
		}
		catch (IOException ex) {
			return new Outcome(there.getAuthority(), true, Problem.of(ex));
		}
	}

	// In TLS 1.3 the client's handshake is over before the server has looked for a
	// certificate: only an answer tells whether it was let in.
	private static Outcome call(SSLSocket secured, String address) throws IOException {
		secured.getOutputStream()
			.write(("GET /offer HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
		String answer = new BufferedReader(new InputStreamReader(secured.getInputStream(), StandardCharsets.US_ASCII))
			.readLine();
		return (answer != null) ? new Outcome(address, false, "It answered: " + answer)
				: new Outcome(address, true, "It closed the connection.");
	}

	/**
	 * What came of the call.
	 *
	 * @param address where it went
	 * @param refused whether it was refused, as it must be
	 * @param detail what the caller saw
	 */
	record Outcome(String address, boolean refused, String detail) {

	}

}
