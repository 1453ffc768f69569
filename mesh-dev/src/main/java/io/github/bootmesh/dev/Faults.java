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

package io.github.bootmesh.dev;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The faults that a development Consul is to show, for tests. Thread-safe.
 * <p>
 * <pre>
 * consul.faults().on("/v1/health/**").times(3).status(500, "no leader");
 * </pre> A fault strikes the requests that come after it, and the blocking queries that
 * are held at that moment too, so that nobody has to wait for their end to see it.
 */
public final class Faults {

	private final List<Fault> active = new CopyOnWriteArrayList<>();

	private final Sinks.Many<Fault> arising = Sinks.many().multicast().directBestEffort();

	private final Runnable indexReset;

	private volatile boolean staleLeaves;

	Faults(Runnable indexReset) {
		this.indexReset = indexReset;
	}

	/**
	 * Starts to describe a fault of some requests.
	 * @param path the path of the requests; {@code *} stands for one segment, {@code **}
	 * for any number
	 * @return the description, which a call such as {@link FaultSpec#cut()} completes
	 */
	public FaultSpec on(String path) {
		return new FaultSpec(this, path, Integer.MAX_VALUE);
	}

	/**
	 * Ends all faults, stale leaves too.
	 */
	public void clear() {
		this.active.clear();
		this.staleLeaves = false;
	}

	/**
	 * Sets every index back to a low one, as a cluster does that was restored from a
	 * snapshot. The content stays.
	 */
	public void resetIndex() {
		this.indexReset.run();
	}

	/**
	 * Makes leaf requests that do not block answer from the agent's cache whatever became
	 * of the leaf: rotated out or expired. Consul before 1.11 does that.
	 * @param stale whether it does
	 * @see <a href="https://github.com/hashicorp/consul/issues/9862">The issue</a>
	 */
	public void staleLeaves(boolean stale) {
		this.staleLeaves = stale;
	}

	boolean staleLeaves() {
		return this.staleLeaves;
	}

	Fault start(Fault fault) {
		this.active.add(fault);
		synchronized (this.arising) {
			this.arising.tryEmitNext(fault);
		}
		return fault;
	}

	void end(Fault fault) {
		this.active.remove(fault);
	}

	/**
	 * The fault that strikes a request now.
	 * @param path the path
	 * @return the fault or {@code null}
	 */
	@Nullable Fault strike(String path) {
		return this.active.stream().filter((fault) -> fault.strikes(path)).findFirst().orElse(null);
	}

	/**
	 * The fault that strikes a request while it is held.
	 * @param path the path
	 * @return the fault, or never
	 */
	Mono<Fault> arising(String path) {
		return this.arising.asFlux().filter((fault) -> fault.endsHeldRequests() && fault.strikes(path)).next();
	}

}
