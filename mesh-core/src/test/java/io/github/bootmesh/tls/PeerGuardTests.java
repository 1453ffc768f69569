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

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import javax.net.ssl.SSLHandshakeException;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.bootmesh.tls.Testbed.Dialled;
import io.github.bootmesh.tls.Testbed.Server;
import io.github.bootmesh.tls.Testbed.Service;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What those behind the guard of a dialled connection are told while the peer is verified
 * off the event loop.
 */
class PeerGuardTests {

	private final Testbed testbed = new Testbed();

	private final CompletableFuture<Runnable> verification = new CompletableFuture<>();

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	@Test
	void whenThePeerIsVerifiedThenItIsTalkedTo() {
		assertThat(dial(Runnable::run, Testbed.PATIENCE).answer()).succeedsWithin(Testbed.PATIENCE).isEqualTo("hello");
	}

	@Test
	void whenTheConnectionClosesWhileThePeerIsVerifiedThenTheHandshakeFails() {
		Dialled dialled = dial(this.verification::complete, Testbed.PATIENCE);
		assertThat(this.verification).succeedsWithin(Testbed.PATIENCE);
		dialled.channel().close();
		assertClosed(dialled);
	}

	@Test
	void whenThePeerIsVerifiedJustAsTheConnectionClosesThenTheHandshakeFails() {
		Dialled dialled = dial(this.verification::complete, Testbed.PATIENCE);
		assertThat(this.verification).succeedsWithin(Testbed.PATIENCE);
		dialled.channel().eventLoop().execute(() -> {
			this.verification.join().run();
			dialled.channel().close();
		});
		assertClosed(dialled);
	}

	@Test
	void whenVerifyingDoesNotEndThenTheHandshakeFails() {
		Dialled dialled = dial(this.verification::complete, Duration.ofMillis(300));
		assertThat(dialled.answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(SSLHandshakeException.class)
			.withMessageContaining("Not verified within PT0.3S");
		assertThat(dialled.channel().closeFuture()).succeedsWithin(Testbed.PATIENCE);
	}

	private static void assertClosed(Dialled dialled) {
		assertThat(dialled.answer()).failsWithin(Testbed.PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(PeerClosedException.class);
	}

	private Dialled dial(Executor executor, Duration timeout) {
		Service web = this.testbed.service("web", SslProvider.JDK);
		Server server = this.testbed.listen(this.testbed.service("orders", SslProvider.JDK));
		PeerExpectation expectation = this.testbed.expecting("orders");
		SslContext context = web.tls().clientContext(expectation, List.of());
		TlsEpoch epoch = new TlsEpoch(web.identities().identity().current(), Clock.systemUTC());
		PeerJudge judge = new PeerJudge(() -> epoch, PeerUse.SERVER, (current) -> expectation::check,
				PeerAdmission.EVERY_VERIFIED_PEER);
		return this.testbed.dial(server,
				(channel) -> channel.pipeline()
					.addLast(context.newHandler(channel.alloc(), "127.0.0.1", server.port()),
							guard(channel, web, judge, executor, timeout)));
	}

	private static PeerGuard guard(Channel channel, Service service, PeerJudge judge, Executor executor,
			Duration timeout) {
		return new PeerGuard(service.tls().connections().enterOutbound(channel), judge, new Refusals("web"), executor,
				timeout, null);
	}

}
