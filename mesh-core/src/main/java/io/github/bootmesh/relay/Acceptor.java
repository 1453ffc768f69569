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
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The accepting half of a listener: its socket, the connections it has accepted, their
 * limit. Thread-safe.
 */
final class Acceptor {

	private final RelayLoops loops;

	private final RelaySettings settings;

	private final Consumer<DuplexChannel> accepted;

	private final Failures failures;

	private final Set<Channel> open = ConcurrentHashMap.newKeySet();

	private final AtomicInteger count = new AtomicInteger();

	private final Semaphore pending;

	private volatile @Nullable Channel listening;

	private volatile @Nullable SocketFile file;

	private volatile boolean closed;

	/**
	 * Makes an acceptor that does not listen yet.
	 * @param accepted told of each connection when its pipeline is made
	 */
	Acceptor(RelayLoops loops, RelaySettings settings, Failures failures, Consumer<DuplexChannel> accepted) {
		this.loops = loops;
		this.settings = settings;
		this.failures = failures;
		this.accepted = accepted;
		this.pending = new Semaphore(settings.maxPending());
	}

	/**
	 * Listens.
	 * @param permissions whose a Unix socket is
	 * @return where
	 */
	SocketAddress bind(SocketAddress address, Set<PosixFilePermission> permissions) throws IOException {
		if (!(address instanceof UnixDomainSocketAddress unix)) {
			return bind(address);
		}
		try {
			this.file = SocketFile.create(unix.getPath(), permissions, this::bind);
			return address;
		}
		catch (IOException ex) {
			stop();
			throw ex;
		}
	}

	SocketAddress bind(SocketAddress address) throws IOException {
		ChannelFuture bound = this.loops.listen(address, this::accept).awaitUninterruptibly();
		if (!bound.isSuccess()) {
			throw new IOException("Cannot listen on " + address, bound.cause());
		}
		this.listening = bound.channel();
		this.loops.descriptors().relays(this.settings.maxConnections());
		bound.channel()
			.closeFuture()
			.addListener((closed) -> this.loops.descriptors().relays(-this.settings.maxConnections()));
		return bound.channel().localAddress();
	}

	private void accept(DuplexChannel channel) {
		if (this.count.incrementAndGet() > this.settings.maxConnections()) {
			this.count.decrementAndGet();
			this.failures.count(RelayFailure.TOO_MANY_CONNECTIONS, this.settings.maxConnections() + " are open");
			RelayEnd.reset(channel);
			return;
		}
		this.open.add(channel);
		channel.closeFuture().addListener((closed) -> {
			this.open.remove(channel);
			this.count.decrementAndGet();
		});
		try {
			this.accepted.accept(channel);
		}
		catch (RuntimeException ex) {
			this.failures.count(RelayFailure.NOT_CONNECTED, ex.toString());
			RelayEnd.reset(channel);
		}
		// It may have been on its way when those that are open were reset.
		if (this.closed) {
			RelayEnd.reset(channel);
		}
	}

	/**
	 * Whether an accepted connection may wait for its other side. If so, it must say when
	 * it waits no more.
	 */
	boolean mayWait() {
		boolean may = this.pending.tryAcquire();
		if (!may) {
			this.failures.count(RelayFailure.TOO_MANY_PENDING, this.settings.maxPending() + " wait");
		}
		return may;
	}

	void waitsNoMore() {
		this.pending.release();
	}

	int open() {
		return this.count.get();
	}

	/**
	 * Accepts nothing more; what is open stays. Waits until the address is free.
	 */
	void stop() {
		SocketFile reached = this.file;
		if (reached != null) {
			reached.remove();
		}
		Channel channel = this.listening;
		if (channel != null && channel.isOpen()) {
			channel.close().awaitUninterruptibly();
			// The JDK lets go of the port when the selector has looked again. Until then
			// connections are made to it. What is scheduled runs after such a look.
			channel.eventLoop().schedule(() -> {
			}, 1, TimeUnit.MILLISECONDS).awaitUninterruptibly();
		}
	}

	/**
	 * The end of what is open now.
	 */
	CompletableFuture<Void> drained() {
		return CompletableFuture.allOf(this.open.stream().map((channel) -> {
			CompletableFuture<Void> end = new CompletableFuture<>();
			channel.closeFuture().addListener((closed) -> end.complete(null));
			return end;
		}).toArray(CompletableFuture<?>[]::new));
	}

	/**
	 * Ends what is open as it is told, each on its event loop. One that is accepted just
	 * now is reset.
	 */
	CompletableFuture<Void> drain(Consumer<Channel> end) {
		this.closed = true;
		forEach(end);
		return drained();
	}

	/**
	 * Does something with each connection that is open, on its event loop.
	 * @return completed when that was done
	 */
	CompletableFuture<Void> forEach(Consumer<Channel> action) {
		return CompletableFuture.allOf(this.open.stream()
			.map((channel) -> CompletableFuture.runAsync(() -> action.accept(channel), channel.eventLoop()))
			.toArray(CompletableFuture<?>[]::new));
	}

	/**
	 * Accepts nothing more and resets what is open. Waits until that is done: event loops
	 * that are ended next would close it, as if it were complete.
	 */
	void close() {
		this.closed = true;
		stop();
		this.open.stream()
			.filter(Channel::isOpen)
			.<Future<?>>map((channel) -> channel.eventLoop().submit(() -> RelayEnd.reset(channel)))
			.toList()
			.forEach(Future::awaitUninterruptibly);
	}

}
