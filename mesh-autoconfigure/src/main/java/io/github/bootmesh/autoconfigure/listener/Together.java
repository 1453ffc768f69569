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

package io.github.bootmesh.autoconfigure.listener;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.springframework.context.SmartLifecycle;

/**
 * One step of start and stop, of all listeners at the same time: none waits for another's
 * time to be over.
 */
final class Together implements SmartLifecycle {

	private final int phase;

	private final List<? extends SmartLifecycle> members;

	private volatile boolean running;

	/**
	 * A step.
	 * @param phase when it comes
	 * @param members what is started and stopped
	 */
	Together(int phase, List<? extends SmartLifecycle> members) {
		this.phase = phase;
		this.members = members;
	}

	@Override
	public void start() {
		// Also if one fails: the others are to be stopped.
		this.running = true;
		RuntimeException failure = null;
		for (CompletableFuture<Void> start : inThreads(SmartLifecycle::start)) {
			try {
				start.join();
			}
			catch (CompletionException ex) {
				RuntimeException cause = (ex.getCause() instanceof RuntimeException runtime) ? runtime : ex;
				if (failure == null) {
					failure = cause;
				}
				else {
					failure.addSuppressed(cause);
				}
			}
		}
		if (failure != null) {
			throw failure;
		}
	}

	@Override
	public void stop(Runnable callback) {
		this.running = false;
		AtomicInteger left = new AtomicInteger(this.members.size() + 1);
		Runnable oneLess = () -> {
			if (left.decrementAndGet() == 0) {
				callback.run();
			}
		};
		// A step that waits is waited for here: Spring gives a callback no more than its
		// own
		// time for a phase.
		inThreads((member) -> member.stop(oneLess)).stream().map((stop) -> stop.handle((done, ex) -> {
			if (ex != null) {
				oneLess.run();
			}
			return null;
		})).toList().forEach(CompletableFuture::join);
		oneLess.run();
	}

	@Override
	public void stop() {
		CompletableFuture<Void> stopped = new CompletableFuture<>();
		stop(() -> stopped.complete(null));
		stopped.join();
	}

	private List<CompletableFuture<Void>> inThreads(Consumer<SmartLifecycle> action) {
		return this.members.stream()
			.map((member) -> CompletableFuture.runAsync(() -> action.accept(member),
					(task) -> new Thread(task, "bootmesh-listeners").start()))
			.toList();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return this.phase;
	}

	// What is paused goes on.
	@Override
	public boolean isPauseable() {
		return false;
	}

}
