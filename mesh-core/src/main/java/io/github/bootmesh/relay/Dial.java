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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.discovery.Endpoint;
import io.github.bootmesh.discovery.Selection;
import io.github.bootmesh.tls.PeerExpectation;

/**
 * One endpoint that is dialled: TCP, TLS and the decision on its identity. On its event
 * loop only.
 */
final class Dial {

	private final UpstreamListener listener;

	private final Selection selection;

	private final PeerExpectation expectation;

	private final EventLoop loop;

	private final Duration timeout;

	private final long startedNanos = System.nanoTime();

	private @Nullable DuplexChannel channel;

	private boolean decided;

	Dial(UpstreamListener listener, Selection selection, String trustDomain, EventLoop loop, Duration timeout) {
		Endpoint endpoint = selection.endpoint();
		this.listener = listener;
		this.selection = selection;
		this.expectation = new PeerExpectation(Set.of(endpoint.identity(trustDomain)), endpoint.sni(trustDomain),
				false);
		this.loop = loop;
		this.timeout = timeout;
	}

	Selection selection() {
		return this.selection;
	}

	/**
	 * Whether the endpoint has had so long to answer.
	 */
	boolean lasted(Duration time) {
		return System.nanoTime() - this.startedNanos >= time.toNanos();
	}

	/**
	 * Begins. One of the two is told, once, unless it is given up.
	 */
	void start(Consumer<TlsEnd> succeeded, Consumer<Throwable> failed) {
		this.listener.loops()
			.dial(this.loop, this.selection.endpoint().address(), this.timeout,
					(dialled) -> prepare(dialled, succeeded, failed))
			.addListener((connected) -> {
				if (!connected.isSuccess()) {
					failed(connected.cause(), failed);
				}
			});
	}

	private void prepare(DuplexChannel dialled, Consumer<TlsEnd> succeeded, Consumer<Throwable> failed) {
		this.channel = dialled;
		RelayLoops.keepAlive(dialled);
		InetSocketAddress address = this.selection.endpoint().address();
		SslHandler ssl = this.listener.context(this.expectation)
			.newHandler(dialled.alloc(), address.getHostString(), address.getPort());
		ssl.setHandshakeTimeoutMillis(this.timeout.toMillis());
		dialled.pipeline().addLast(ssl);
		this.listener.tls().guardOutbound(dialled, this.expectation);
		TlsEnd back = new TlsEnd(dialled, ssl, this.listener.sent());
		dialled.pipeline()
			.addLast(new HandshakeEnd(() -> succeeded(back, succeeded), (ex) -> failed(ex, failed)), back);
	}

	private void succeeded(TlsEnd back, Consumer<TlsEnd> succeeded) {
		if (!this.decided) {
			this.decided = true;
			succeeded.accept(back);
		}
	}

	private void failed(Throwable cause, Consumer<Throwable> failed) {
		if (!this.decided) {
			giveUp();
			failed.accept(cause);
		}
	}

	/**
	 * Ends it, and tells nobody.
	 */
	void giveUp() {
		this.decided = true;
		if (this.channel != null) {
			RelayEnd.reset(this.channel);
		}
	}

}
