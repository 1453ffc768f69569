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

package io.github.bootmesh.identity;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * Listeners that are told of values in order, one call at a time, and those that come
 * later of the last one at once. A listener that fails harms no other.
 *
 * @param <T> the type of the values
 */
final class Listeners<T> {

	private static final Logger logger = LoggerFactory.getLogger(MeshIdentity.class);

	private final ReentrantLock lock = new ReentrantLock();

	private final List<Consumer<T>> listeners = new CopyOnWriteArrayList<>();

	private @Nullable T last;

	Disposable add(Consumer<T> listener) {
		this.lock.lock();
		try {
			this.listeners.add(listener);
			if (this.last != null) {
				tell(listener, this.last);
			}
		}
		finally {
			this.lock.unlock();
		}
		return () -> this.listeners.remove(listener);
	}

	void tell(T value) {
		this.lock.lock();
		try {
			this.last = value;
			this.listeners.forEach((listener) -> tell(listener, value));
		}
		finally {
			this.lock.unlock();
		}
	}

	private void tell(Consumer<T> listener, T value) {
		try {
			listener.accept(value);
		}
		catch (RuntimeException ex) {
			logger.error("A listener of the mesh identity failed", ex);
		}
	}

}
