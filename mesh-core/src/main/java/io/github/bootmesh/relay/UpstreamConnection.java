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
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;

import io.github.bootmesh.DiscoveryUnavailableException;
import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.discovery.Endpoint;
import io.github.bootmesh.discovery.Selection;
import io.github.bootmesh.tls.PeerClosedException;

/**
 * An accepted connection that is to have its other side: chooses, dials, takes another
 * instance where one cannot be connected. Nothing is read from it before. On its event
 * loop only.
 */
final class UpstreamConnection {

	// Of the connect timeout: what the last of three instances is left with if the others
	// were slow is twice that.
	private static final int FAIR_SHARE = 8;

	private final UpstreamListener listener;

	private final PlainEnd front;

	private final EventLoop loop;

	private final long deadlineNanos;

	private final Set<Endpoint> tried = new HashSet<>();

	private final Disposable.Swap choice = Disposables.swap();

	private @Nullable ScheduledFuture<?> deadline;

	private @Nullable Dial dial;

	private @Nullable ScheduledFuture<?> slow;

	private @Nullable Throwable lastFailure;

	private boolean hasIdentity;

	private boolean over;

	UpstreamConnection(UpstreamListener listener, PlainEnd front) {
		this.listener = listener;
		this.front = front;
		this.loop = front.channel().eventLoop();
		this.deadlineNanos = System.nanoTime() + listener.settings().connectTimeout().toNanos();
	}

	void start() {
		this.deadline = this.loop.schedule(this::timedOut, left().toNanos(), TimeUnit.NANOSECONDS);
		this.front.channel().closeFuture().addListener((closed) -> finish());
		this.choice.update(this.listener.trustDomain()
			.subscribe((trustDomain) -> onLoop(() -> choose(trustDomain)),
					(ex) -> onLoop(() -> fail(RelayFailure.NO_IDENTITY, ex.getMessage()))));
	}

	private void timedOut() {
		Dial current = this.dial;
		if (current != null) {
			notInTime(current, new IOException("nothing in the time that was left"));
		}
		fail(this.hasIdentity ? RelayFailure.CONNECT_TIMEOUT : RelayFailure.NO_IDENTITY,
				"not done within " + this.listener.settings().connectTimeout() + lastFailureText());
	}

	private Duration left() {
		return Duration.ofNanos(Math.max(1, this.deadlineNanos - System.nanoTime()));
	}

	private void onLoop(Runnable step) {
		this.loop.execute(() -> {
			if (!this.over) {
				step.run();
			}
		});
	}

	private void choose(String trustDomain) {
		this.hasIdentity = true;
		choose(trustDomain, this.tried, (selection) -> dial(trustDomain, selection), this::notChosen);
	}

	// What comes too late is given back.
	private void choose(String trustDomain, Set<Endpoint> without, Consumer<Selection> chosen,
			Consumer<Throwable> failed) {
		Upstream upstream = this.listener.upstream();
		this.choice.update(this.listener.endpoints()
			.choose(upstream.destination(), Set.copyOf(without), upstream.policy())
			.doOnDiscard(Selection.class, Selection::done)
			.subscribeWith(new Choice(chosen, failed)));
	}

	private void notChosen(Throwable ex) {
		if (this.lastFailure != null) {
			fail(RelayFailure.NOT_CONNECTED, this.tried.size() + " tried" + lastFailureText());
		}
		else {
			fail((ex instanceof DiscoveryUnavailableException) ? RelayFailure.DISCOVERY_UNAVAILABLE
					: RelayFailure.NO_HEALTHY_INSTANCE, ex.getMessage());
		}
	}

	private String lastFailureText() {
		return (this.lastFailure != null) ? ", the last failed with " + this.lastFailure : "";
	}

	private void dial(String trustDomain, Selection selection) {
		// Its own timeouts come after ours, which knows how long it had.
		Dial next = new Dial(this.listener, selection, trustDomain, this.loop, left().plusSeconds(1));
		this.dial = next;
		this.slow = this.loop.schedule(() -> slow(trustDomain, selection), left().toNanos() / 2, TimeUnit.NANOSECONDS);
		next.start((back) -> connected(selection, back), (cause) -> failed(trustDomain, selection, cause));
	}

	private boolean mayTryAnother() {
		return this.tried.size() + 1 < this.listener.settings().tuning().tries();
	}

	// It may still come, but another instance may come sooner, if there is one.
	private void slow(String trustDomain, Selection selection) {
		Dial current = this.dial;
		if (!mayTryAnother()) {
			return;
		}
		Set<Endpoint> others = new HashSet<>(this.tried);
		others.add(selection.endpoint());
		choose(trustDomain, others, (another) -> {
			if (current != this.dial || current == null) {
				another.done();
				return;
			}
			current.giveUp();
			notInTime(current, new IOException("it was slow"));
			dial(trustDomain, another);
		}, (ex) -> {
		});
	}

	private void notConnected(Selection selection, Throwable cause) {
		selection.connectFailed();
		this.tried.add(selection.endpoint());
		this.lastFailure = cause;
	}

	// Nothing is held against an instance if the time had gone before it was asked, such
	// as with waiting for the identity.
	private void notInTime(Dial dial, Throwable cause) {
		if (dial.lasted(this.listener.settings().connectTimeout().dividedBy(FAIR_SHARE))) {
			notConnected(dial.selection(), cause);
		}
		else {
			dial.selection().done();
			this.tried.add(dial.selection().endpoint());
			this.lastFailure = cause;
		}
	}

	private void failed(String trustDomain, Selection selection, Throwable cause) {
		dialOver();
		if (cause instanceof MeshIdentityUnavailableException) {
			selection.done();
			fail(RelayFailure.NO_IDENTITY, cause.getMessage());
		}
		else if (cause instanceof PeerClosedException) {
			selection.done();
			fail(RelayFailure.POSSIBLY_REFUSED, refused(selection.endpoint(), "closed a new connection"));
		}
		else if (HandshakeEnd.isVerdictOfPeer(cause)) {
			selection.done();
			fail(RelayFailure.POSSIBLY_REFUSED, refused(selection.endpoint(), "refused our certificate"));
		}
		else if (cause instanceof ChannelException) {
			// No socket can be made here, so that the instance was not even asked.
			selection.done();
			fail(RelayFailure.NOT_CONNECTED, cause.toString());
		}
		else {
			boolean another = mayTryAnother();
			notConnected(selection, cause);
			if (another) {
				choose(trustDomain);
			}
			else {
				notChosen(cause);
			}
		}
	}

	private void connected(Selection selection, TlsEnd back) {
		dialOver();
		finish();
		if (!this.listener.standsFor(back.channel())) {
			selection.done();
			this.listener.failures().count(RelayFailure.IDENTITY_CHANGED, this.listener.identityNow());
			this.front.reset();
			back.reset();
			return;
		}
		// Not before the peer had its time to refuse.
		ScheduledFuture<?> works = this.loop.schedule(this.listener.failures()::works,
				this.listener.settings().tuning().refusalWindow().toMillis(), TimeUnit.MILLISECONDS);
		new Relay(this.front, back, this.listener.settings(), (outcome) -> {
			selection.done();
			works.cancel(false);
			if (outcome == RelayOutcome.POSSIBLY_REFUSED) {
				this.listener.failures()
					.count(RelayFailure.POSSIBLY_REFUSED,
							refused(selection.endpoint(), "closed a new connection without a byte"));
			}
			else if (back.received() > 0 && outcome != RelayOutcome.IDENTITY_CHANGED) {
				this.listener.failures().works();
			}
		}).start();
	}

	private static String refused(Endpoint endpoint, String how) {
		return "'" + endpoint.instance() + "' of '" + endpoint.service() + "' at " + endpoint.address() + " " + how
				+ ": its intentions do not allow us, most likely";
	}

	private void fail(RelayFailure failure, @Nullable String why) {
		if (!this.over) {
			finish();
			this.listener.failures().count(failure, why);
			this.front.reset();
		}
	}

	private void dialOver() {
		this.dial = null;
		if (this.slow != null) {
			this.slow.cancel(false);
		}
	}

	private void finish() {
		if (this.over) {
			return;
		}
		this.over = true;
		this.listener.acceptor().waitsNoMore();
		this.choice.dispose();
		if (this.deadline != null) {
			this.deadline.cancel(false);
		}
		Dial current = this.dial;
		dialOver();
		if (current != null) {
			current.giveUp();
			current.selection().done();
		}
	}

	/**
	 * Hears of a selection even if it comes just when nobody wants it any more, and gives
	 * it back then.
	 */
	private final class Choice extends BaseSubscriber<Selection> {

		private final Consumer<Selection> chosen;

		private final Consumer<Throwable> failed;

		Choice(Consumer<Selection> chosen, Consumer<Throwable> failed) {
			this.chosen = chosen;
			this.failed = failed;
		}

		@Override
		protected void hookOnNext(Selection selection) {
			UpstreamConnection.this.loop.execute(() -> {
				if (UpstreamConnection.this.over) {
					selection.done();
				}
				else {
					this.chosen.accept(selection);
				}
			});
		}

		@Override
		protected void hookOnError(Throwable ex) {
			onLoop(() -> this.failed.accept(ex));
		}

	}

}
