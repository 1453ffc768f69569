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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.context.ApplicationListener;

import io.github.bootmesh.Internal;

/**
 * The further services of this process, in the order of their declarations. They live as
 * long as this bean. Thread-safe.
 */
@Internal
public final class MeshListeners implements ApplicationListener<AvailabilityChangeEvent<?>>, AutoCloseable {

	private final Map<String, MeshListener> listeners = new LinkedHashMap<>();

	MeshListeners(List<MeshListener> listeners) {
		listeners.forEach((listener) -> this.listeners.put(listener.name(), listener));
	}

	void fetch() {
		this.listeners.values().forEach(MeshListener::fetch);
	}

	/**
	 * All of them.
	 * @return the listeners
	 */
	public List<MeshListener> all() {
		return List.copyOf(this.listeners.values());
	}

	/**
	 * One of them.
	 * @param name the name that it was declared with
	 * @return the listener, or {@code null} if there is none of that name
	 */
	public @Nullable MeshListener get(String name) {
		return this.listeners.get(name);
	}

	// Their registrations are no beans.
	@Override
	public void onApplicationEvent(AvailabilityChangeEvent<?> event) {
		all().stream()
			.map(MeshListener::registrationLifecycle)
			.filter(Objects::nonNull)
			.forEach((registration) -> registration.onApplicationEvent(event));
	}

	@Override
	public void close() {
		this.listeners.values().forEach(MeshListener::close);
	}

}
