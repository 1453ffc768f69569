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

import javax.net.ssl.SSLException;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import io.github.bootmesh.sample.member.Problem;

/**
 * A call from outside the mesh: straight to a service's port, with TLS but without a
 * certificate.
 */
@Component
final class UninvitedCall {

	private final SslContext ssl;

	UninvitedCall() throws SSLException {
		// It plays the stranger: it has nothing to protect, so it believes any server.
		// The
		// JDK's TLS names the alert by which it is sent away.
		this.ssl = SslContextBuilder.forClient()
			.sslProvider(SslProvider.JDK)
			.trustManager(InsecureTrustManagerFactory.INSTANCE)
			.endpointIdentificationAlgorithm(null)
			.build();
	}

	/**
	 * Calls.
	 * @param address host and port of a service
	 * @return what came of it; never an error
	 */
	Mono<Outcome> to(String address) {
		return HttpClient.create(ConnectionProvider.newConnection())
			.secure((spec) -> spec.sslContext(this.ssl))
			.get()
			.uri("https://" + address + "/offer")
			.response()
			.map((response) -> new Outcome(address, false, "answered with status " + response.status().code()))
			.onErrorResume((ex) -> Mono.just(new Outcome(address, true, Problem.of(ex))));
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
